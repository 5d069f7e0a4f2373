from keras_cmr.serving import facets
from keras_cmr.serving.facets import facets_of


def test_each_kind():
    entries = [
        {
            "brand": "xy"[i % 2],
            "price": i / 2,
            "sale": i % 3 == 0,
            "tags": ["new", "ab"[i % 2]],
            "shop": f"shop {i % 30}",
            "caption": f"a text of its own {i}",
            "nested": {"a": 1},
            "_size": i,
        }
        for i in range(90)
    ]
    entries[0]["rare"] = "once"
    found = {facet.pop("key"): facet for facet in facets_of(entries)}
    shops = found.pop("shop")
    assert shops["kind"] == "text" and len(shops["values"]) == 30
    assert found == {
        "brand": {"kind": "choice", "values": ["x", "y"]},
        "price": {"kind": "number", "least": 0.0, "most": 44.5},
        "sale": {"kind": "choice", "values": [False, True]},
        "tags": {"kind": "list", "values": ["new", "a", "b"]},
        "rare": {"kind": "choice", "values": ["once"]},
    }


def test_common_ones_come_first():
    entries = [{"a": "x"}, {"b": "z", "a": "y"}, {"a": "y"}, {"b": "z"}]
    assert facets_of(entries) == [
        {"key": "a", "kind": "choice", "values": ["y", "x"]},
        {"key": "b", "kind": "choice", "values": ["z"]},
    ]


def test_true_is_not_one():
    (facet,) = facets_of([{"a": True}, {"a": 1}, {"a": "1"}, {"a": None}])
    assert [repr(value) for value in facet["values"]] == ["True", "1", "'1'"]


def test_it_stays_small():
    entries = [
        {f"key {n}": "v" * i for n in range(20)} | {"k" * 500: 1}
        for i in range(120)
    ]
    found = facets_of([*entries, *entries, *entries])
    assert len(found) == facets.MAX_KEYS
    for facet in found:
        assert len(facet["values"]) == facets.MAX_SUGGESTED
        assert all(0 < len(value) <= 100 for value in facet["values"])


def test_nothing():
    assert facets_of([]) == facets_of([{}, {"a": {}}, {"b": []}]) == []
