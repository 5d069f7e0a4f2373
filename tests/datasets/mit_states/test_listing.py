import collections
from pathlib import Path

import pytest

from keras_cmr.datasets.mit_states.listing import TEST_NOUNS
from keras_cmr.datasets.mit_states.listing import parse

IMAGES = (
    Path(__file__).parents[4]
    / "shared" / "data" / "annotations" / "mit_states" / "images.txt"
)  # fmt: skip


def test_rows():
    found = parse(
        [
            "adj castle/a.jpg",
            "ancient castle/a.jpg",
            "ancient castle/b.jpg",
            "big castle/c.jpg",
            "old_car/d.jpg",
            "old_car/deeper/e.jpg",
            "new castle/f.jpg",
            "castle/g.jpg",
            "loose picture.jpg",
        ]
    )
    assert [row.id for row in found.train] == [
        "old_car/d.jpg",
        "old_car/deeper/e.jpg",
    ]
    assert found.train[0].caption == found.train[0].label == "old car"
    assert found.train[0].attributes == {"adjective": "old", "noun": "car"}
    assert [row.path for row in found.test] == [
        "ancient castle/a.jpg",
        "ancient castle/b.jpg",
        "big castle/c.jpg",
        "new castle/f.jpg",
    ]
    asked = [
        (query.reference[:3], query.modification, query.target_label)
        for query in found.queries
    ]
    assert asked == [
        ("anc", "big", "big castle"),
        ("anc", "new", "new castle"),
        ("anc", "big", "big castle"),
        ("anc", "new", "new castle"),
        ("big", "ancient", "ancient castle"),
        ("big", "new", "new castle"),
        ("new", "ancient", "ancient castle"),
        ("new", "big", "big castle"),
    ]
    assert all(query.kind == query.modification for query in found.queries)
    assert not any(query.targets for query in found.queries)


def test_both_separators_name_one_content():
    found = parse(["old castle/a.jpg", "old_castle/a.jpg", "adj_castle/b.jpg"])
    assert [row.label for row in found.test] == ["old castle", "old castle"]
    assert found.queries == []


@pytest.mark.parametrize(
    "folder", ["my old car", "old_big_car", "- car", "old ", " car", "__"]
)
def test_other_folders_are_named(folder):
    with pytest.raises(ValueError, match=f"Received: a folder {folder!r}"):
        parse(["old car/a.jpg", f"{folder}/a.jpg"])


@pytest.mark.skipif(
    not IMAGES.exists(), reason=f"{IMAGES} is not there: the real list"
)
def test_real_list():
    lines = [line.split() for line in IMAGES.read_text().splitlines()]
    found = parse([path for path, _, _ in lines])
    rows = {row.id: row for row in found.train + found.test}
    assert len(rows) == 53753
    for path, adjective, noun in lines:
        attributes = {"adjective": adjective, "noun": noun}
        assert rows[path].attributes == attributes
    assert len({a for _, a, _ in lines}) == 115
    assert len({n for _, _, n in lines}) == 245
    assert len({row.label for row in rows.values()}) == 1962
    assert (len(found.train), len(found.test)) == (43201, 10552)
    assert {row.attributes["noun"] for row in found.test} == TEST_NOUNS
    assert len(TEST_NOUNS) == 49
    assert not TEST_NOUNS & {row.attributes["noun"] for row in found.train}
    assert len(found.queries) == 82830
    # Each test image once with each other adjective of its noun.
    of_noun = collections.defaultdict(set)
    for _, adjective, noun in lines:
        of_noun[noun].add(adjective)
    asked = collections.Counter(query.reference for query in found.queries)
    for row in found.test:
        assert asked[row.id] == len(of_noun[row.attributes["noun"]]) - 1
    assert len({(q.reference, q.modification) for q in found.queries}) == 82830
