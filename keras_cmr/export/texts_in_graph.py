"""Texts to token ids in a TensorFlow graph, as a text encoder makes them."""

import keras_hub
import tensorflow as tf

from keras_cmr.models.subword_tokenizer import SubwordTokenizer
from keras_cmr.models.vocabulary import PADDING
from keras_cmr.models.vocabulary import UNKNOWN
from keras_cmr.models.vocabulary import Vocabulary

# As `keras_cmr.words` has it, in the language of RE2.
_WORD = r"[\p{L}\p{N}]+(?:[-'][\p{L}\p{N}]+)*"
_PUNCTUATION = r"[!-/:-@\[-`{-~]"
# What Python's `str.split` splits at.
_BLANKS = (
    r"[\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}"
    r"\x{2029}\x{202f}\x{205f}\x{3000}]+"
)


class GraphTokenizer(tf.Module):
    """`text_encoder.tokenize` as a function of string tensors.

    Args:
        text_encoder: Of a `ComposedRetriever`.

    Raises:
        NotImplementedError: If its tokenizer has no form as a graph.
    """

    def __init__(self, text_encoder):
        super().__init__()
        tokenize = getattr(text_encoder, "_tokenize", None)
        if isinstance(tokenize, Vocabulary):
            self._read = _Words(tokenize)
        elif isinstance(tokenize, SubwordTokenizer) and isinstance(
            tokenize.tokenizer,
            (
                keras_hub.tokenizers.WordPieceTokenizer,
                keras_hub.tokenizers.SentencePieceTokenizer,
            ),
        ):
            self._read = _Subwords(tokenize)
        else:
            kind = type(getattr(tokenize, "tokenizer", tokenize)).__name__
            raise NotImplementedError(f"{kind} has no form as a graph")

    def __call__(self, texts):
        """Int32 tensor `(n, length)` of a string tensor `(n,)`."""
        has_word = tf.strings.regex_full_match(texts, r"(?s).*[\p{L}\p{N}].*")
        check = tf.debugging.Assert(
            tf.reduce_all(has_word),
            ["Each modification must be a text with at least one word"],
        )
        with tf.control_dependencies([check]):
            return self._read(tf.identity(texts))


class _Words(tf.Module):
    def __init__(self, vocabulary):
        super().__init__()
        words = vocabulary.words or ("",)  # a table of none can't be made
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(words), tf.range(2, 2 + len(words))
            ),
            default_value=UNKNOWN,
        )

    def __call__(self, texts):
        lowered = tf.strings.lower(texts, encoding="utf-8")
        # Each word and a blank; of all else, a blank.
        spaced = tf.strings.regex_replace(lowered, f"(?s)({_WORD})|.", r"\1 ")
        words = tf.strings.split(spaced, sep=" ")
        words = tf.ragged.boolean_mask(words, words != "")
        ids = words.with_flat_values(self._ids.lookup(words.flat_values))
        return ids.to_tensor(PADDING)


class _Subwords(tf.Module):
    def __init__(self, tokenize):
        super().__init__()
        self._tokenize = tokenize
        # SentencePiece keeps its model as a resource, which must be found.
        self._resource = getattr(tokenize.tokenizer, "_sentence_piece", None)

    def __call__(self, texts):
        tokenize = self._tokenize
        if tokenize.canonicalize:
            texts = tf.strings.regex_replace(texts, _PUNCTUATION, "")
            texts = tf.strings.regex_replace(texts, _BLANKS, " ")
            texts = tf.strings.strip(tf.strings.lower(texts))
        room = tokenize.sequence_length - len(tokenize.start + tokenize.end)
        ids = tokenize.tokenizer.tokenize(texts)[:, :room]
        count = tf.shape(texts)[0]
        ends = [
            tf.tile(tf.constant([end], tf.int32, (1, len(end))), (count, 1))
            for end in (tokenize.start, tokenize.end)
        ]
        rows = tf.concat([ends[0], tf.cast(ids, tf.int32), ends[1]], axis=1)
        length = tokenize.sequence_length if tokenize.fixed_length else None
        return rows.to_tensor(tokenize.padding, shape=(None, length))
