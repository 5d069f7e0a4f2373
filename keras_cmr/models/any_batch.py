"""A model's outputs for batches of any size."""

import threading

import keras
import numpy as np

# Threads that meet a model at once would all trace it.
_TRACING = threading.Lock()


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
    # Those of another time are others, as `quantize` leaves them.
    weights = tuple(map(id, model.weights))
    # On the model itself, which the graphs hold on to: they go together.
    graphs = model.__dict__.setdefault("_graphs_of_any_batch", {})
    with _TRACING:
        traced, graph = graphs.get(kinds, (None, None))
        if traced != weights:
            graph = _traced(model, inputs)
            graphs[kinds] = (weights, graph)
    return keras.tree.map_structure(np.asarray, graph(inputs))


def _traced(model, inputs):
    import tensorflow as tf

    specs = keras.tree.map_structure(
        lambda known, rows: tf.TensorSpec(known.shape, rows.dtype),
        model.input,
        inputs,
    )
    # Not the function, which TensorFlow takes for one that is traced again
    # and again if several models have it.
    return tf.function(
        lambda rows: model(rows, training=False),
        input_signature=[specs],
        autograph=False,
    ).get_concrete_function()
