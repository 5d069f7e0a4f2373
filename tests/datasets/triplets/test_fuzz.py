"""Whatever lies there: a benchmark, or an error that names the file."""

import shutil
import warnings

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.datasets.triplets import read
from keras_cmr.datasets.triplets import validate
from tests.datasets.triplets.tree import COLUMNS
from tests.datasets.triplets.tree import csv_text
from tests.datasets.triplets.tree import jsonl
from tests.datasets.triplets.tree import tree

NASTY = [
    "../secret.png",
    "..\\secret.png",
    "/etc/hostname",
    "C:\\a.png",
    "link.png",
    "link/secret.png",
    "a.png/",
    "./",
    "",
    ".",
    "\0",
    "a\0.png",
    "\ud800",
    "x" * 5000,
    "//",
    "images/a.png",
    "a.png|b.png",
    '"',
    "a.png\n",
    "~/a.png",
]
LABELLED = (*COLUMNS, "label", "kind", "id", "split")
NAME = st.sampled_from([*(f"{c}.png" for c in "abcdefgh"), *NASTY])
TEXT = st.sampled_from(["red", "make it ombré", *NASTY]) | st.text(max_size=9)
SMALL = st.sampled_from(["", "x", "y", "train", "test", *NASTY])
ROW = st.tuples(
    NAME, TEXT, st.lists(NAME, max_size=3), SMALL, SMALL, SMALL, SMALL
)
GOOD_ROWS = [
    ("a.png", 'make it "red"; ombré,\tlong', ["b.png"], "x", "k", "1", ""),
    ("c.png", "blue", ["d.png", "e.png"], "y", "k", "2", ""),
    ("f.png", "green", ["g.png"], "", "", "3", ""),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("fuzz") / "own"
    tree(root)
    (root / "train.jsonl").unlink()
    (root / "test.jsonl").unlink()
    outside = root.parent / "outside"
    outside.mkdir()
    secret = outside / "secret.png"
    shutil.copy(root / "images" / "a.png", secret)
    (root / "images" / "link.png").symlink_to(secret)
    (root / "images" / "link").symlink_to(outside)
    return root


def check(folder, name, content):
    """`read` and `validate` agree; nothing from outside is read."""
    path = folder / name
    path.write_bytes(content)
    faults = validate(folder, verbose=0).faults
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            own = read(folder, strict=True, verbose=0)
        except (ValueError, FileNotFoundError) as error:
            assert str(error) == str(faults[0])
            assert str(path) in str(error)
            own = None
        else:
            assert not faults
        try:
            read(folder, verbose=0)
        except ValueError as error:
            assert faults
            assert str(folder) in str(error) or "of the split" in str(error)
    path.unlink()
    for split in (own.train, own.test) if own else ():
        for file in split.images.pixels.paths:
            assert file.startswith(str(folder / "images"))
            assert "link" not in file
    return own


FORMATS = st.sampled_from(["triplets.jsonl", "triplets.csv"])


def written(name, rows):
    if name.endswith("csv"):
        return csv_text(rows, LABELLED).encode("utf-8", "surrogatepass")
    return jsonl(rows, LABELLED).encode()


def test_the_good_rows_are_good(folder):
    prints = {
        check(folder, name, written(name, GOOD_ROWS)).fingerprint
        for name in ("triplets.jsonl", "triplets.csv")
    }
    assert len(prints) == 1


@settings(max_examples=80, deadline=None)
@given(name=FORMATS, rows=st.lists(ROW, max_size=4))
def test_any_values(folder, name, rows):
    check(folder, name, written(name, [*GOOD_ROWS, *rows]))


@settings(max_examples=80, deadline=None)
@given(name=FORMATS, data=st.data())
def test_damaged(folder, name, data):
    """Cut off, with bytes put in or another encoding."""
    good = written(name, GOOD_ROWS)
    at = data.draw(st.integers(0, len(good)))
    put = data.draw(
        st.sampled_from(
            [b"", b"\0", b"\xff", b",", b";", b"\t\t", b'"', b"\n", b"\r",
             b"|", b"\\", b"{", b"[" * 2000, b"1" * 6000]
        )
        | st.binary(max_size=4)
    )  # fmt: skip
    content = good[:at] + put
    if data.draw(st.booleans()):
        content += good[at:]
    if data.draw(st.integers(0, 5)) == 0:
        content = content.decode("latin-1").encode("utf-16")
    check(folder, name, content)


@settings(max_examples=60, deadline=None)
@given(
    name=FORMATS,
    content=st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    | st.binary(max_size=200),
)
def test_anything(folder, name, content):
    check(folder, name, content)


@pytest.mark.parametrize("name", ["triplets.jsonl", "triplets.csv"])
def test_absurd_sizes(folder, name):
    rows = [*GOOD_ROWS, ("h.png", "red " * 50_000, ["i.png"], *[""] * 4)]
    path = folder / name
    path.write_bytes(written(name, rows))
    line = len(rows) + name.endswith("csv")
    with pytest.raises(ValueError, match=f"{name}, line {line}: "):
        read(folder)
    path.write_bytes(b"")
    with open(path, "r+b") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(ValueError, match=f"{name} must have at most"):
        read(folder)
    path.unlink()
