import unicodedata

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from keras_cmr.datasets import load
from keras_cmr.datasets.triplets import read
from keras_cmr.datasets.triplets import validate
from tests.datasets.triplets.tree import COLUMNS
from tests.datasets.triplets.tree import NAMES
from tests.datasets.triplets.tree import csv_text
from tests.datasets.triplets.tree import draw
from tests.datasets.triplets.tree import jsonl
from tests.datasets.triplets.tree import tree

LABELLED = (*COLUMNS, "label", "kind", "id")


def write(root, name, text):
    (root / name).write_bytes(text.encode())


def test_two_tables(tmp_path):
    own = load("triplets", data_dir=tree(tmp_path), image_size=8)
    assert own.name == "triplets"
    assert own.protocols == ("triplets/target-id",)
    train, test = own.train, own.test
    assert train.images.ids.tolist() == ["a.png", "b.png", "c.png", "d.png"]
    assert train.queries.references.tolist() == [0, 2]
    assert train.queries.targets == ((1,), (3,))
    assert train.queries.modifications.tolist() == ["make it red", "blue"]
    assert train.vocabulary == test.vocabulary == ("blue", "it", "make", "red")
    # All but the training images, also those that no row names.
    assert test.images.ids.tolist() == NAMES[4:]
    assert test.queries.references.tolist() == [0]
    assert test.queries.targets == ((1,),)
    assert test.images.pixels.shape == (6, 8, 8, 3)
    # Colours as drawn; PNG keeps them.
    assert test.images.pixels[3][0, 0].tolist() == [140, 90, 248]
    assert test.queries.kinds is None and test.queries.ids is None


def test_queries_to_choose_a_model_by(tmp_path):
    tree(tmp_path)
    write(tmp_path, "val.csv", csv_text([("h.png", "dark", "g.png")], COLUMNS))
    own = read(tmp_path, image_size=8)
    assert own.val.queries.modifications.tolist() == ["dark"]
    # Among all that training has not seen, as the test queries are.
    assert own.val.images.ids.tolist() == NAMES[4:]
    assert own.val.queries.references.tolist() == [3]
    assert own.val.queries.targets == ((2,),)
    assert own.test.images.ids.tolist() == NAMES[4:]
    assert own.val.vocabulary == own.train.vocabulary
    assert "dark" not in own.train.vocabulary
    (tmp_path / "test.jsonl").unlink()
    with pytest.raises(FileNotFoundError, match="Received: train and val alon"):
        read(tmp_path)


def test_heic(tmp_path):
    tree(tmp_path)
    images = tmp_path / "images"
    with Image.open(images / "e.png") as picture:
        pixels = np.asarray(picture.convert("RGB").resize((64, 64)))
    heic = pillow_heif.from_pillow(Image.fromarray(pixels))
    heic.save(images / "e.HEIC", quality=95)
    (images / "e.png").unlink()
    rows = [("e.HEIC", "red", "f.png")]
    write(tmp_path, "test.jsonl", jsonl(rows, COLUMNS))
    assert not validate(tmp_path, verbose=0).faults
    test = read(tmp_path, image_size=8).test
    found = test.images.pixels[test.images.ids.tolist().index("e.HEIC")]
    difference = found.astype(int) - pixels[:8, :8].astype(int)
    assert np.abs(difference).max() < 8


def test_a_column_may_say_which_rows_are_for_validation(tmp_path):
    draw(tmp_path, NAMES)
    rows = [
        ("a.png", "red", "b.png", "train"),
        ("c.png", "red", "d.png", "train"),
        ("e.png", "red", "f.png", "val"),
        ("g.png", "red", "h.png", "test"),
    ]
    write(tmp_path, "triplets.csv", csv_text(rows, (*COLUMNS, "split")))
    own = read(tmp_path)
    assert [len(s.queries) for s in (own.train, own.val, own.test)] == [2, 1, 1]
    rows[2] = (*rows[2][:3], "test")
    write(tmp_path, "triplets.csv", csv_text(rows, (*COLUMNS, "split")))
    assert read(tmp_path).val is None


