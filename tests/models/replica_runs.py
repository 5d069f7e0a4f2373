"""Prints what `fit` and `evaluate` make of one seed on one and more devices.

    python replica_runs.py NUMBER_OF_DEVICES CASE...

A program of its own, since devices are set up before TensorFlow starts.
"""

import contextlib
import json
import sys

import keras
import numpy as np
import tensorflow as tf

from tests.models.plain_retriever import retriever
from tests.models.plain_retriever import rows_for

# Arguments of `retriever` and, at first, the number of rows. A batch holds 8:
# of a last one with 3 rows, one of four devices gets none.
CASES = {
    "plain": (16, {}),
    "symmetric": (16, {"symmetric": True}),
    "terms": (16, {"terms": True}),
    "last": (11, {"terms": True, "symmetric": True}),
    "cached": (11, {"terms": True, "microbatch_size": 3}),
    "evaluated": (11, {"symmetric": True, "evaluate": True}),
    "normalized": (16, {"normalized": True}),
}


def fit(scope, count, evaluate=False, normalized=False, **kwargs):
    with scope:
        if normalized:
            layer = keras.layers.BatchNormalization(synchronized=True)
            kwargs["normalization"] = layer
        model = retriever(**kwargs)
    first = values(model)
    rows = rows_for(count, ids=kwargs != {})
    batches = tf.data.Dataset.from_tensor_slices(rows).batch(8)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    found = {name: logs[-1] for name, logs in history.items()}
    if evaluate:
        evaluated = model.evaluate(batches, verbose=0, return_dict=True)
        found |= {f"val_{name}": value for name, value in evaluated.items()}
    return {"logs": found, "weights": values(model), "first": first}


def values(model):
    return [np.asarray(weight.value).tolist() for weight in model.weights]


def main():
    devices, *names = sys.argv[1:]
    physical = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * int(devices)
    tf.config.set_logical_device_configuration(physical, logical)
    strategy = tf.distribute.MirroredStrategy(
        [f"CPU:{i}" for i in range(int(devices))]
    )
    answers = {}
    for name in names:
        count, kwargs = CASES[name]
        answers[name] = {
            "one": (one := fit(contextlib.nullcontext(), count, **kwargs)),
            "first": one.pop("first"),
            "many": fit(strategy.scope(), count, **kwargs),
        }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
