"""Texts to subword ids with a KerasHub tokenizer, vocabulary in the config."""

import base64
import json
import string

import keras

from keras_cmr.models.vocabulary import checked_texts
from keras_cmr.models.vocabulary import padded

_CANONICAL = str.maketrans(
    string.ascii_uppercase, string.ascii_lowercase, string.punctuation
)


class SubwordTokenizer:
    """Packs what a KerasHub tokenizer gives as its family's models want it.

    A row is the start token, the text, the end token, padding. A longer text
    loses its tail, not the end token.

    A plain object on purpose: Keras would save a tokenizer it sees in a model
    as asset files next to the config, so that neither a config alone nor a
    fingerprint would know the vocabulary.

    Args:
        tokenizer: `keras_hub.tokenizers.Tokenizer` with a vocabulary.
        sequence_length: int. Longest row.
        fixed_length: bool. Pads to `sequence_length` rather than to the
            longest text of the batch. Defaults to `False`.
        add_start: bool. Puts the tokenizer's start token first, if it has one.
            Defaults to `True`.
        canonicalize: bool. Lower-cases the letters a to z and drops
            punctuation first, as SigLIP does. Defaults to `False`.
    """

    def __init__(
        self,
        tokenizer,
        sequence_length,
        fixed_length=False,
        add_start=True,
        canonicalize=False,
    ):
        if getattr(tokenizer, "end_token_id", None) is None:
            raise ValueError(
                "`tokenizer` must be a KerasHub tokenizer of a model family "
                "with its vocabulary, such as keras_hub.tokenizers."
                f"BertTokenizer. Received: tokenizer={tokenizer!r}"
            )
        if getattr(tokenizer, "sequence_length", None):
            raise ValueError(
                "`tokenizer` must not pad or cut: make it without "
                "`sequence_length`. Received: tokenizer.sequence_length="
                f"{tokenizer.sequence_length}"
            )
        start = getattr(tokenizer, "start_token_id", None)
        self.start = [start] if add_start and start is not None else []
        self.end = [tokenizer.end_token_id]
        self.padding = getattr(tokenizer, "pad_token_id", 0)
        if sequence_length <= len(self.start + self.end):
            raise ValueError(
                "`sequence_length` must leave room for the text beside the "
                f"start and end tokens. Received: {sequence_length}"
            )
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.fixed_length = fixed_length
        self.canonicalize = canonicalize

    def __call__(self, texts):
        """Token ids of `texts`: int32 array `(n, length)`."""
        texts = checked_texts(texts)
        if self.canonicalize:
            texts = [
                " ".join(text.translate(_CANONICAL).split()) for text in texts
            ]
        room = self.sequence_length - len(self.start + self.end)
        rows = [
            [*self.start, *ids[:room], *self.end]
            for ids in (self.tokenizer.tokenize(texts) if texts else [])
        ]
        length = max(map(len, rows), default=1)
        if self.fixed_length:
            length = self.sequence_length
        return padded(rows, length, self.padding)


def serialize_tokenizer(tokenizer) -> dict:
    """The serialized `tokenizer`, which KerasHub leaves without vocabulary."""
    serialized = keras.saving.serialize_keras_object(tokenizer)
    config = serialized["config"]
    if getattr(tokenizer, "proto", None) is not None:
        config["proto"] = base64.b64encode(tokenizer.proto).decode()
    elif isinstance(tokenizer.vocabulary, dict):
        # As text: to Keras and to a fingerprint, some words would be keys
        # with a meaning ("name", "class_name").
        config["vocabulary"] = json.dumps(tokenizer.vocabulary)
        config["merges"] = list(tokenizer.merges)
    else:
        config["vocabulary"] = list(tokenizer.vocabulary)
    return serialized


def deserialize_tokenizer(serialized, custom_objects=None):
    """The inverse of `serialize_tokenizer`."""
    config = dict(serialized["config"])
    if config.get("proto") is not None:
        # A short string would be taken for a path.
        config["proto"] = base64.b64decode(config["proto"])
    elif config.get("merges") is not None:
        config["vocabulary"] = json.loads(config["vocabulary"])
    return keras.saving.deserialize_keras_object(
        {**serialized, "config": config}, custom_objects
    )
