import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_cmr.datasets import load
from keras_cmr.datasets.fashion200k import read
from tests.datasets.fashion200k.layout import QUERIES
from tests.datasets.fashion200k.layout import TEST
from tests.datasets.fashion200k.layout import TOPS
from tests.datasets.fashion200k.layout import TRAIN
from tests.datasets.fashion200k.layout import files
from tests.datasets.fashion200k.layout import write

PRODUCTS = Path(__file__).parents[4] / "shared" / "data" / "fashion_products"


def test_tables(tree):
    found = load("fashion200k", tree, image_size=5, verbose=0)
    assert found.name == "fashion200k"
    assert found.protocols == ("tirg/caption-match",)
    test = found.test
    assert test.images.ids.tolist() == list(TEST)
    assert test.images.captions.tolist() == list(TEST.values())
    assert test.images.labels.tolist() == [0, 1, 1]
    assert test.images.pixels.shape == (3, 5, 5, 3)
    # Pictures 7 to 9 of the tree.
    levels = test.images.pixels[:].mean(axis=(1, 2, 3))
    np.testing.assert_allclose(levels, [140, 160, 180], atol=3)
    queries = test.queries
    assert queries.references.tolist() == [0, 2]
    assert queries.targets == ((1, 2), (0,))
    assert queries.target_labels.tolist() == [1, 0]
    assert queries.kinds.tolist() == ["dress", "dress"]
    assert queries.seen.tolist() == [True, False]
    assert test.sampler is None and test.missing == ()


def test_train_table_is_the_first_epoch(tree):
    train = read(tree, 5, verbose=0).train
    queries = train.queries
    # "long gown", "t.shirt & belt" and "?" have no parent in common.
    assert queries.references.tolist() == [0, 1, 2, 3]
    captions = train.images.captions
    drawn = train.sampler.draw(np.random.default_rng([0, 0]))
    for have, want in zip(
        (
            queries.references,
            queries.modifications,
            [targets[0] for targets in queries.targets],
        ),
        drawn,
        strict=True,
    ):
        np.testing.assert_array_equal(have, want)
    for row, targets in enumerate(queries.targets):
        alike = np.flatnonzero(captions == captions[targets[0]])
        assert sorted(targets) == alike.tolist()
        assert queries.target_labels[row] == train.images.labels[targets[0]]
    assert set(queries.kinds) == {"dress"}
    words = ("black", "blue", "red", "replace", "with")
    assert train.vocabulary == words
    assert read(tree, 5, verbose=0).test.vocabulary == words


def test_same_folder_same_tables(tree):
    first, second = (read(tree, 5, verbose=0) for _ in range(2))
    assert first.fingerprint == second.fingerprint


def test_missing_images_are_counted(tree):
    whole = read(tree, 5, verbose=0)
    (tree / "women/dresses/2/2_0.jpeg").unlink()
    (tree / "women/dresses/8/8_1.jpeg").unlink()
    with pytest.warns(UserWarning, match="could not be read") as warned:
        found = read(tree, 5, verbose=0)
    first, second = (str(warning.message) for warning in warned)
    assert "1 of 7 images of the split 'train' could not be read." in first
    assert "1 of 3 images" in second and "1 of 2 queries need" in second
    assert len(found.train.missing) == 1
    assert "2_0.jpeg: missing" in found.train.missing[0]
    assert found.train.lost_queries == 1
    assert len(found.train.sampler) == len(found.train.queries) == 3
    # Words come from the label files, whatever the disk holds.
    assert found.train.vocabulary == whole.train.vocabulary
    with pytest.raises(ValueError, match=r"1 of 7 images .* 'train'"):
        read(tree, 5, strict=True, verbose=0)


def test_broken_image_with_verify(tree):
    (tree / "women/dresses/8/8_1.jpeg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    with pytest.warns(UserWarning, match="1 of 3 images .* 1 of 2 queries"):
        found = read(tree, 5, verify=True, verbose=0)
    assert "Can't read image" in found.test.missing[0]
    assert found.test.lost_queries == 1


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read(tmp_path / "nowhere")


@pytest.mark.skipif(
    not PRODUCTS.exists(), reason=f"{PRODUCTS} is not there: real photos"
)
def test_fashion_products():
    found = load("fashion200k", PRODUCTS, image_size=32, verbose=0)
    assert len(found.train.images) == 6147
    assert len(found.test.images) == 1841
    assert len(found.test.queries) == 7393
    assert found.train.missing == found.test.missing == ()
    assert found.test.images.labels.max() + 1 == 1358
    assert not found.test.queries.seen.any()
    kinds, counts = np.unique(found.test.queries.kinds, return_counts=True)
    assert dict(zip(kinds.tolist(), counts.tolist(), strict=True)) == {
        "accessories": 1703, "apparel": 5341, "footwear": 349,
    }  # fmt: skip
    picture = found.test.images.pixels[0]
    assert picture.shape == (32, 32, 3) and picture.std() > 10


FILES = sorted(files())
DAMAGE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"\t", b"\t\t\t", b"../../etc/passwd", b"\0", b"\xff\xfe", b"\r", b" "]
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(FILES),
    position=st.floats(0, 1),
    removed=st.integers(0, 200),
    damage=DAMAGE,
)
def test_damaged_text_is_read_or_named(
    tmp_path_factory, path, position, removed, damage
):
    content = files()[path].encode()
    at = int(position * len(content))
    changed = content[:at] + damage + content[at + removed :]
    tree = tmp_path_factory.mktemp("damaged")
    write(tree, files(**{path: changed}))
    for image in (*TRAIN, *TOPS, *TEST):
        (tree / image).parent.mkdir(parents=True, exist_ok=True)
        (tree / image).touch()
    # Paths that have become others are missing, which is a warning.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ images")
        try:
            read(tree, 4, verbose=0)
        except (ValueError, FileNotFoundError) as error:
            named = [tree / name for name in FILES]
            assert any(
                str(file) in str(error) for file in named
            ) or "images of the split" in str(error)


def test_links_out_of_the_folder_are_missing(tree):
    outside = tree.parent / "outside.jpeg"
    image = tree / "women/dresses/8/8_0.jpeg"
    os.rename(image, outside)
    image.symlink_to(outside)
    with pytest.warns(UserWarning, match="leads out of the folder"):
        found = read(tree, 5, verbose=0)
    assert found.test.images.ids.tolist() == [*TEST][::2]
    assert found.test.lost_queries == 1


def test_absurd_sizes(tree, monkeypatch):
    monkeypatch.setattr("keras_cmr.datasets.annotation_file.MAX_BYTES", 50)
    with pytest.raises(ValueError, match=r"dress_train.* at most 50 bytes"):
        read(tree, 5, verbose=0)
    for size in (0, -3, 2.5, "5"):
        with pytest.raises(ValueError):
            read(tree, size, verbose=0)


def test_a_query_whose_caption_another_image_has_needs_its_own(tree):
    write(tree, {"test_queries.txt": QUERIES.splitlines()[0]})
    (tree / "women/dresses/8/8_0.jpeg").unlink()
    with pytest.raises(ValueError, match="1 of 1 queries need them"):
        read(tree, 5, verbose=0)
