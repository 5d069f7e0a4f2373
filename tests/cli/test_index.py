"""keras-cmr index and search, with a model that loads at once."""

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from tests.command_line import call
from tests.command_line import ok
from tests.retrieval.fake_model import FakeModel


class FakeTexts(FakeModel):
    def embed_texts(self, texts):
        return np.stack([self._text(text) for text in texts])


@pytest.fixture(autouse=True)
def model(monkeypatch):
    fake = FakeTexts()
    for module in ("named_model", "folder_search"):
        name = f"keras_cmr.photos.{module}.named_model"
        monkeypatch.setattr(name, lambda _=None: fake)
    check = "keras_cmr.photos.folder_search.check_packages"
    monkeypatch.setattr(check, lambda _: None)
    return fake


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png", "more/c.png"):
        pixels = rng.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "bad.jpg").write_bytes(b"no picture")
    return folder


def index(source, tmp_path, *more):
    return ok("index", source, "--model", "m", "--out", tmp_path / "g", *more)


def search(tmp_path, *more):
    return call("search", tmp_path / "g", "--model", "m", *more)


def test_index_says_what_it_did_and_takes_in_what_is_new(photos, tmp_path):
    output = index(photos, tmp_path)
    assert "3 pictures written in" in output and "a second)" in output
    assert "skipped bad.jpg: UnidentifiedImageError" in output
    assert "engine exact" in output
    (photos / "bad.jpg").unlink()
    Image.new("RGB", (8, 8), "red").save(photos / "new.png")
    output = index(photos, tmp_path)
    assert "1 pictures written" in output and "3 there already" in output
    assert f"4 pictures in {tmp_path / 'g'}" in output
    assert "skipped" not in output
    assert "4 pictures written" in index(photos, tmp_path, "--update")


def test_a_table_brings_metadata_that_search_filters_by(photos, tmp_path):
    table = tmp_path / "own.csv"
    table.write_text(
        "path,id,brand,price\na.png,1,x,10\nb.png,2,x,60\nmore/c.png,3,y,10\n"
    )
    index(photos, tmp_path, "--table", table)
    for conditions, ids in (
        (["brand=x"], {"a.png", "b.png"}),
        (["brand=x", "price=10"], {"a.png"}),
        (['price={"$lt": 50}'], {"a.png", "c.png"}),
        (['brand=["x", "y"]'], {"a.png", "b.png", "c.png"}),
    ):
        words = [word for c in conditions for word in ("--where", c)]
        result = search(tmp_path, "--text", "red", *words)
        assert result.exit_code == 0, result.output
        found = {line.rpartition("/")[2] for line in result.stdout.splitlines()}
        assert found == ids
        assert f"{len(ids)} instead of 10: only" in result.stderr


def test_search_by_an_image_a_text_or_both(photos, tmp_path):
    index(photos, tmp_path)
    image = ("--image", photos / "a.png")
    both = search(tmp_path, *image, "--text", "in red", "-k", 2)
    alone = search(tmp_path, *image, "-k", 2, "--out", tmp_path / "h.png")
    text = search(tmp_path, "--text", "in red", "-k", 3)
    for result, lines in ((both, 2), (alone, 3), (text, 3)):
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == lines
    assert "a.png" not in both.stdout and "a.png" in text.stdout
    pages = tmp_path / "h.html"
    search(tmp_path, "--text", "in red", "-k", 1, "--out", pages)
    assert "<title>&#34;in red&#34;</title>" in pages.read_text()
    with Image.open(tmp_path / "h.png") as drawn:
        assert drawn.width > 8


@pytest.mark.large
def test_index_on_a_cluster(photos, tmp_path):
    output = index(photos, tmp_path, "--ray-address", "local", "--workers", 2)
    assert "3 pictures written" in output
    assert len(Gallery.open(tmp_path / "g")) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "red", "--where", "brand"], "`--where` wants key=value"),
        (["--text", "red", "--where", "=x"], "`--where` wants key=value"),
        (
            ["--text", "red", "--where", "a=1", "--where", "a=2"],
            "each key once",
        ),
        (["--text", "red", "--where", "a=null"], "strings, numbers"),
        (["--text", "red", "--where", 'a={"$no": 1}'], "$no"),
        ([], "Give `--image`, `--text` or both"),
        (["--text", "red", "--out", "h.gif"], "must end in .png"),
        (["--text", "red", "--text-weight", "0.5"], "a trained model has"),
    ],
)
def test_bad_searches_are_one_line(photos, tmp_path, arguments, message):
    index(photos, tmp_path)
    result = search(tmp_path, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("keras-cmr: ") and message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "No such folder: none"),
        (["none.csv"], "No such table: none.csv"),
        (["{photos}", "--strict"], "`strict=True`"),
        (["{photos}", "--table", "none.jsonl"], "No such table: none.jsonl"),
        (["{photos}", "--ray-address", "ray://h"], "ray job submit"),
        (["{photos}", "--ray-address", "local", "--workers", "0"], "`workers`"),
    ],
)
def test_bad_indexing_is_one_line(photos, tmp_path, arguments, message):
    words = [word.format(photos=photos) for word in arguments]
    result = call("index", *words, "--model", "m", "--out", tmp_path / "g")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_a_place_the_gallery_lies_in_the_cache(photos, cache):
    before = sorted(photos.rglob("*"))
    output = ok("index", photos)
    assert f"3 pictures in {cache}" in output and "skipped bad.jpg" in output
    assert sorted(photos.rglob("*")) == before
    (photos / "b.png").unlink()
    output = ok("index", photos)
    assert "0 pictures written, 2 there already, 1 unreadable, 1 gone" in output


def test_search_finds_what_was_indexed_last(photos, cache, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (8, 8), "red").save(other / "red.png")
    result = call("search", "--text", "red")
    assert result.exit_code == 2
    assert "no folder was indexed. Run `keras-cmr index" in result.stderr
    ok("index", photos, "--model", "m.keras")
    ok("index", other, "--model", "m.keras")
    last = call("search", "--text", "red")
    named = call("search", photos, "--text", "red")
    assert last.exit_code == named.exit_code == 0
    assert f"Searching 1 pictures of {other}" in last.stderr
    assert f"Searching 3 pictures of {photos}" in named.stderr
    assert last.stdout.split()[2] == str(other / "red.png")
    assert len(named.stdout.splitlines()) == 3
    # Looking at a folder again makes it the last.
    ok("index", photos, "--model", "m.keras")
    assert f"of {photos}" in call("search", "--text", "red").stderr


@pytest.mark.parametrize("option", ["--table", "--ray-address"])
def test_a_place_is_needed_for_more_than_a_folder(photos, cache, option):
    result = call("index", photos, option, "x")
    assert result.exit_code == 2
    assert f"`{option}` needs `--out`" in result.stderr


def test_the_limits_of_late_fusion_are_said(photos, cache, model):
    model.limits = "two searches, added"
    result = call("index", photos)
    assert result.stderr.splitlines()[0] == "two searches, added"
    # Python made it: nothing says how to make it again.
    result = call("search", "--text", "red")
    assert "made: give `--model`" in result.stderr


def test_a_model_that_has_changed_is_told(photos, cache, model):
    ok("index", photos, "--model", "m.keras")
    model.fingerprint = "f" * 16
    result = call("search", "--text", "red")
    assert result.exit_code == 2
    assert f"run `keras-cmr index {photos}` again" in result.stderr
