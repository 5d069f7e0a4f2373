import re

from keras_cmr.retrieval.milvus import expressions
from keras_cmr.retrieval.where import Where


def of(where):
    return expressions.expression_of(Where.parse(where))


def test_no_text_of_a_user_is_in_an_expression():
    nasty = '") or true or ("'
    for condition in (nasty, {"$ne": nasty}, {"$contains": nasty}, [nasty]):
        text = of({nasty: condition})
        assert re.fullmatch(r"[a-z_]+[\w\s\[\](),-]+", text), text
    assert re.fullmatch(
        r'numbers\["n[0-9a-f]+"\] < 5\.0', of({nasty: {"$lt": 5}})
    )


def test_equal_values_have_equal_tags_and_others_have_not():
    groups = [[1, 1.0], [True], ["1"], [2**53, float(2**53)], [2**53 + 1]]
    groups += [[False], [0, 0.0, -0.0], [""], [0.1], [10**30], [1e300]]
    groups += [["True"], [float("inf")]]
    texts = [{of({"k": v}) for v in group} for group in groups]
    assert all(len(text) == 1 for text in texts)
    assert len(set().union(*texts)) == len(groups)
    for group in groups:
        if group != [float("inf")]:
            (tag,) = re.findall(r"-?\d+", of({"k": group[0]}))
            for value in group:
                assert int(tag) in expressions.tags_of({"k": value})
                assert int(tag) not in expressions.tags_of({"j": value})


def test_bounds_never_leave_out_a_number_that_rounding_moved():
    assert of({"k": {"$lt": 1.5}}).endswith("< 1.5")
    assert of({"k": {"$gt": 2**53}}).endswith(">= 9007199254740992.0")
    assert of({"k": {"$lt": 2**53 + 1}}).endswith("<= 9007199254740992.0")
    assert of({"k": {"$gt": 10**400}}).endswith(">= 1.7976931348623157e+308")
    assert of({"k": {"$gte": -(10**400)}}).endswith(
        ">= -1.7976931348623157e+308"
    )
    assert list(expressions.numbers_of({"k": 10**400}).values()) == [
        1.7976931348623157e308
    ]
    assert expressions.numbers_of({"a": True, "b": "1", "c": [1]}) == {}


def test_paths_have_numbers():
    assert expressions.path_key(None) == 0
    assert expressions.path_key("/a") != expressions.path_key("/b")
    assert -(2**63) <= expressions.path_key("/a") < 2**63
