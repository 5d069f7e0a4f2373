"""Clouds of embeddings: laid out, drawn, named."""

import sys

import numpy as np
import pytest

from keras_cmr.visualization import gap_picture
from keras_cmr.visualization import neighbour_map
from keras_cmr.visualization.theme import DARK
from keras_cmr.visualization.theme import LIGHT


@pytest.fixture(scope="module")
def places():
    draws = np.random.default_rng(0)
    near, far = draws.normal(size=(2, 20, 6))
    return neighbour_map({"text": near, "target": far + 40}, most=15)


def test_kinds_that_are_apart_are_laid_out_apart(places):
    assert {kind: p.shape for kind, p in places.items()} == {
        "text": (15, 2),
        "target": (15, 2),
    }
    middle = {kind: p.mean(axis=0) for kind, p in places.items()}
    for kind, other in (("text", "target"), ("target", "text")):
        own, others = (
            np.linalg.norm(places[kind] - middle[k], axis=1)
            for k in (kind, other)
        )
        assert (own < others).all()


def test_same_seed_same_places():
    rows = {"a": np.random.default_rng(1).normal(size=(12, 4))}
    first, again = neighbour_map(rows), neighbour_map(rows)
    np.testing.assert_array_equal(first["a"], again["a"])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_panel_a_map_with_the_kinds_names_in_their_colours(places, theme):
    figure = gap_picture({"untrained": places, "trained": places}, theme)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["untrained", "trained"]
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts] == ["text", "target"]
        for number, text in enumerate(axes.texts):
            assert text.get_color() == theme.series[number]
        for cloud, points in zip(
            axes.collections, places.values(), strict=True
        ):
            np.testing.assert_allclose(cloud.get_offsets(), points)


def test_bad_input(monkeypatch):
    with pytest.raises(ValueError, match="`maps` must not be empty"):
        gap_picture({})
    with pytest.raises(ValueError, match=r"at least 4 rows\. Received: 3"):
        neighbour_map({"a": np.zeros((3, 2))})
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(ImportError, match=r"keras-cmr\[gap\]"):
        neighbour_map({"a": np.zeros((9, 2))})
