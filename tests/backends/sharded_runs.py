"""Prints what `fit` makes of one seed on one JAX device and on all.

python sharded_runs.py CASE...
"""

import contextlib
import json
import sys

import keras
import numpy as np

from tests.models.plain_retriever import retriever
from tests.models.plain_retriever import rows_for

CASES = {"plain": {}, "cached": {"microbatch_size": 4}}


def fit(scope, **kwargs):
    rows = rows_for(16)
    with scope:
        model = retriever(terms=True, symmetric=True, **kwargs)
        history = model.fit(
            rows, batch_size=8, epochs=2, shuffle=False, verbose=0
        ).history
        odd = model.embed_targets(rows["target"][:5], batch_size=3)
    devices = {len(v.value.sharding.device_set) for v in model.weights}
    return {
        "logs": {name: values[-1] for name, values in history.items()},
        "weights": [np.asarray(weight).tolist() for weight in model.weights],
        "devices": sorted(devices),
        "odd": odd.tolist(),
    }


def main():
    distribution = keras.distribution.DataParallel()
    answers = {"one": fit(contextlib.nullcontext())}
    for name in sys.argv[1:]:
        answers[name] = fit(distribution.scope(), **CASES[name])
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
