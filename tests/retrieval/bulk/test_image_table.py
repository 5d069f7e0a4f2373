import json

import pytest

from keras_cmr.retrieval import image_table
from keras_cmr.retrieval.bulk.as_source import as_source


def write(path, text):
    path.write_bytes(text.encode())
    return path


def test_csv_cells_become_numbers_where_they_are(tmp_path):
    table = write(
        tmp_path / "photos.csv",
        "\ufeffid;path;brand;price;sold;sku;note\r\n"
        "17;shoes/17.jpg;x;49.90;true;007;\r\n"
        "18;shoes/18.jpg;y;50;false;;"
        '"two; lines\r\nhere"\r\n'
        "\r\n",
    )
    first, second = image_table(table).pictures()
    assert first == (
        "17",
        tmp_path / "shoes/17.jpg",
        {"brand": "x", "price": 49.9, "sold": True, "sku": "007"},
    )
    assert second.metadata == {
        "brand": "y",
        "price": 50,
        "sold": False,
        "note": "two; lines\r\nhere",
    }
    assert type(second.metadata["price"]) is int
    assert as_source(table).count == 2


def test_json_lines_keep_their_types_and_the_folder_may_be_another(tmp_path):
    rows = [
        {"path": "a.jpg", "tags": ["red", "new"], "size": "38", "n": None},
        {"id": 5, "path": "/abs/b.jpg"},
    ]
    table = write(
        tmp_path / "t.jsonl", "\n".join(json.dumps(row) for row in rows)
    )
    first, second = image_table(table, tmp_path / "mnt").pictures()
    assert first.id == "a.jpg"
    assert first.image == tmp_path / "mnt" / "a.jpg"
    assert first.metadata == {"tags": ["red", "new"], "size": "38", "n": None}
    assert (second.id, str(second.image)) == ("5", "/abs/b.jpg")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.txt", "path\n", r"must end in .csv or .jsonl"),
        ("t.csv", "", "at least one picture"),
        ("t.csv", "path\n", "at least one picture"),
        ("t.csv", "file,brand\na.jpg,x\n", "line 1.*column `path`.*file, br"),
        ("t.csv", "path,a,a\n", "`a` stands there twice"),
        ("t.csv", "path,brand\na.jpg\n", "line 2.*2 cells.*Received: 1"),
        ("t.csv", "path,brand\n,x\n", "line 2: `path`"),
        ("t.csv", 'path\n"a\n', "line 2: not CSV"),
        ("t.csv", "path\na.jpg\na.jpg\n", "unique. Received twice: 'a.jpg'"),
        ("t.csv", "id,path\n ,a.jpg\n", "line 2: `id`"),
        ("t.jsonl", '{"path": "a.jpg"}\n[1]\n', "line 2.*one JSON object"),
        ("t.jsonl", "{\n", "line 1: not JSON"),
        (
            "t.jsonl",
            '{"path": "a", "x": 1, "x": 2}\n',
            "line 1: not JSON: the name 'x' occurs twice",
        ),
        ("t.jsonl", '{"id": "a"}\n', "line 1: `path`.*missing"),
        ("t.jsonl", '{"path": 3}\n', "line 1: `path`.*3"),
        ("t.jsonl", '{"path": "a", "id": true}\n', "`id`.*True"),
        ("t.jsonl", '{"path": "a", "x": NaN}\n', "line 1.*JSON-able"),
    ],
)
def test_faults_are_named_by_line(tmp_path, name, text, message):
    with pytest.raises(ValueError, match=message):
        image_table(write(tmp_path / name, text))


def test_a_table_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(ValueError, match="No such table"):
        image_table(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"path\nm\xfcnchen.jpg\n")
    with pytest.raises(ValueError, match=r"latin\.csv must be UTF-8"):
        image_table(tmp_path / "latin.csv")
