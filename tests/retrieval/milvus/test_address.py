import re

import pytest

from keras_cmr.retrieval.milvus.address import Address


def test_the_parts_of_a_location():
    assert Address.parse("milvus://host/shoes") == Address(
        "host", 19530, "", "", "shoes", 60.0
    )
    full = Address.parse("milvus://me:p%40ss:w@10.0.0.1:99/shoes_2?timeout=2.5")
    assert full == Address("10.0.0.1", 99, "me", "p@ss:w", "shoes_2", 2.5)
    assert str(full) == "milvus://10.0.0.1:99/shoes_2"


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("milvus:///shoes", "a host is missing"),
        ("milvus://host", "must be a name of letters.*not ''"),
        ("milvus://host/a-b", "not 'a-b'"),
        ("milvus://host/1", "not '1'"),
        ("milvus://host/a/b", "not 'a/b'"),
        ("milvus://host:x/a", "[Pp]ort"),
        ("milvus://host:99999/a", "[Pp]ort"),
        ("milvus://host/a?timeout=0", "`timeout` must be seconds, not '0'"),
        ("milvus://host/a?timeout=inf", "not 'inf'"),
        ("milvus://host/a?timeout=", "not ''"),
        ("milvus://host/a?token=x", "unknown option 'token'"),
    ],
)
def test_bad_locations(location, why):
    with pytest.raises(ValueError, match=f"`location` must be.*{why}"):
        Address.parse(location)


def test_an_error_shows_no_password():
    with pytest.raises(ValueError, match=r"\*\*\*@host") as caught:
        Address.parse("milvus://me:secret@host/a-b")
    assert not re.search("secret|me:", str(caught.value))
