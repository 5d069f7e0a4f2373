"""Token ids made in the graph are those that the text encoders make."""

import re
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from keras_cmr import models
from keras_cmr.export.texts_in_graph import GraphTokenizer
from keras_cmr.words import WORD_PATTERN
from tests.models import text_families

WORDS = ["make", "it", "red", "top-left", "don't", "a", "b", "ünï", "σας", "½"]
TEXTS = [
    "Make it red, please!",
    "  make\tit  RED\u00a0\u2003blue ",
    "top-left don't -a- a--b 'it' it's_red snake_case",
    "ÜNÏ ΣΑΣ İstanbul ½ ² Ⅳ 中文 e\u0301",
    "a\nb\u2028c\x1c it",
    "x" * 120,
    "red " * 40,
    "red",
]
GRAPHS = ("bert", "distil_bert", "siglip", "siglip_2")


def check(encoder):
    """All texts together and each alone, in a compiled graph."""
    tokenize = GraphTokenizer(encoder)
    graph = tf.function(tokenize, [tf.TensorSpec((None,), tf.string)])
    for texts in (TEXTS, *([text] for text in TEXTS)):
        np.testing.assert_array_equal(graph(texts), encoder.tokenize(texts))
    assert graph(tf.constant([], tf.string)).shape[0] == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="one word"):
        graph(["red", " ,!"])


def test_words():
    check(models.LSTMTextEncoder(WORDS, 4, word_dim=4, units=4))


def test_a_vocabulary_of_nothing():
    encoder = models.LSTMTextEncoder([], 4, word_dim=4, units=4)
    np.testing.assert_array_equal(GraphTokenizer(encoder)(["a b"]), [[1, 1]])


def test_characters():
    """Each that Unicode 3.2 has; the libraries know different newer ones."""
    characters = [
        chr(code)
        for code in range(1, 0x110000)
        if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs", "Co")
    ]
    lowered = tf.strings.lower(characters, encoding="utf-8").numpy()
    assert [x.decode() for x in lowered] == [x.lower() for x in characters]
    are_words = tf.strings.regex_full_match(characters, r"[\p{L}\p{N}]")
    assert are_words.numpy().tolist() == [
        re.fullmatch(WORD_PATTERN, x) is not None for x in characters
    ]


@pytest.mark.parametrize(
    "family", ["bert", "distil_bert", "siglip", "siglip_2"]
)
def test_subwords(family):
    backbone, tokenizer = text_families.FAMILIES[family]()
    check(models.TextEncoder(backbone, tokenizer, embedding_dim=4))


@pytest.mark.parametrize("family", ["clip", "roberta"])
def test_byte_pairs_have_no_graph(family):
    backbone, tokenizer = text_families.FAMILIES[family]()
    encoder = models.TextEncoder(backbone, tokenizer, embedding_dim=4)
    with pytest.raises(NotImplementedError, match="has no form as a graph"):
        GraphTokenizer(encoder)
