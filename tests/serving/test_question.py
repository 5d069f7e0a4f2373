import pytest

from keras_cmr.serving import Limits
from keras_cmr.serving.question import Question
from keras_cmr.serving.question import parse_json
from keras_cmr.serving.question import question
from keras_cmr.serving.refused import Refused


def test_defaults():
    assert question({"text": "in red"}, Limits()) == Question(
        None, "in red", 10, None, [], None
    )
    assert question({"text": "in red"}, Limits(k=4)).k == 4
    given = {"text": None, "image": b"..", "k": None, "reference_id": "a"}
    assert question(given, Limits()) == Question(b"..", None, 10, None, [], "a")


@pytest.mark.parametrize(
    "fields, message",
    [
        ({}, "must be given"),
        ({"k": 3}, "must be given"),
        ({"text": "a", "colour": "red"}, "Received: 'colour'"),
        ({"text": " "}, "`text`"),
        ({"text": 3}, "`text`"),
        ({"text": ["a"]}, "`text`"),
        ({"text": "a" * 1001}, "at most 1,000 characters"),
        ({"text": "\ud800"}, "valid Unicode"),
        ({"image": "aGVsbG8="}, "`image` must be a file of a form"),
        ({"reference_id": 3}, "`reference_id`"),
        ({"reference_id": "\udfff"}, "valid Unicode"),
        ({"text": "a", "k": 0}, "`k` must be an integer from 1 to 100"),
        ({"text": "a", "k": 101}, "`k` must"),
        ({"text": "a", "k": 10**400}, "`k` must"),
        ({"text": "a", "k": True}, "`k` must"),
        ({"text": "a", "k": 1.0}, "`k` must"),
        ({"text": "a", "k": "10"}, "`k` must"),
        ({"text": "a", "exclude": "id"}, "`exclude` must be a list"),
        ({"text": "a", "exclude": [1]}, "`exclude` must be a list"),
        ({"text": "a", "exclude": ["a"] * 1001}, "at most 1,000 ids"),
        ({"text": "a", "where": []}, "`where` must be a dict"),
        ({"text": "a", "where": {"a": {"$or": 1}}}, "operators"),
        ({"text": "a", "where": {"a": None}}, "`where` compares"),
        ({"text": "a", "where": {"a": float("nan")}}, "`where` compares"),
        ({"text": "a", "where": {"\ud800": 1}}, "valid Unicode"),
        ({"text": "a", "where": {"a": {"$lt": "x"}}}, "needs a number"),
    ],
)
def test_refusals(fields, message):
    with pytest.raises(Refused) as refused:
        question(fields, Limits())
    assert refused.value.status == 422
    assert message in refused.value.sentence
    assert len(refused.value.sentence) < 400
    assert refused.value.sentence.isascii()


def test_a_quoted_value_is_cut():
    with pytest.raises(Refused) as refused:
        question({"text": "a", "where": {"b" * 9000: {}}}, Limits())
    assert len(refused.value.sentence) < 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        '{"a": 9223372036854775808}',
        '{"a": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"a":' * 50_000,
        b"\xff\xfe\xfd",
    ],
)
def test_json_that_is_none(text):
    with pytest.raises(ValueError) as error:
        parse_json(text)
    assert len(str(error.value)) < 200


def test_json():
    text = '{"a": [1, -9223372036854775808, 2.5e3, "x", true, null]}'
    assert parse_json(text) == {"a": [1, -(2**63), 2500.0, "x", True, None]}