def test_labels_kinds_ids_and_several_targets(tmp_path):
    draw(tmp_path, NAMES)
    rows = [
        ("a.png", "red", ["b.png"], "x", "colour", "q1"),
        ("c.png", "blue", ["d.png"], "y", "colour", "q2"),
    ]
    write(tmp_path, "train.jsonl", jsonl(rows, LABELLED))
    rows = [
        ("e.png", "red", ["f.png"], "x", "colour", 7),
        ("e.png", "with dots", ["h.png", "g.png"], "z", "form", 8),
        ("i.png", "red", "j.png", "x", "colour", 9),
    ]
    write(tmp_path, "test.jsonl", jsonl(rows, LABELLED))
    assert read(tmp_path).test.images.ids.tolist() == NAMES[4:]
    own = read(tmp_path, gallery="all")
    assert own.protocols == ("triplets/target-id", "tirg/caption-match")
    test = own.test
    # b is a training image with the label of a test target.
    assert test.images.ids.tolist() == [n for n in NAMES if n != "b.png"]
    at = {name: i for i, name in enumerate(test.images.ids.tolist())}
    assert test.queries.targets == (
        (at["f.png"], at["j.png"]),
        (at["h.png"], at["g.png"]),
        (at["j.png"], at["f.png"]),
    )
    same = [test.images.labels[at[name]] for name in ("f.png", "j.png")]
    assert same[0] == same[1] == test.queries.target_labels[0]
    assert test.images.captions[at["f.png"]] == "x"
    assert test.images.captions[at["a.png"]] == ""
    assert test.queries.kinds.tolist() == ["colour", "form", "colour"]
    assert test.queries.ids.tolist() == ["7", "8", "9"]
    assert own.train.queries.ids.tolist() == ["q1", "q2"]


def test_gallery_of_all_images(tmp_path):
    own = read(tree(tmp_path), gallery="all")
    assert own.test.images.ids.tolist() == NAMES
    assert own.test.queries.targets == ((5,),)
    assert own.train.images.ids.tolist() == NAMES[:4]


def test_a_test_table_alone(tmp_path):
    tree(tmp_path)
    (tmp_path / "train.jsonl").unlink()
    own = read(tmp_path)
    assert own.train is None
    assert own.test.vocabulary == ()
    assert len(own.test.images) == 10


def test_column_split(tmp_path):
    draw(tmp_path, NAMES)
    rows = [
        ("a.png", "red", "b.png", "train"),
        ("e.png", "red", "f.png", "test"),
        ("c.png", "red", "d.png", "train"),
    ]
    text = csv_text(rows, (*COLUMNS, "split"))
    write(tmp_path, "triplets.csv", text)
    own = read(tmp_path)
    assert own.train.images.ids.tolist() == NAMES[:4]
    assert own.test.images.ids[own.test.queries.references[0]] == "e.png"
    (tmp_path / "triplets.csv").rename(tmp_path / "mine.csv")
    again = read(tmp_path, table="mine.csv")
    assert again.fingerprint == own.fingerprint


FORMS = [
    {},
    {"delimiter": ";"},
    {"delimiter": "\t"},
    {"lineterminator": "\n"},
    {"quoting": 1},
    {"quotechar": '"', "quoting": 2, "delimiter": ";"},
]
TRICKY = [
    ("a b.png", 'make it "red", 5" long; or\tso', ["b.png"], "x", "k", "1"),
    ("Größe.PNG", "two\nlines, ombré", ["c.JPG", "d.Jpeg"], "", "", "2"),
    ("deep/er/e.png", "=1+1 | red", ["f.png"], "y", "", "3"),
    ("g.png", "  blanks around ", ["h.png"], "", "", ""),
]
TRICKY_NAMES = [name for row in TRICKY for name in (row[0], *row[2])]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_both_formats_give_the_same_tables(tmp_path, form, bom):
    benchmarks = []
    for kind in ("jsonl", "csv"):
        root = tmp_path / kind
        draw(root, TRICKY_NAMES)
        text = jsonl(TRICKY, LABELLED)
        if kind == "csv":
            text = csv_text(TRICKY, LABELLED, **form)
        write(root, f"triplets.{kind}", bom + text)
        benchmarks.append(read(root, test_share=0.5))
    one, other = benchmarks
    assert one.fingerprint == other.fingerprint
    for split in ("train", "test"):
        one_split, other_split = getattr(one, split), getattr(other, split)
        assert one_split.vocabulary == other_split.vocabulary
        for table in ("images", "queries"):
            for column in ("ids", "labels", "modifications", "kinds"):
                pair = [
                    getattr(getattr(part, table), column, None)
                    for part in (one_split, other_split)
                ]
                np.testing.assert_array_equal(*pair)
    texts = {
        text
        for split in (one.train, one.test)
        for text in split.queries.modifications.tolist()
    }
    assert texts == {row[1].strip() for row in TRICKY}


def test_windows_wrote_the_table(tmp_path):
    """Backslashes, CRLF, a BOM, `;` and a JSON table with CRLF too."""
    draw(tmp_path, ["shop/a.png", "shop/b.png", "c.png", "d.png", "e.JPG"])
    write(
        tmp_path,
        "test.csv",
        "\ufeffreference;modification;target\r\nshop\\a.png;red;.\\e.JPG\r\n",
    )
    rows = [("shop\\b.png", "red", "c.png"), ("c.png", "blue", "d.png")]
    write(tmp_path, "train.jsonl", jsonl(rows).replace("\n", "\r\n"))
    own = read(tmp_path)
    ids = own.test.images.ids
    assert ids[own.test.queries.references[0]] == "shop/a.png"
    assert ids[own.test.queries.targets[0][0]] == "e.JPG"


