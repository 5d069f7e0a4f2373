"""A model's outputs for batches of any size."""

import keras
import numpy as np


def outputs(model, inputs):
    """`model.predict_on_batch`, with one graph for all sizes of a batch.

    On TensorFlow Keras traces a graph for the first size, another for the
    second, and TensorFlow warns once some models were traced. A large
    backbone takes seconds each time.

    Args:
        model: `keras.Model`.
        inputs: Array, or structure of arrays, as the model takes them.

    Returns:
        Array, or structure of arrays: the outputs outside training.
    """
    if keras.config.backend() != "tensorflow":
        return model.predict_on_batch(inputs)
    inputs = keras.tree.map_structure(np.asarray, inputs)
    kinds = tuple(rows.dtype for rows in keras.tree.flatten(inputs))
    # On the model itself, which the graphs hold on to: they go together.
    graphs = model.__dict__.setdefault("_graphs_of_any_batch", {})
    if kinds not in graphs:
        graphs[kinds] = _traced(model, inputs)
    return keras.tree.map_structure(np.asarray, graphs[kinds](inputs))


def _traced(model, inputs):
    import tensorflow as tf

    specs = keras.tree.map_structure(
        lambda known, rows: tf.TensorSpec(known.shape, rows.dtype),
        model.input,
        inputs,
    )
    return tf.function(
        lambda rows: model(rows, training=False),
        input_signature=[specs],
        autograph=False,
    )
