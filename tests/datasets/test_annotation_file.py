import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.datasets import annotation_file
from keras_cmr.datasets.annotation_file import field
from keras_cmr.datasets.annotation_file import read_json
from keras_cmr.datasets.annotation_file import read_lines
from keras_cmr.datasets.annotation_file import read_records
from keras_cmr.datasets.annotation_file import read_text
from keras_cmr.datasets.annotation_file import text_list

READERS = (
    read_text,
    read_json,
    lambda path: list(read_lines(path)),
    lambda path: list(read_records(path)),
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "notes.txt"


def test_text(file):
    file.write_bytes("\ufeffombré\r\n".encode())
    assert read_text(file) == "ombré\r\n"


def test_lines_are_numbered_and_blank_ones_left_out(file):
    # A line separator inside a caption is no end of a line.
    file.write_bytes("a\u2028b\r\n\n \t\r\n c\x0bd \n".encode())
    assert list(read_lines(file)) == [(1, "a\u2028b"), (4, " c\x0bd ")]


@pytest.mark.parametrize("read", READERS)
def test_what_no_reader_takes(tmp_path, monkeypatch, read):
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.txt"):
        read(tmp_path / "none.txt")
    with pytest.raises(ValueError, match="must be a file"):
        read(tmp_path)
    file = tmp_path / "notes.txt"
    file.write_bytes(b"[\n\n\xe9]")
    with pytest.raises(ValueError, match=r"notes.txt, line 3: .* UTF-8"):
        read(file)
    file.write_bytes(b"[\n\0]")
    with pytest.raises(ValueError, match=r"notes.txt, line 2: .* NUL"):
        read(file)
    monkeypatch.setattr(annotation_file, "MAX_BYTES", 3)
    with pytest.raises(ValueError, match=r"at most 3 bytes\. Received: 4"):
        read(file)


@pytest.mark.parametrize("read", [read_text, read_json])
def test_no_file_behind_a_link_into_another_folder(tmp_path, read):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret").write_text("[1]")
    link = tmp_path / "data" / "a.json"
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match=r"a\.json must lie.*link to .*secret"):
        read(link)
    (tmp_path / "data" / "b.json").write_text("[1]")
    link.unlink()
    link.symlink_to("b.json")
    assert read(link) in ("[1]", [1])
    # The folder itself may be a link: that is the user's own.
    (tmp_path / "here").symlink_to(tmp_path / "data")
    assert read(tmp_path / "here" / "b.json") in ("[1]", [1])


def test_json(file):
    file.write_text('{"a": [1]}')
    assert read_json(file) == {"a": [1]}
    for text in ('{"a":\n 1', "[1,\n]", "\n["):
        file.write_text(text)
        with pytest.raises(ValueError, match=r"notes.txt, line 2: not JSON"):
            read_json(file)
    for read in (read_json, lambda path: list(read_records(path))):
        file.write_text("[" * 100_000)
        with pytest.raises(ValueError, match=r"notes\.txt.*not JSON"):
            read(file)


def test_a_name_twice_in_an_object_is_an_error(file):
    # Python's reader keeps the last value and says nothing.
    file.write_text('{"dev-1": "./a.png",\n "dev-1": "./b.png"}')
    with pytest.raises(ValueError, match=r"notes\.txt: .*'dev-1' occurs twice"):
        read_json(file)
    file.write_text('[{"a": 1},\n {"b": {"c": 1, "c": 1}}]')
    with pytest.raises(ValueError, match=r"txt, line 2: .*'c' occurs twice"):
        list(read_records(file))


def test_records_know_their_line(file):
    file.write_text('\n[{"a": 1},\n\n {"b":\n 2}, {"c": "\\n"}\n]\n')
    assert [(p.rpartition(" ")[2], r) for p, r in read_records(file)] == [
        ("2", {"a": 1}),
        ("4", {"b": 2}),
        ("5", {"c": "\n"}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold a JSON list"),
        ('{"a": 1}', "must hold a JSON list"),
        ("[{}", "line 1: not JSON: expected ',' or ']'"),
        ("[{},\n{}\n{}]", "line 3: not JSON: expected"),
        ("[{},\n]", "line 2: not JSON"),
        ("[{},\n3]", "line 2: every entry must be an object. Received: '3'"),
        (" [ ] ", "at least one object. Received: an empty list"),
        ("[{}] x", "more text after the list"),
    ],
)
def test_faulty_records(file, text, message):
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        list(read_records(file))
    assert str(file) in str(caught.value)


RECORDS = b'[{"a": 1, "b": ["x", "y"]},\n {"a": "\xc3\xa9"},\n {}]\n'


@settings(max_examples=60, deadline=None)
@given(
    at=st.integers(0, len(RECORDS)),
    removed=st.integers(0, len(RECORDS)),
    damage=st.binary(max_size=8),
)
def test_damaged_records_are_read_or_named(
    tmp_path_factory, at, removed, damage
):
    file = tmp_path_factory.mktemp("fuzz") / "records.json"
    file.write_bytes(RECORDS[:at] + damage + RECORDS[at + removed :])
    try:
        assert all(isinstance(r, dict) for _, r in read_records(file))
    except ValueError as error:
        assert str(file) in str(error)


def test_field():
    record = {"a": 1, "b": True, "c": "x", "d": None}
    assert field("f, line 1", record, "a", int) == 1
    assert field("f, line 1", record, "c", (int, str)) == "x"
    for name, kind, received in (
        ("a", str, "'1'"),
        ("b", int, "'True'"),
        ("d", str, "'None'"),
        ("e", str, "nothing"),
    ):
        with pytest.raises(ValueError, match=f"f, line 1: .*{received}"):
            field("f, line 1", record, name, kind)


def test_text_list():
    assert text_list("f", {"a": ["x", ""]}, "a") == ["x", ""]
    for value in ("x", [1], ["x", None], None):
        with pytest.raises(ValueError, match="f: `a` must be"):
            text_list("f", {"a": value}, "a")
