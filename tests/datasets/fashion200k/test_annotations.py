import collections
from pathlib import Path

import pytest

from keras_cmr.datasets.fashion200k.annotations import parse
from tests.datasets.fashion200k.layout import QUERIES
from tests.datasets.fashion200k.layout import files
from tests.datasets.fashion200k.layout import write

PRODUCTS = Path(__file__).parents[4] / "shared" / "data" / "fashion_products"
TRAIN_FILE = "labels/dress_train_detect_all.txt"
TEST_FILE = "labels/dress_test_detect_all.txt"


def test_rows(tmp_path):
    write(tmp_path, files())
    found = parse(tmp_path)
    assert [row.id for row in found.train] == [
        "women/dresses/1/1_0.jpeg",
        "women/dresses/1/1_1.jpeg",
        "women/dresses/2/2_0.jpeg",
        "women/dresses/3/3_0.jpeg",
        "women/dresses/4/4_0.jpeg",
        "women/tops/5/5_0.jpeg",
        "women/tops/6/6_0.jpeg",
    ]
    last, one = found.train[-1], found.train[-2]
    assert last.caption == last.label == "questionmark"
    assert one.caption == one.label == "tdotmarkshirt andmark belt"
    assert one.attributes == {"category": "top"}
    assert [row.attributes["category"] for row in found.test] == ["dress"] * 3

    there, back = found.queries
    assert there.reference == "women/dresses/7/7_0.jpeg"
    assert there.targets == ("women/dresses/8/8_0.jpeg",)
    assert there.modification == "replace green with black"
    assert (there.seen, back.seen) == (True, False)
    assert back.modification == "replace black with green"
    assert {there.kind, back.kind} == {"dress"}


def test_windows_lines_and_other_files_do_not_matter(tmp_path):
    write(tmp_path / "a", files())
    changed = {k: v.replace("\n", "\r\n") for k, v in files().items()}
    write(tmp_path / "b", {**changed, "labels/notes.txt": "train test"})
    assert parse(tmp_path / "a") == parse(tmp_path / "b")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (TEST_FILE, r"\*_test_detect_all.txt. .* path, the detection score"),
        ("test_queries.txt", "the test queries, .* github.com/google/tirg"),
    ],
)
def test_missing_file_says_what_it_holds(tmp_path, path, what):
    write(tmp_path, {k: v for k, v in files().items() if k != path})
    with pytest.raises(FileNotFoundError, match=what):
        parse(tmp_path)


A, B = QUERIES.splitlines()[0].split()
SECOND = f"{A}\t0.9\tgreen dress\n{A}\t0.8\tgreen dress\n"


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (TRAIN_FILE, "a.jpg\t0.9\n", "line 1: .* Received: 'a.jpg"),
        (TRAIN_FILE, "a.jpg\t0.9\tred\tdress\n", "line 1: it must hold"),
        (TRAIN_FILE, "\na.jpg\t0.9\t \n", "line 2: it must hold"),
        (TRAIN_FILE, "../a.jpg\t1\tred\n", "line 1: .* Received: '../a.jpg'"),
        (TRAIN_FILE, "/a.jpg\t1\tred\n", "line 1: .* Received: '/a.jpg'"),
        (TEST_FILE, "\n\n", "no line with an image"),
        (TRAIN_FILE, "a.jpg\t1\tr\xe9d\n".encode("latin-1"), "1: .* UTF-8"),
        (TEST_FILE, SECOND, f"line 2: .* a second one for '{A}'"),
        ("test_queries.txt", f"{A} {B} {B}\n", "line 1: it must hold the"),
        ("test_queries.txt", f"{A} {B}\n{A}\n", "line 2: it must hold the"),
        ("test_queries.txt", f"{A} c.jpg\n", "line 1: .* 'c.jpg', which"),
        ("test_queries.txt", f"{A} ../../x\n", "line 1: .* '../../x'"),
        ("test_queries.txt", f"{A} {A}\n", "line 1: .* word that the other"),
        ("test_queries.txt", "", "no line with a query"),
    ],
)
def test_errors_name_file_and_line(tmp_path, path, text, message):
    write(tmp_path, files(**{path: text}))
    with pytest.raises(ValueError, match=message) as caught:
        parse(tmp_path)
    assert path in str(caught.value)


@pytest.mark.parametrize("path", [TEST_FILE, "test_queries.txt"])
def test_no_file_behind_a_link_out_of_the_folder(tmp_path, path):
    folder = tmp_path / "data"
    write(folder, files())
    (folder / path).rename(tmp_path / "secret.txt")
    (folder / path).symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ValueError, match=r"Received: a link to .*secret"):
        parse(folder)


@pytest.mark.skipif(
    not PRODUCTS.exists(), reason=f"{PRODUCTS} is not there: real photos"
)
def test_real_labels_and_queries():
    found = parse(PRODUCTS)
    assert len(found.train) == 6147
    assert len({row.caption for row in found.train}) == 4406
    assert len(found.test) == 1841
    assert len({row.caption for row in found.test}) == 1358
    assert len(found.queries) == 7393
    assert not any(query.seen for query in found.queries)
    captions = {row.id: row.caption for row in found.test}
    for query in found.queries:
        replace, old, between, new = query.modification.split()
        assert (replace, between) == ("replace", "with")
        words = collections.Counter(captions[query.reference].split())
        changed = words - collections.Counter([old])
        changed[new] += 1
        assert changed == collections.Counter(
            captions[query.targets[0]].split()
        )
        assert words[old] and old != new
