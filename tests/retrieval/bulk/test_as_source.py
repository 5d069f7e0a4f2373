import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets import ImageFiles
from keras_cmr.datasets import Images
from keras_cmr.datasets.image_records import ImageRecords
from keras_cmr.retrieval import index_images
from keras_cmr.retrieval.bulk.as_source import as_source


def table(pixels, n, metadata=()):
    return Images(
        ids=np.array([f"i{k}" for k in range(n)]),
        labels=np.zeros(n, "int32"),
        captions=np.array([""] * n),
        pixels=pixels,
        metadata=metadata,
    )


def test_a_list_of_paths_has_the_paths_as_ids(photos):
    paths = [photos / "a/00.png", str(photos / "b/01.png")]
    pictures = list(as_source(paths).pictures())
    assert [p.id for p in pictures] == [str(path) for path in paths]
    assert all(isinstance(p.image, Path) for p in pictures)


def test_a_benchmarks_table_in_memory(pixels, tmp_path, model):
    class Split:
        images = table(pixels(3), 3, [{"n": k} for k in range(3)])

    gallery, summary = index_images(Split, tmp_path / "g", model, verbose=0)
    assert gallery.ids == ("i0", "i1", "i2") and summary.written == 3
    [hits] = gallery.search_embeddings(model.embed_targets(pixels(3)[1:2]), k=1)
    assert (hits[0].id, hits[0].path) == ("i1", None)
    assert hits[0].metadata == {"n": 1}


def test_a_benchmarks_table_of_files_keeps_their_paths(files):
    pictures = as_source(table(ImageFiles(files, 4), 6)).pictures()
    assert [p.image for p in pictures] == files


def test_a_table_inside_of_record_files(files, tmp_path, model, pixels):
    record = tmp_path / "shard.tfrecord"
    contents = [path.read_bytes() for path in files]
    record.write_bytes(b"head" + b"".join(contents))
    places, start = [], 4
    for content in contents:
        places.append((str(record), start, len(content)))
        start += len(content)
    source = table(ImageRecords(places, 4), 6)
    first = next(as_source(source).pictures())
    assert isinstance(first.image, io.BytesIO)
    gallery, _ = index_images(source, tmp_path / "g", model, verbose=0)
    [hits] = gallery.search_embeddings(model.embed_targets(pixels(6)[4:5]), k=1)
    assert (hits[0].id, hits[0].path) == ("i4", None)
    assert hits[0].score == pytest.approx(1, abs=1e-6)


class Records:
    """Looks like a `tf.data.Dataset` of TFDS."""

    def __init__(self, records):
        self._records = records

    def as_numpy_iterator(self):
        return iter(self._records)

    def __len__(self):
        raise TypeError("unknown")


def test_records_of_tfds(pixels, tmp_path, model):
    records = [
        {
            "image": image,
            "tfds_id": f"train__{k}".encode(),
            "label": np.int64(k % 2),
            "name": b"caf\xc3\xa9",
            "box": np.zeros(4, "float32"),
        }
        for k, image in enumerate(pixels(5))
    ]
    source = as_source(Records(records))
    assert source.count is None
    gallery, _ = index_images(
        source, tmp_path / "g", model, shard_size=2, verbose=0
    )
    assert gallery.ids == tuple(f"train__{k}" for k in range(5))
    [hits] = gallery.search_embeddings(
        model.embed_targets(pixels(5)[:1]), where={"label": 1}
    )
    assert {hit.id for hit in hits} == {"train__1", "train__3"}
    assert hits[0].metadata == {"label": 1, "name": "café"}
    _, again = index_images(records, tmp_path / "g", model, verbose=0)
    assert (again.written, again.kept) == (0, 5)


def test_grey_records_get_three_channels():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    [picture] = as_source([{"image": grey, "id": "a"}]).pictures()
    assert picture.image.shape == (3, 4, 3)
    assert np.array_equal(picture.image[..., 2], grey[..., 0])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, "`source` must be a folder.*Received: int"),
        ([], "must hold pictures"),
        (["a.png", "a.png"], "Received twice: 'a.png'"),
        ([np.zeros((2, 2, 3), np.uint8)], "must hold paths.*ndarray"),
        ([Image.new("RGB", (2, 2))], "must hold paths.*Image"),
        ([{"image": np.zeros((2, 2, 3), np.uint8)}], "add_tfds_id=True"),
        ([{"id": "a", "label": 3}], "an `image`.*record 0, with id, label"),
        (Records([(1, 2)]), "record 0, a tuple"),
        (
            [{"image": np.zeros((2, 2, 3), np.uint8), "id": "a"}] * 2,
            "every id once. Received twice: 'a'",
        ),
    ],
)
def test_other_sources_are_refused(source, message):
    with pytest.raises((TypeError, ValueError), match=message):
        list(as_source(source).pictures())
