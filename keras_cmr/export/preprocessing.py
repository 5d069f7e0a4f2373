"""What a program without Keras must know to make pixels and token ids."""

from keras_cmr.models.subword_tokenizer import SubwordTokenizer
from keras_cmr.models.subword_tokenizer import serialize_tokenizer
from keras_cmr.models.vocabulary import PADDING
from keras_cmr.models.vocabulary import UNKNOWN
from keras_cmr.models.vocabulary import Vocabulary
from keras_cmr.words import WORD_PATTERN


def preprocessing(model):
    """Dict for JSON of how a `ComposedRetriever` reads pictures and texts."""
    return {
        "image": {
            "size": model.image_size,
            "mode": "RGB",
            "resample": "bilinear",
            "dtype": "uint8",
            "layout": "NHWC",
        },
        "text": _text(getattr(model.text_encoder, "_tokenize", None)),
    }


def _text(tokenize):
    if isinstance(tokenize, Vocabulary):
        return {
            "kind": "words",
            "lowercase": True,
            "pattern": WORD_PATTERN,
            "padding": PADDING,
            "unknown": UNKNOWN,
            "first_id": 2,
            "words": list(tokenize.words),
        }
    if isinstance(tokenize, SubwordTokenizer):
        return {
            "kind": "subwords",
            "start": tokenize.start,
            "end": tokenize.end,
            "padding": tokenize.padding,
            "sequence_length": tokenize.sequence_length,
            "fixed_length": tokenize.fixed_length,
            "canonicalize": tokenize.canonicalize,
            "tokenizer": serialize_tokenizer(tokenize.tokenizer),
        }
    return {"kind": "own"}
