"""Encoders from presets: weights, preprocessing and size come along."""

import keras_hub
import numpy as np
import pytest

from keras_cmr.models import ImageEncoder
from tests.models import tiny_backbones as tiny
from tests.testing import numpy

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CONVERTERS = {
    "resnet": keras_hub.layers.ResNetImageConverter,
    "vit": keras_hub.layers.ViTImageConverter,
    "clip": keras_hub.layers.CLIPImageConverter,
    "siglip": keras_hub.layers.SigLIPImageConverter,
    "dinov2": keras_hub.layers.DINOV2ImageConverter,
}
EVERY = {**tiny.CONVOLUTIONS, **tiny.TRANSFORMERS}


def write(name, folder, **kwargs):
    backbone = tiny.stir(EVERY[name]())
    backbone.save_to_preset(str(folder))
    if kwargs:
        CONVERTERS[name](**kwargs).save_to_preset(str(folder))
    return backbone


@pytest.mark.parametrize("name", CONVERTERS)
def test_weights_and_preprocessing_come_along(name, tmp_path):
    backbone = write(
        name,
        tmp_path,
        image_size=(32, 32),
        scale=[1 / 255 / s for s in STD],
        offset=[-m / s for m, s in zip(MEAN, STD, strict=True)],
    )
    encoder = ImageEncoder.from_preset(tmp_path, embedding_dim=4)
    assert encoder.image_size == 32
    images = tiny.pixels()
    scaled = (images / 255 - np.array(MEAN)) / np.array(STD)
    wanted = ImageEncoder(backbone, 32, 4, scale=1.0, offset=0.0)
    np.testing.assert_allclose(
        numpy(encoder(images)["feature_map"]),
        numpy(wanted(scaled.astype("float32"))["feature_map"]),
        rtol=1e-4,
        atol=1e-4,
    )


def test_without_a_converter_the_encoders_defaults_hold(tmp_path):
    backbone = write("vit", tmp_path)
    encoder = ImageEncoder.from_preset(tmp_path, embedding_dim=4)
    assert (encoder.image_size, encoder.scale) == (32, 1 / 127.5)
    wanted = ImageEncoder(backbone, 32, 4)(tiny.pixels())
    np.testing.assert_allclose(
        numpy(encoder(tiny.pixels())["feature_map"]),
        numpy(wanted["feature_map"]),
        atol=1e-5,
    )


def test_arguments_win_over_the_preset(tmp_path):
    write("resnet", tmp_path, image_size=(32, 32), scale=1 / 255)
    encoder = ImageEncoder.from_preset(
        tmp_path, image_size=48, scale=2.0, pooling="flatten", taps=("P2",)
    )
    assert (encoder.image_size, encoder.scale, encoder.offset) == (48, 2.0, 0.0)
    assert (encoder.pooling, encoder.taps) == ("flatten", ["P2"])


def test_dino_takes_another_size(tmp_path):
    write("dinov2", tmp_path, image_size=(32, 32))
    encoder = ImageEncoder.from_preset(tmp_path, image_size=48, embedding_dim=4)
    outputs = encoder(tiny.pixels(size=48))
    assert tuple(outputs["feature_map"].shape) == (2, 6, 6, 8)


def test_errors(tmp_path):
    with pytest.raises(ValueError, match=r"`preset` must be a folder.*nowhere"):
        ImageEncoder.from_preset(str(tmp_path / "nowhere"))
    write("vit", tmp_path / "vit")
    with pytest.raises(ValueError, match=r"32x32\. Received: image_size=48"):
        ImageEncoder.from_preset(tmp_path / "vit", image_size=48)
    write("resnet", tmp_path / "resnet")
    with pytest.raises(ValueError, match="`image_size` must be given"):
        ImageEncoder.from_preset(tmp_path / "resnet")
    text = tiny.clip().text_encoder
    text.save_to_preset(str(tmp_path / "text"))
    with pytest.raises(ValueError, match="`backbone` must be a KerasHub"):
        ImageEncoder.from_preset(tmp_path / "text")
