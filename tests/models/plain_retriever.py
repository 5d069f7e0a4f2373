"""A retriever whose rows don't meet before the objective: no BatchNorm.

It trains alike in one piece, in pieces and over several devices.
"""

import keras
import keras_hub
import numpy as np
from keras import ops

from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models


@keras.saving.register_keras_serializable(package="keras_cmr_tests")
class SmallBackbone(keras_hub.models.FeaturePyramidBackbone):
    """Two convolutions, with a regularizer; BatchNormalization on demand."""

    def __init__(self, normalization=None, **kwargs):
        inputs = keras.Input((8, 8, 3))
        settings = {"padding": "same", "activation": "tanh"}
        low = keras.layers.Conv2D(4, 3, strides=2, **settings)(inputs)
        if normalization:
            low = normalization(low)
        regularizer = keras.regularizers.L2(0.01)
        high = keras.layers.Conv2D(
            6, 3, strides=2, kernel_regularizer=regularizer, **settings
        )(low)
        super().__init__(inputs, high, **kwargs)
        self.pyramid_outputs = {"P1": low, "P2": high}


class GatedSum(layers.Fusion):
    """Adds a loss of its own, if wanted: a mean over rows."""

    adds_loss = True

    def build(self, reference_shape, modification_shape):
        self.gate = self.add_weight((reference_shape[-1],), name="gate")

    def call(self, reference, modification, training=None):
        if training and self.adds_loss:
            text = ops.cast(modification, "float32")
            self.add_loss(0.1 * ops.mean(ops.square(text)))
        return reference + (1.0 + self.gate) * modification


def retriever(
    terms=False, symmetric=False, normalization=None, microbatch_size=None
):
    """A compiled one, the same at each call."""
    keras.utils.set_random_seed(0)
    tokens = keras.Input((None,), dtype="int32")
    words = keras.layers.Embedding(12, 6)(tokens)
    text = keras.layers.Dense(6, activation="tanh")(ops.mean(words, axis=1))
    chosen = []
    if terms:
        chosen = [
            layers.TextImageMI(image="both", weight=0.3),
            layers.FusionImageMI(level="P1", estimator="infonce", weight=0.3),
            layers.PriorMatching(
                weight=0.3, units=(8,), optimizer=keras.optimizers.SGD(0.3)
            ),
        ]
    fusion = GatedSum()
    fusion.adds_loss = not normalization
    model = models.ComposedRetriever(
        models.ImageEncoder(
            SmallBackbone(normalization), image_size=8, embedding_dim=6
        ),
        keras.Model(tokens, text),
        fusion=fusion,
        mutual_information=chosen,
        initial_scale=2.0,
        microbatch_size=microbatch_size,
    )
    model.compile(
        keras.optimizers.SGD(0.05),
        loss=losses.BatchSoftmax(symmetric=symmetric),
        metrics=[metrics.InBatchRecall()],
    )
    return model


def rows_for(count, ids=True):
    """Arrays of `count` triplets; equal contents stand far apart."""
    rng = np.random.default_rng(0)
    rows = {
        "reference": rng.integers(0, 255, (count, 8, 8, 3), "uint8"),
        "target": rng.integers(0, 255, (count, 8, 8, 3), "uint8"),
        "modification": rng.integers(0, 3, (count, 2), "int32"),
    }
    if ids:
        rows["reference_id"] = np.arange(count, dtype="int32") % 4
        rows["target_id"] = np.arange(count, dtype="int32") % 5
    return rows
