"""Prints what `fit` and `evaluate` make of one seed on 1, 2 and 4 devices.

A program of its own, since devices are set up before TensorFlow starts.
"""

import functools
import json
import sys

import keras
import numpy as np
import tensorflow as tf

from tests.models.plain_retriever import retriever
from tests.models.plain_retriever import rows_for

# name: (rows, numbers of devices, arguments of `retriever`)
CASES = {
    "plain": (16, (2,), {}),
    "symmetric": (16, (2,), {"symmetric": True}),
    "terms": (16, (2, 4), {"terms": True}),
    # The last batch has 3 rows: on 4 devices, one of them has none.
    "last": (11, (2, 4), {"terms": True}),
    "cached": (11, (2, 4), {"terms": True, "microbatch_size": 3}),
}


@functools.cache
def strategy_of(devices):
    names = [f"CPU:{i}" for i in range(devices)]
    return tf.distribute.MirroredStrategy(names)


def fit(rows, devices, ids, **kwargs):
    with strategy_of(devices).scope():
        model = retriever(**kwargs)
    batches = tf.data.Dataset.from_tensor_slices(rows_for(rows, ids)).batch(8)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    evaluated = model.evaluate(batches, verbose=0, return_dict=True)
    return {
        "logs": {name: values[-1] for name, values in history.items()},
        "evaluated": evaluated,
        "weights": {
            weight.path: np.asarray(weight.value).tolist()
            for weight in model.weights
        },
    }


def synchronized():
    return keras.layers.BatchNormalization(synchronized=True)


def main():
    D=int(sys.argv[1])
    physical = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * 4
    tf.config.set_logical_device_configuration(physical, logical)
    answers = {}
    for name, (rows, devices, kwargs) in CASES.items():
        if name not in sys.argv: continue
        ids = name != "plain"
        answers[name] = {n: fit(rows, n, ids, **kwargs) for n in (1, D)}
    if "sync" in sys.argv:
      kwargs = {"ids": True, "normalization": synchronized()}
      answers["synchronized"] = {n: fit(16, n, **kwargs) for n in (1, D)}
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
