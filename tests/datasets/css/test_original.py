import pickle
import pickletools

import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets.css import generate
from keras_cmr.datasets.css import read_original
from keras_cmr.datasets.css import write_original

TABLE = "css_toy_dataset_novel2_small.dup.npy"


@pytest.fixture
def folder(small_css, tmp_path):
    write_original(small_css, tmp_path / "css", verbose=0)
    return tmp_path / "css"


def hand_made(folder, **changes):
    """Three pictures a split, written without the package's code."""
    (folder / "images").mkdir(parents=True)
    red = {"shape": "circle", "color": "red", "size": "small"}
    scenes = [
        [red | {"pos": [0.5, 0.1]}],
        [red | {"pos": [0.5, 0.1], "size": "large"}],
        [red | {"pos": [0.4, 0.2], "size": "large"}],
    ]
    text = "make middle-left object large"
    split = {
        "objects_img": scenes,
        "mods": [{"from": [0, 0], "to": [1, 2], "to_str": text}],
        "labels": [7, 4, 4],
    } | changes
    split = {k: v for k, v in split.items() if v is not None}
    table = {"train": split, "test": split}
    with open(folder / TABLE, "wb") as file:
        pickle.dump(table, file, protocol=2)
    for name in table:
        for i in range(3):
            image = Image.new("RGB", (12, 8), (10 * i, 0, 0))
            image.save(folder / "images" / f"css_{name}_{i:06d}.png")
    return folder


def test_round_trip(small_css, folder):
    again = read_original(folder, image_size=32, verbose=0)
    assert again.fingerprint == small_css.fingerprint
    for name in ("train", "test"):
        old, new = getattr(small_css, name), getattr(again, name)
        for key in ("ids", "labels", "captions", "pixels"):
            np.testing.assert_array_equal(
                getattr(new.images, key), getattr(old.images, key)
            )
            assert getattr(new.images, key).dtype == (
                getattr(old.images, key).dtype
            )
        assert list(new.images.metadata) == list(old.images.metadata)
        assert new.queries.targets == old.queries.targets
        for key in (
            "references",
            "modifications",
            "target_labels",
            "kinds",
            "seen",
        ):
            np.testing.assert_array_equal(
                getattr(new.queries, key), getattr(old.queries, key)
            )
        assert new.vocabulary == old.vocabulary
        assert new.missing == ()


def test_written_table_is_what_the_original_code_loads(small_css, folder):
    data = np.load(folder / TABLE, allow_pickle=True).item()
    split = data["test"]
    queries = small_css.test.queries
    assert [mod["to_str"] for mod in split["mods"]] == list(
        queries.modifications
    )
    assert split["mods"][5]["from"] == [queries.references[5]]
    assert split["labels"] == small_css.test.images.labels.tolist()
    assert set(split["objects_img"][0][0]) == {"shape", "color", "size", "pos"}


def test_written_table_can_be_read_by_python_2(folder):
    raw = (folder / TABLE).read_bytes()
    pickled = raw[raw.index(b"\n") + 1 :]
    operations = list(pickletools.genops(pickled))
    assert operations[0][1] == 2
    assert max(operation.proto for operation, _, _ in operations) == 2
    names = {arg for op, arg, _ in operations if op.name == "GLOBAL"}
    assert names == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "_codecs encode",
    }


