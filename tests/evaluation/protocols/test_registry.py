import dataclasses
import types

import pytest

from keras_cmr.evaluation import fitting_protocols
from keras_cmr.evaluation import get_protocol
from keras_cmr.evaluation.protocols import PROTOCOLS


def test_names():
    assert sorted(PROTOCOLS) == [
        "circo/kept",
        "circo/removed",
        "cirr/subset",
        "cirr/val",
        "fashioniq/original-kept",
        "fashioniq/original-removed",
        "fashioniq/val-union-kept",
        "fashioniq/val-union-removed",
        "mit-states/adjective",
        "mit-states/noun",
        "shoes/kept",
        "shoes/removed",
        "tirg/caption-match",
        "triplets/target-id",
    ]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_says_what_it_is(name):
    rule = get_protocol(name)
    assert rule.name == name and rule.version == 1
    assert len(rule.description) > 100 and rule.source
    if name.endswith(("kept", "removed")):
        assert f"reference image is {name[-4:]}" in rule.description or (
            "reference image is removed" in rule.description
        )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tirg/caption_match", "Did you mean 'tirg/caption-match'"),
        ("fashioniq/val-kept", "Did you mean 'fashioniq/val-union-kept'"),
        ("zzz", "must be one of 'tirg/caption-match', .* Received: 'zzz'"),
        (None, "must be one of .* Received: None"),
    ],
)
def test_unknown_name(name, message):
    with pytest.raises(ValueError, match=message):
        get_protocol(name)


def benchmark(*protocols):
    return types.SimpleNamespace(name="cirr", protocols=protocols)


def test_fitting_are_those_of_the_benchmark_that_fit_the_split(named_split):
    cirr = benchmark("cirr/val", "cirr/subset", "cirr/server")
    whole = named_split(4, [0], [[1]], subsets=[[1, 2]])
    assert fitting_protocols(cirr, whole) == ["cirr/val", "cirr/subset"]
    without = named_split(4, [0], [[1]])
    assert fitting_protocols(cirr, without) == ["cirr/val"]


def test_nothing_fits(named_split):
    split = named_split(4, [0, 1], [[1], []])
    with pytest.raises(ValueError, match=r"'cirr/val' does not fit .* server"):
        fitting_protocols(benchmark("cirr/val", "cirr/server"), split)
    with pytest.raises(ValueError, match="'cirr' must name at least one"):
        fitting_protocols(benchmark("cirr/server"), split)
    with pytest.raises(ValueError, match="must be one of"):
        fitting_protocols(benchmark("cirr/vall"), split)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_refuses_secret_answers(name, named_split):
    attributes = {"adjective": ["a"] * 4, "noun": ["b"] * 4}
    kwargs = {"subsets": [[1, 2], [0, 3]], "attributes": attributes}
    rule = get_protocol(name)
    rule.check(named_split(4, [0, 1], [[1], [2]], **kwargs))
    with pytest.raises(ValueError, match=f"'{name}' .* Received: 1 of 2 quer"):
        rule.check(named_split(4, [0, 1], [[1], []], **kwargs))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("mit-states/adjective", r"images\.attributes\.adjective"),
        ("mit-states/noun", r"images\.attributes\.noun"),
        ("cirr/subset", r"queries\.subsets"),
    ],
)
def test_each_refuses_a_split_without_its_column(name, column, named_split):
    with pytest.raises(ValueError, match=f"a split without {column}$"):
        get_protocol(name).check(named_split(4, [0], [[1]]))


def test_refuses_a_split_without_queries(named_split):
    split = dataclasses.replace(named_split(4, [0], [[1]]), queries=None)
    with pytest.raises(ValueError, match=r"without queries\.references, q"):
        get_protocol("cirr/val").check(split)
