"""Retrievers exported once for all tests, and pictures as files' bytes."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from keras_cmr import layers
from keras_cmr import models
from keras_cmr.export import export_model
from tests.models import text_families
from tests.models import tiny


@pytest.fixture(scope="session")
def model():
    """TIRG on vectors, an LSTM."""
    keras.utils.set_random_seed(0)
    return models.ComposedRetriever(
        tiny.image_encoder(), tiny.text_encoder(), fusion=layers.TIRG()
    )


@pytest.fixture(scope="session")
def map_model():
    """TIRG on feature maps, BERT."""
    keras.utils.set_random_seed(0)
    backbone, tokenizer = text_families.bert()
    return models.ComposedRetriever(
        tiny.image_encoder(),
        models.TextEncoder(backbone, tokenizer, embedding_dim=8),
        fusion=layers.TIRGLastConv(),
    )


@pytest.fixture(scope="session")
def exported(model, tmp_path_factory):
    """Folder of the exported SavedModel of `model`."""
    out = tmp_path_factory.mktemp("exported") / "out"
    return export_model(model, out, command="as typed")


@pytest.fixture(scope="session")
def pictures():
    """Bytes of JPEG and PNG files of several sizes."""
    rng = np.random.default_rng(0)
    contents = []
    for size, kind in (
        ((60, 50), "JPEG"),
        ((33, 90), "PNG"),
        ((16, 16), "PNG"),
        ((9, 12), "JPEG"),
    ):
        small = rng.integers(0, 256, (7, 5, 3), np.uint8)
        picture = Image.fromarray(small).resize(size, Image.BICUBIC)
        file = io.BytesIO()
        picture.save(file, kind)
        contents.append(file.getvalue())
    return contents
