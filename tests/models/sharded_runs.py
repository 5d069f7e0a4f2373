"""Prints what `fit` makes of one seed on one JAX device and on all.

    XLA_FLAGS=--xla_force_host_platform_device_count=4 KERAS_BACKEND=jax \
        python sharded_runs.py CASE...
"""

import contextlib
import json
import sys

import keras
import numpy as np

from tests.models.plain_retriever import retriever
from tests.models.plain_retriever import rows_for

CASES = {
    "terms": {"terms": True, "symmetric": True},
    "cached": {"terms": True, "microbatch_size": 4},
}


def fit(scope, **kwargs):
    with scope:
        model = retriever(**kwargs)
        rows = rows_for(16)
        history = model.fit(
            rows, batch_size=8, epochs=2, shuffle=False, verbose=0
        ).history
    devices = {len(v.value.sharding.device_set) for v in model.weights}
    return {
        "logs": {name: values[-1] for name, values in history.items()},
        "weights": [np.asarray(weight).tolist() for weight in model.weights],
        "devices": sorted(devices),
        "odd": model.embed_targets(rows["target"][:5], batch_size=3).tolist(),
    }


def main():
    answers = {}
    for name in sys.argv[1:]:
        answers[name] = {
            "one": fit(contextlib.nullcontext(), **CASES[name]),
            "many": fit(
                keras.distribution.DataParallel().scope(), **CASES[name]
            ),
        }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
