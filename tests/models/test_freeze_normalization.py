import keras
import numpy as np

from keras_cmr import models
from keras_cmr.models import freeze_normalization
from tests.models import tiny_backbones


class Block(keras.layers.Layer):
    """As blocks of EfficientNet: a layer made of layers."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(4)
        self.normalization = keras.layers.BatchNormalization()

    def call(self, inputs, training=None):
        return self.normalization(self.dense(inputs), training=training)


def test_however_deep_it_lies():
    given = keras.Input((3,))
    inner = keras.Model(given, Block()(given))
    outer = keras.Input((3,))
    middle = keras.layers.BatchNormalization()(outer)
    model = keras.Model(outer, keras.layers.LayerNormalization()(inner(middle)))
    rows = np.random.default_rng(0).normal(2, 3, (16, 3)).astype("float32")

    def difference():
        answers = [model(rows, training=t) for t in (False, True)]
        a, b = map(keras.ops.convert_to_numpy, answers)
        return np.abs(a - b).max()

    assert difference() > 0.1
    before = len(model.trainable_variables)
    assert freeze_normalization(model) == 2
    # A scale and a shift each; all else is trained as before.
    assert len(model.trainable_variables) == before - 4
    statistics = [np.asarray(w) for w in model.get_weights()]
    assert difference() == 0
    for a, b in zip(statistics, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert freeze_normalization(keras.layers.Dense(2)) == 0


def test_a_file_knows_what_was_frozen(tmp_path):
    """Also in blocks; else the optimizer's variables would not fit."""
    encoder = models.ImageEncoder(tiny_backbones.efficientnet(), 32, 8)
    known = encoder.get_config().keys()
    freeze_normalization(encoder.backbone)
    assert encoder.get_config().keys() - known == {"frozen_normalization"}
    model = keras.Sequential([encoder, Embedding()])
    model.compile("adam", "mse")
    pixels = np.zeros((2, 32, 32, 3), "uint8")
    model.fit(pixels, np.zeros((2, 8)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(
        tmp_path / "model.keras", {"Embedding": Embedding}
    )
    names = [v.path.split("/")[-2:] for v in model.trainable_variables]
    assert names == [v.path.split("/")[-2:] for v in loaded.trainable_variables]
    assert 0 < len(names) < len(model.variables)
    for a, b in zip(
        model.optimizer.variables, loaded.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(a.value, b.value)


class Embedding(keras.layers.Layer):
    def call(self, features):
        return features["embedding"]
