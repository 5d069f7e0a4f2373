import pytest

from keras_cmr.retrieval.metadata_text import value_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('["a", 1]', ["a", 1]),
        ('{"$lt": 5}', {"$lt": 5}),
        ('"12"', "12"),
        ("red shoe", "red shoe"),
        ("", ""),
        ("007", "007"),
        ("1e999", "1e999"),
        ("NaN", "NaN"),
        ("4006381333931", 4006381333931),
        ("90071992547409931", "90071992547409931"),
    ],
)
def test_what_a_text_means(text, value):
    found = value_of(text)
    assert found == value and type(found) is type(value)
