"""Towers as LiteRT files: pixels and token ids in, embeddings out."""

import contextlib

import keras
import tensorflow as tf

from keras_cmr.export.towers import towers

NAMES = ("query", "target")


def write_litert(model, folder, text_length, int8=False):
    """Writes `query.tflite` and `target.tflite`.

    Args:
        model: `ComposedRetriever` on the TensorFlow backend.
        folder: `pathlib.Path` of a folder that is there.
        text_length: int. Token ids in each row; LiteRT has no recurrent
            loop over rows of any length without TensorFlow's own ops.
        int8: bool. Weights as int8, numbers between layers as float32
            (dynamic range). Defaults to `False`.

    Returns:
        Dict from a file's name to its inputs and outputs.
    """
    described = {}
    for name in NAMES:
        tower = towers(model, text_length)[name]
        specs = tower.named_inputs()
        module = tf.Module()
        module.weights = [weight.value for weight in tower.model.weights]
        function = tf.function(tower.call, autograph=False)
        with _unrolled(model.text_encoder):
            concrete = function.get_concrete_function(**specs)
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [concrete], module
        )
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path = folder / f"{name}.tflite"
        path.write_bytes(converter.convert())
        described[path.name] = tower.described()
    return described


@contextlib.contextmanager
def _unrolled(encoder):
    """Recurrent layers as plain steps while a function is traced."""
    layers = [
        layer
        for layer in encoder._flatten_layers()
        if isinstance(layer, keras.layers.RNN) and not layer.unroll
    ]
    for layer in layers:
        layer.unroll = True
    try:
        yield
    finally:
        for layer in layers:
            layer.unroll = False
