"""Records of TFDS against direct reading, on the dummy data."""

import dataclasses
import functools
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

tfds = pytest.importorskip(
    "tensorflow_datasets", reason="the extra `datasets` is not installed"
)

import keras_cmr  # noqa: E402
from keras_cmr.datasets import load  # noqa: E402
from keras_cmr.datasets import read_tfds  # noqa: E402

DATASETS = pathlib.Path(keras_cmr.__file__).parent / "datasets"
NAMES = (
    "css",
    "fashion200k",
    "mit_states",
    "fashioniq",
    "cirr",
    "circo",
    "shoes",
    "triplets",
)
# Benchmark, variant of its configs, what the reader is asked for.
VARIANTS = (
    ("css", "original_2d_", {"view": "2d"}),
    ("css", "original_3d_", {"view": "3d"}),
    ("css", "original_2d_to_3d_", {"view": "2d-to-3d"}),
    ("fashion200k", "", {}),
    ("mit_states", "", {}),
    ("fashioniq", "dress_", {"category": "dress"}),
    ("fashioniq", "shirt_", {"category": "shirt"}),
    ("fashioniq", "toptee_", {"category": "toptee"}),
    ("cirr", "", {}),
    ("circo", "", {}),
    ("shoes", "", {}),
    ("triplets", "", {}),
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A function from name and config to a builder with its records."""
    records = tmp_path_factory.mktemp("records")

    @functools.cache
    def prepare(name, config):
        builder = tfds.builder(f"{name}/{config}", data_dir=records)
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(
                manual_dir=DATASETS / name / "dummy_data"
            )
        )
        return builder

    return prepare


def direct(name, arguments):
    return load(name, data_dir=DATASETS / name / "dummy_data", **arguments)


def assert_same(read, wanted):
    """Every field of every table, down to types."""
    if dataclasses.is_dataclass(wanted):
        assert type(read) is type(wanted)
        for field in dataclasses.fields(wanted):
            if field.name not in ("pixels", "reference_pixels", "sampler"):
                assert_same(
                    getattr(read, field.name), getattr(wanted, field.name)
                )
    elif isinstance(wanted, np.ndarray):
        assert read.dtype == wanted.dtype
        np.testing.assert_array_equal(read, wanted)
    elif isinstance(wanted, dict):
        assert list(read) == list(wanted)
        for key in wanted:
            assert_same(read[key], wanted[key])
    else:
        assert read == wanted


@pytest.mark.parametrize(("name", "variant", "arguments"), VARIANTS)
def test_records_give_the_tables_of_the_files(
    prepared, name, variant, arguments
):
    read = read_tfds(prepared(name, f"{variant}images"))
    wanted = direct(name, arguments)
    assert_same(read, wanted)
    for role in ("train", "test", "server"):
        if getattr(wanted, role) is None:
            continue
        pixels, others = (
            getattr(benchmark, role).images for benchmark in (read, wanted)
        )
        np.testing.assert_array_equal(pixels.pixels[:], others.pixels[:])
        if others.reference_pixels is not None:
            np.testing.assert_array_equal(
                pixels.reference_pixels, others.reference_pixels
            )
    # There WebP, GIF and BMP become PNG: other bytes, the same pixels.
    assert (read.fingerprint == wanted.fingerprint) == (name != "triplets")


def test_generated_records_need_no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "cache"))
    builder_cls = tfds.builder_cls("css")
    arguments = {"scenes": 2, "image_size": 32, "verbose": 0}
    config = dataclasses.replace(
        builder_cls.builder_configs["generated_2d_images"],
        name="tiny",
        arguments=arguments,
    )
    builder = tfds.builder("css", config=config, data_dir=tmp_path)
    builder.download_and_prepare()
    wanted = load("css", **arguments)
    read = read_tfds(builder)
    assert read.fingerprint == wanted.fingerprint
    assert read.test.queries.seen.tolist() == wanted.test.queries.seen.tolist()
    assert read.train.images.metadata == list(wanted.train.images.metadata)


@pytest.mark.parametrize("name", ["fashion200k", "mit_states"])
def test_sampler_draws_the_same(prepared, name):
    draws = [
        benchmark.train.sampler.draw(np.random.default_rng(7))
        for benchmark in (read_tfds(prepared(name, "images")), direct(name, {}))
    ]
    for column, wanted in zip(*draws, strict=True):
        np.testing.assert_array_equal(column, wanted)


def test_sampler_has_the_arguments_of_the_config(tmp_path):
    config = dataclasses.replace(
        tfds.builder_cls("mit_states").builder_configs["images"],
        name="swaps",
        arguments={"same_adjective": True, "image_size": 16, "verbose": 0},
    )
    builder = tfds.builder("mit_states", config=config, data_dir=tmp_path)
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=DATASETS / "mit_states" / "dummy_data"
        )
    )
    read = read_tfds(builder)
    assert read.train.sampler.same_adjective
    assert read.train.images.pixels.shape == (4, 16, 16, 3)


def test_image_size_is_chosen_at_reading(prepared):
    read = read_tfds(prepared("shoes", "images"), image_size=5)
    wanted = direct("shoes", {"image_size": 5})
    assert read.fingerprint == wanted.fingerprint
    np.testing.assert_array_equal(
        read.test.images.pixels[[1, 0, 1]], wanted.test.images.pixels[[1, 0, 1]]
    )


def test_image_files_are_kept_byte_for_byte(prepared):
    builder = prepared("shoes", "images")
    skip = {"image": tfds.decode.SkipDecoding()}
    stored = {
        row["id"].decode(): row["image"]
        for row in tfds.as_numpy(builder.as_dataset("train", decoders=skip))
    }
    files = (DATASETS / "shoes" / "dummy_data").rglob("img_womens_boots_*")
    assert stored == {path.name: path.read_bytes() for path in files}


def test_triplets_hold_what_the_queries_name(prepared):
    # Images of dummy data written by hand: `make red circle large` leads
    # from image 0 to image 1, `make object large` to image 2.
    builder = prepared("css", "original_3d_triplets")
    folder = DATASETS / "css" / "dummy_data" / "images"
    rows = {
        row["modification"].decode(): row
        for row in tfds.as_numpy(builder.as_dataset("train"))
    }
    assert set(rows) == {"make red circle large", "make object large"}
    for text, target in zip(sorted(rows, reverse=True), (1, 2), strict=True):
        row = rows[text]
        assert row["reference_name"] == b"css_train_000000"
        assert row["target_name"] == f"css_train_00000{target}".encode()
        assert (row["reference_id"], row["target_id"]) == (0, 1)
        assert row["kind"] == b"make size"
        with Image.open(folder / f"css_train_00000{target}.png") as image:
            # The reader enlarges it.
            near = image.resize((64, 64), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(row["target"], near)


def test_triplets_of_2d_to_3d_start_from_drawings(prepared):
    builder = prepared("css", "original_2d_to_3d_triplets")
    (row,) = tfds.as_numpy(builder.as_dataset("test"))
    split = direct("css", {"view": "2d-to-3d"}).test
    assert (split.reference_pixels[0] != split.images.pixels[0]).any()
    np.testing.assert_array_equal(row["reference"], split.reference_pixels[0])
    np.testing.assert_array_equal(row["target"], split.images.pixels[1])


def test_tensorflow_decodes_every_image(prepared):
    """Own data holds formats that TensorFlow does not know."""
    builder = prepared("triplets", "images")
    folder = DATASETS / "triplets" / "dummy_data" / "images"
    names = set()
    for row in tfds.as_numpy(builder.as_dataset("train+test")):
        names.add(row["id"].decode())
        with Image.open(folder / row["id"].decode()) as image:
            lossy = image.format == "JPEG"
            difference = row["image"] - np.asarray(image.convert("RGB"), int)
        assert abs(difference).max() <= (3 if lossy else 0)
    assert names == {path.name for path in folder.iterdir()}
    endings = {pathlib.Path(name).suffix for name in names}
    assert endings == {".png", ".jpg", ".webp", ".gif", ".bmp"}


def test_splits_without_answers_are_no_triplets(prepared):
    assert set(prepared("cirr", "triplets").info.splits) == {"train", "test"}
    assert set(prepared("circo", "triplets").info.splits) == {"test"}
    server = prepared("cirr", "images").as_dataset("server")
    rows = [
        row for row in tfds.as_numpy(server) if len(row["queries"]["index"])
    ]
    (row,) = rows
    assert row["queries"]["target_label"].tolist() == [-1]
    assert row["queries"]["num_targets"].tolist() == [0]
    assert row["targets"].tolist() == []
    assert row["queries"]["num_subset"].tolist() == [5]
    assert row["subset"].tolist() == [1, 2, 3, 4, 5]


def test_fit_on_triplets(prepared):
    """The pipeline of somebody who uses TFDS and nothing else of ours."""
    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(
            keras_cmr.models.small_resnet(
                stackwise_num_filters=[64, 32],
                stackwise_num_blocks=[1, 1],
                stackwise_num_strides=[1, 2],
            ),
            image_size=64,
            embedding_dim=4,
        ),
        keras_cmr.models.LSTMTextEncoder(
            ["circle", "large", "make"], embedding_dim=4, word_dim=4, units=4
        ),
        fusion=keras_cmr.layers.TIRG(),
    )
    model.compile("sgd", loss=keras_cmr.losses.BatchSoftmax())

    def tokenize(texts):
        return model.text_encoder.tokenize([text.decode() for text in texts])

    def model_inputs(rows):
        tokens = tf.numpy_function(tokenize, [rows["modification"]], tf.int32)
        return {
            "reference": rows["reference"],
            "modification": tf.ensure_shape(tokens, (None, None)),
            "target": rows["target"],
            "reference_id": rows["reference_id"],
            "target_id": rows["target_id"],
        }

    builder = prepared("css", "original_3d_triplets")
    dataset = builder.as_dataset("train").batch(2).map(model_inputs)
    history = model.fit(dataset, epochs=2, shuffle=False, verbose=0).history
    # The two targets show one content: nothing to tell apart.
    assert history["loss"] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize(
    "imports",
    [
        "import keras_cmr.datasets; import tensorflow_datasets as tfds",
        "import tensorflow_datasets as tfds; import keras_cmr.datasets",
        "import keras_cmr.datasets.tfds_builder as b; tfds = b.tfds",
    ],
)
def test_names_are_known_in_any_order_of_imports(imports, tmp_path):
    code = (
        f"{imports}; import sys; "
        f"made = [tfds.builder(name, data_dir={str(tmp_path)!r}) "
        f"for name in {NAMES}]; "
        "print([builder.info.config_name for builder in made]); "
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['generated_2d_triplets', 'triplets', 'triplets', 'dress_triplets', "
        "'triplets', 'triplets', 'triplets', 'triplets']",
        "False",
    ]


def test_import_does_not_wait_for_tfds():
    code = "import keras_cmr.datasets, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "tensorflow_datasets" not in loaded
    assert "keras_cmr.datasets.tfds_registration" not in loaded


def test_dummy_data_is_small():
    for name in NAMES:
        files = [
            path
            for path in (DATASETS / name / "dummy_data").rglob("*")
            if path.is_file()
        ]
        assert 0 < sum(path.stat().st_size for path in files) < 10_000


def test_without_files_the_instructions_are_shown(tmp_path):
    builder = tfds.builder("cirr", data_dir=tmp_path)
    with pytest.raises(AssertionError, match="Get the annotations from"):
        builder.download_and_prepare()


def test_a_broken_image_counts_as_missing(tmp_path):
    for name, content in (("a", ""), ("b", ""), ("c", ""), ("d", "no image")):
        path = tmp_path / "own" / "images" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
        if content:
            path.write_text(content)
    (tmp_path / "own" / "test.csv").write_text(
        "reference,modification,target\n"
        "a.png,up,b.png\nc.png,up,d.png\nc.png,up,b.png\n"
    )
    builder = tfds.builder("triplets/images", data_dir=tmp_path)
    config = tfds.download.DownloadConfig(manual_dir=tmp_path / "own")
    with pytest.warns(UserWarning, match="1 of 4 images"):
        builder.download_and_prepare(download_config=config)
    read = read_tfds(builder)
    assert read.train is None
    assert read.test.images.ids.tolist() == ["a.png", "b.png", "c.png"]
    assert read.test.lost_queries == 1
    assert "d.png" in read.test.missing[0]


def test_reading_asks_for_prepared_images(prepared, tmp_path):
    with pytest.raises(
        ValueError, match=r"css/generated_2d_images/.*prepared: F"
    ):
        read_tfds(tfds.builder("css/generated_2d_images", data_dir=tmp_path))
    with pytest.raises(ValueError, match=r"shoes/triplets/1.0.0, prepared: T"):
        read_tfds(prepared("shoes", "triplets"))


def test_other_file_formats_are_refused(tmp_path):
    builder = tfds.builder(
        "shoes/images", data_dir=tmp_path, file_format="array_record"
    )
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=DATASETS / "shoes" / "dummy_data"
        )
    )
    with pytest.raises(ValueError, match="Received: array_record"):
        read_tfds(builder)


def test_damaged_records_are_named(tmp_path):
    builder = tfds.builder("shoes/images", data_dir=tmp_path)
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=DATASETS / "shoes" / "dummy_data"
        )
    )
    (path,) = map(pathlib.Path, builder.info.splits["test"].filepaths)
    good = path.read_bytes()
    for damaged in (good[:-5], good[:99] + b"~" + good[100:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{path.name} is damaged"):
            read_tfds(builder)
    # The second record begins where the first ends: 16 bytes of frame.
    first = int.from_bytes(good[:8], "little") + 16
    path.write_bytes(good[:first])
    with pytest.raises(ValueError, match="not whole: each image"):
        read_tfds(builder)
    path.unlink()
    with pytest.raises(ValueError, match=f"{path.name} is damaged or missing"):
        read_tfds(builder)


def test_a_reader_without_our_code_finds_the_pixels(prepared):
    """What lies in the records is open to any TFDS."""
    builder = tfds.builder_from_directory(
        prepared("css", "original_3d_images").data_path
    )
    (row,) = [
        row
        for row in tfds.as_numpy(builder.as_dataset("test"))
        if row["index"] == 0
    ]
    assert row["caption"] == (
        b"top-left large cyan circle, middle-center small gray triangle"
    )
    assert row["queries"]["modification"].tolist() == [b"remove cyan object"]
    assert row["queries"]["num_targets"].tolist() == [2]
    assert row["targets"].tolist() == [1, 2]
    assert json.loads(row["metadata"])["objects"][1]["pos"] == [0.2, 0.2]
    assert read_tfds(builder).test.queries.targets == ((1, 2),)