def test_hand_made_files(tmp_path):
    css = read_original(hand_made(tmp_path / "a"), image_size=8, verbose=0)
    images, queries = css.train.images, css.train.queries
    assert images.labels.tolist() == [7, 4, 4]
    assert images.captions.tolist() == [
        "middle-left small red circle",
        "middle-left large red circle",
        "middle-left large red circle",
    ]
    assert images.pixels.shape == (3, 8, 8, 3)
    assert images.pixels[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert queries.references.tolist() == [0, 0]
    assert queries.targets == ((1, 2), (2, 1))
    assert queries.target_labels.tolist() == [4, 4]
    assert queries.kinds.tolist() == ["make size at position"] * 2
    assert css.test.vocabulary == ("large", "make", "middle-left", "object")
    assert queries.seen.all()


def test_without_labels_every_image_is_a_content(tmp_path):
    css = read_original(
        hand_made(tmp_path / "a", labels=None), image_size=8, verbose=0
    )
    assert css.test.images.labels.tolist() == [0, 1, 2]
    assert css.test.queries.targets == ((1,), (2,))


def test_missing_and_broken_images_are_listed(small_css, folder):
    target = small_css.train.queries.targets[2][0]
    reference = small_css.train.queries.references[9]
    broken = folder / "images" / f"css_train_{target:06d}.png"
    broken.write_bytes(broken.read_bytes()[:60])
    (folder / "images" / f"css_train_{reference:06d}.png").unlink()
    with pytest.warns(UserWarning, match=r"2 of 6\d images of the train split"):
        css = read_original(folder, image_size=32, verbose=0)
    old, new = small_css.train, css.train
    assert len(new.missing) == 2
    assert any(f"{broken}: unreadable" in line for line in new.missing)
    assert any(line.endswith("png: missing") for line in new.missing)
    lost = {2, 9, 10, 11}  # the queries of one reference are neighbours
    kept = [i for i in range(24) if i not in lost]
    assert (
        new.queries.modifications.tolist()
        == old.queries.modifications[kept].tolist()
    )
    for i, j in enumerate(kept):
        for there, here in (
            (new.queries.references[i], old.queries.references[j]),
            (new.queries.targets[i][0], old.queries.targets[j][0]),
        ):
            assert new.images.ids[there] == old.images.ids[here]
            np.testing.assert_array_equal(
                new.images.pixels[there], old.images.pixels[here]
            )
    assert css.test.missing == ()
    with pytest.raises(ValueError, match=r"2 of 6\d images of the train split"):
        read_original(folder, image_size=32, strict=True, verbose=0)


def test_damaged_images_never_stop_the_reader(small_css, tmp_path):
    folder = hand_made(tmp_path / "a")
    path = folder / "images" / "css_test_000001.png"
    Image.fromarray(small_css.test.images.pixels[1]).save(path)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        bad = bytearray(good)
        for position in rng.integers(len(bad), size=3):
            bad[position] = rng.integers(256)
        path.write_bytes(bytes(bad[: rng.integers(len(bad))]))
        try:
            with pytest.warns(UserWarning, match="could not be read"):
                css = read_original(folder, image_size=32, verbose=0)
            assert len(css.test.missing) == 1
        except pytest.fail.Exception:
            pass  # Pillow could read it all the same


def test_an_image_of_absurd_size_is_listed(folder, monkeypatch):
    Image.new("1", (3000, 3000)).save(folder / "images/css_train_000003.png")
    # Pillow warns of one and refuses two times as many pixels.
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 2_000_000)
    with pytest.warns(UserWarning, match="could not be read"):
        new = read_original(folder, verbose=0)
    assert len(new.train.missing) == 1
    assert "000003.png: unreadable" in new.train.missing[0]


def test_no_file_outside_the_folder(small_css, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    image = folder / "images" / "css_test_000001.png"
    image.rename(outside / image.name)
    image.symlink_to(outside / image.name)
    with pytest.warns(UserWarning, match="a link that leads out"):
        css = read_original(folder, image_size=32, verbose=0)
    assert len(css.test.missing) == 1
    table = next(folder.glob("*.npy"))
    table.rename(outside / table.name)
    table.symlink_to(outside / table.name)
    with pytest.raises(ValueError, match="must lie in its folder"):
        read_original(folder, verbose=0)


def test_no_image_at_all(folder):
    for path in (folder / "images").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"css_train_000000\.png: missing"):
        read_original(folder, verbose=0)


def test_missing_table(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match=f"`data_dir`.*{TABLE}"):
            read_original(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mods": None}, "KeyError: 'mods'"),
        ({"mods": []}, "no modification"),
        ({"mods": [{"from": [0], "to": [3], "to_str": ""}]}, "from image 0 to"),
        ({"mods": [{"from": [0], "to": [], "to_str": ""}]}, "shorter"),
        ({"labels": [1]}, "1 labels for 3 images"),
        ({"objects_img": [[{"shape": "circle"}]]}, "KeyError: 'pos'"),
        ({"objects_img": [[{"pos": [2, 3]}]]}, "`pos` outside"),
        ({"objects_img": 5}, "TypeError"),
    ],
)
def test_table_of_another_form(tmp_path, changes, message):
    folder = hand_made(tmp_path / "a", **changes)
    with pytest.raises(ValueError, match=message) as error:
        read_original(folder, verbose=0)
    assert TABLE in str(error.value)


@pytest.mark.parametrize("data", [[1], {"train": {}}, "text"])
def test_table_without_splits(tmp_path, data):
    (tmp_path / TABLE).write_bytes(pickle.dumps(data))
    with pytest.raises(ValueError, match="must hold a dict of the splits"):
        read_original(tmp_path, verbose=0)


def test_bad_image_size(tmp_path):
    with pytest.raises(ValueError, match="Received: image_size=0"):
        read_original(tmp_path, image_size=0)


def test_never_writes_into_a_folder_with_files(small_css, folder):
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(ValueError, match="`folder` must not exist"):
        write_original(small_css, folder, verbose=0)
    with pytest.raises(ValueError, match="`folder` must not exist"):
        write_original(small_css, folder / TABLE, verbose=0)
    assert sorted(folder.parent.rglob("*")) == before


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "css").mkdir()
    write_original(generate(scenes=1, verbose=0), tmp_path / "css", verbose=0)
    assert (tmp_path / "css" / TABLE).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["css"]


def test_a_failed_writing_leaves_nothing(small_css, tmp_path, monkeypatch):
    def full(self, path):
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="no space"):
        write_original(small_css, tmp_path / "css", verbose=0)
    assert list(tmp_path.iterdir()) == []
