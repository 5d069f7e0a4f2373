"""What FashionIQ, CIRR, CIRCO and Shoes do with flawed files, all alike."""

import functools
import importlib

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from keras_cmr.datasets import load
from tests.datasets.fuzz import damaged_bytes
from tests.datasets.fuzz import odd_json
from tests.datasets.fuzz import read_or_named

# The server's split of CIRR has a text without a word, in the real files too.
pytestmark = pytest.mark.filterwarnings("ignore:1 of 2 queries of .* 'test1'")

QUIET = {"image_size": 8, "verbose": 0}
# Annotation files, the first that of the test queries.
FILES = {
    "fashioniq": (
        "captions/cap.dress.val.json",
        "captions/cap.dress.train.json",
        "image_splits/split.dress.val.json",
        "captions/correction_dict_dress.json",
    ),
    "cirr": (
        "captions/cap.rc2.val.json",
        "captions/cap.rc2.test1.json",
        "image_splits/split.rc2.val.json",
        "image_splits/split.rc2.train.json",
    ),
    "circo": (
        "annotations/val.json",
        "annotations/test.json",
        "COCO2017_unlabeled/annotations/image_info_unlabeled2017.json",
    ),
    "shoes": (
        "relative_captions_shoes.json",
        "eval_im_names.txt",
        "train_im_names.txt",
    ),
}
CASES = [(name, file) for name, files in FILES.items() for file in files]
# An image that one query of the test split starts from.
IMAGES = {
    "fashioniq": "images/B00V2.png",
    "cirr": "img_raw/dev/dev-4-0-img1.png",
    "circo": "COCO2017_unlabeled/unlabeled2017/000000009812.jpg",
    "shoes": "attributedata/womens_clogs/0/img_womens_clogs_13.jpg",
}


def reader(name):
    extra = {"correct_spelling": True} if name == "fashioniq" else {}
    return functools.partial(load, name, **QUIET, **extra)


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    root = tmp_path_factory.mktemp("trees")
    # What a path that leaves the folder would find.
    Image.new("RGB", (8, 8)).save(root / "secret.png")
    for name in FILES:
        write_tree(name, root / name)
    return root


def write_tree(name, folder):
    folder.mkdir()
    importlib.import_module(f"tests.datasets.{name}.tree").write(folder)
    return folder


@pytest.mark.parametrize(("name", "file"), CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_named(trees, name, file, data):
    path = trees / name / file
    content = path.read_bytes()
    kinds = [damaged_bytes] + [odd_json] * (path.suffix == ".json")
    damage = data.draw(st.sampled_from(kinds))
    try:
        path.write_bytes(damage(content, data.draw))
        read_or_named(reader(name), trees / name)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(("name", "file"), CASES)
def test_cut_and_foreign_files_are_refused_by_name(trees, name, file):
    path = trees / name / file
    content = path.read_bytes()
    half = content[: len(content) // 2]
    flaws = {
        content.decode().encode("utf-16"): "UTF-8",
        half + b"\0" + half: "NUL",
        b"": "must|JSON",
    }
    if path.suffix == ".json":
        flaws[half] = "JSON"
        flaws[b"[" * 100_000] = "JSON|recursion"
    try:
        for flawed, words in flaws.items():
            path.write_bytes(flawed)
            message = read_or_named(reader(name), trees / name)
            assert path.name in message and any(
                word in message for word in words.split("|")
            ), message
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
def test_a_path_out_of_the_folder_is_refused(trees, name):
    folder = trees / name
    file, old = {
        "fashioniq": ("image_splits/split.dress.val.json", "B00V2"),
        "cirr": (
            "image_splits/split.rc2.val.json",
            "./dev/dev-7-0-img1.png",
        ),
        "circo": (
            "COCO2017_unlabeled/annotations/image_info_unlabeled2017.json",
            "000000009761.jpg",
        ),
        "shoes": ("eval_im_names.txt", "img_womens_clogs_11.jpg"),
    }[name]
    path = folder / file
    content = path.read_text()
    assert old in content
    try:
        for new in ("../../secret.png", "/etc/passwd", "x/../../secret"):
            path.write_text(content.replace(old, new))
            with pytest.raises(ValueError, match="below its folder") as error:
                reader(name)(folder)
            assert str(path) in str(error.value) and new in str(error.value)
    finally:
        path.write_text(content)


@pytest.mark.parametrize("name", FILES)
def test_missing_broken_and_linked_images_are_counted(tmp_path, name):
    folder = write_tree(name, tmp_path / name)
    whole = load(name, folder, **QUIET)
    image = folder / IMAGES[name]
    assert whole.test.missing == () and whole.test.lost_queries == 0

    content = image.read_bytes()
    image.unlink()
    partial = warned(name, folder)
    (line,) = partial.test.missing
    assert image.stem in line and line.endswith(": missing")
    assert partial.test.lost_queries == 1
    assert len(partial.test.images) == len(whole.test.images) - 1
    assert len(partial.test.queries) == 1
    with pytest.raises(ValueError, match="could not be read"):
        load(name, folder, **QUIET, strict=True)

    (tmp_path / "outside.png").write_bytes(content)
    image.symlink_to(tmp_path / "outside.png")
    (line,) = warned(name, folder).test.missing
    assert image.stem in line
    assert line.endswith(": a link that leads out of the folder")

    image.unlink()
    image.write_bytes(content[:40])
    assert load(name, folder, **QUIET).test.missing == ()
    (line,) = warned(name, folder, verify=True).test.missing
    assert str(image) in line


def warned(name, folder, **kwargs):
    with pytest.warns(UserWarning, match="images of the split"):
        return load(name, folder, **QUIET, **kwargs)


@pytest.mark.parametrize("name", ["fashioniq", "cirr"])
def test_a_split_whose_images_are_absent_is_left_out(tmp_path, name):
    folder = write_tree(name, tmp_path / name)
    kind = {"fashioniq": "*.jpg", "cirr": "*/train-*.png"}[name]
    gone = list(
        (folder / {"fashioniq": "images"}.get(name, "img_raw")).rglob(kind)
    )
    assert gone
    for path in gone:
        path.unlink()
    with pytest.warns(UserWarning, match="is left out: .* holds none of its"):
        benchmark = load(name, folder, **QUIET)
    assert benchmark.train is None
    # The words of the training texts do not depend on the images.
    assert "red" in benchmark.test.vocabulary
    with pytest.raises(ValueError, match="could not be read"):
        load(name, folder, **QUIET, strict=True)


@pytest.mark.parametrize("name", FILES)
def test_without_the_files_of_the_other_splits(tmp_path, name):
    folder = write_tree(name, tmp_path / name)
    for file in folder.rglob("*"):
        if file.is_file() and any(
            part in file.name
            for part in ("train.json", "test.json", "test1.json", "train_im")
        ):
            file.unlink()
    benchmark = load(name, folder, **QUIET)
    assert benchmark.train is None and benchmark.server is None
    assert len(benchmark.test.queries) == 2
    assert benchmark.test.vocabulary == ()


@pytest.mark.parametrize("name", FILES)
def test_the_test_files_must_be_there(tmp_path, name):
    folder = write_tree(name, tmp_path / name)
    (folder / FILES[name][0]).unlink()
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load(name, folder, **QUIET)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(name, tmp_path / "nowhere", **QUIET)


@pytest.mark.parametrize("name", FILES)
def test_same_input_same_tables(tmp_path, name):
    first = load(name, write_tree(name, tmp_path / "a"), **QUIET)
    second = load(name, write_tree(name, tmp_path / "b"), **QUIET)
    assert first.fingerprint == second.fingerprint
    assert first.name == name
