"""A training run of seconds."""

import keras
import numpy as np

from keras_cmr import datasets
from keras_cmr import models
from keras_cmr.config import Config

CONFIG = Config(
    scenes=8,
    modifications=2,
    renders=1,
    image_size=32,
    embedding_dim=8,
    text_units=8,
    dropout=0.3,
    fusion="Sum",
    batch_size=5,
    learning_rate=1e-2,
    warmup_steps=2,
    epochs=4,
)


def benchmark():
    return datasets.css.generate(
        scenes=8, modifications=2, renders=1, image_size=32, verbose=0
    )


def use_tiny_encoder(patch):
    """Lets configs build an image encoder that compiles in no time."""
    patch.setattr(
        "keras_cmr.training.build_model.image_encoder",
        lambda config: models.ImageEncoder(
            models.small_resnet(
                stackwise_num_filters=[64],
                stackwise_num_blocks=[1],
                stackwise_num_strides=[1],
            ),
            image_size=32,
            embedding_dim=8,
        ),
    )


class Stop(keras.callbacks.Callback):
    """Ends the program, as far as a test can, within an epoch."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.stop_epoch, self.stop_batch = epoch, batch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (self.stop_epoch, self.stop_batch):
            raise KeyboardInterrupt


class StopAtTheEnd(keras.callbacks.Callback):
    """Ends it after the last epoch, before the model is saved."""

    def on_train_end(self, logs=None):
        raise KeyboardInterrupt


def values(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same(one, other):
    """Two models, with optimizers and seeds, are equal to the last bit."""
    for a, b in zip(values(one), values(other), strict=True):
        np.testing.assert_array_equal(a, b)