@pytest.mark.parametrize("disk", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_unicode_forms_are_one_name(tmp_path, disk, written):
    names = [unicodedata.normalize(disk, "ombré/köln.png"), *NAMES]
    word = unicodedata.normalize(written, "ombré")
    test = [(f"{word}/{unicodedata.normalize(written, 'köln.png')}", word,
             "f.png")]  # fmt: skip
    own = read(tree(tmp_path, test=test, names=names))
    reference = own.test.queries.references[0]
    assert own.test.images.ids[reference] == "ombr\u00e9/k\u00f6ln.png"
    assert own.test.queries.modifications[0] == "ombr\u00e9"
    assert own.test.images.pixels[reference].shape == (224, 224, 3)


def test_names_without_ending(tmp_path):
    own = read(tree(tmp_path, test=[("e", "red", "f")]))
    assert own.test.queries.targets == ((1,),)
    Image.new("RGB", (2, 2)).save(tmp_path / "images" / "f.jpg")
    with pytest.raises(ValueError, match=r"'f\.jpg' and 'f\.png'"):
        read(tmp_path)


def test_hidden_files_are_no_images(tmp_path):
    tree(tmp_path)
    for name in (".a.png", "._b.png", ".trash/c.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    own = read(tmp_path, verify=True, verbose=0)
    assert own.test.images.ids.tolist() == NAMES[4:]


def test_missing_images_are_counted(tmp_path):
    train = [("a.png", "red", "b.png"), ("c.png", "red", "d.png"),
             ("x.png", "red", "d.png")]  # fmt: skip
    test = [("e.png", "red", ["f.png", "y.png"]), ("e.png", "tall", "z.png")]
    tree(tmp_path, train=train, test=test)
    with pytest.warns(UserWarning) as caught:
        own = read(tmp_path)
    assert "1 of 5 images of the split 'train'" in str(caught[0].message)
    assert "2 of 8 images of the split 'test'" in str(caught[1].message)
    assert own.train.lost_queries == own.test.lost_queries == 1
    assert own.test.queries.targets == ((1,),)
    assert [line.rpartition("/")[2] for line in own.test.missing] == [
        "y.png: missing",
        "z.png: missing",
    ]
    with pytest.raises(ValueError, match=r"train\.jsonl, line 3: `reference`"):
        read(tmp_path, strict=True)


def test_verify(tmp_path):
    tree(tmp_path)
    (tmp_path / "images" / "f.png").write_bytes(b"no picture")
    (tmp_path / "images" / "j.png").write_bytes(b"none either")
    with pytest.raises(ValueError, match=r"test\.jsonl, line 1: .*f\.png"):
        read(tmp_path, strict=True, verify=True, verbose=0)
    with pytest.raises(ValueError, match="1 of 1 queries"):
        read(tmp_path, verify=True, verbose=0)
    draw(tmp_path, NAMES[:6])
    with pytest.warns(UserWarning, match=r"1 of 6 images .*j\.png"):
        own = read(tmp_path, verify=True, verbose=0)
    assert len(own.test.images) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gallery": "seen"}, "`gallery` must be one of 'unseen', 'all'"),
        ({"test_share": 0}, "`test_share` must be a number between"),
        ({"test_share": True}, "`test_share` must be a number between"),
        ({"seed": "a"}, "`seed` must be an integer"),
        ({"image_size": 0}, "`image_size` must be an integer"),
        ({"table": "a.xlsx"}, r"`table` must end in .jsonl or .csv"),
    ],
)
def test_arguments(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        read(tree(tmp_path), **arguments)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "must hold a table: triplets.jsonl"),
        (["triples.csv"], "Is it 'triples.csv'?"),
        (["train.csv"], "Received: train alone"),
        (["test.csv", "test.jsonl"], "must hold one of test.jsonl and test."),
        (["test.csv", "triplets.csv"], "Received: test.csv and triplets.csv"),
    ],
)
def test_which_table(tmp_path, files, message):
    draw(tmp_path, NAMES)
    for name in files:
        write(tmp_path, name, csv_text([("a.png", "red", "b.png")]))
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        read(tmp_path)
    assert message in str(caught.value)
    (fault,) = validate(tmp_path, verbose=0).faults
    assert str(fault) == str(caught.value)


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read(tmp_path / "nowhere")
    write(tmp_path, "triplets.csv", csv_text([("a.png", "red", "b.png")]))
    with pytest.raises(FileNotFoundError, match="images"):
        read(tmp_path)
