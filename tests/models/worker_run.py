"""One worker of several, by TF_CONFIG; without it, all of the work alone.

    python worker_run.py FOLDER

Writes what training came to into `FOLDER/INDEX.json`.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_cmr import datasets
from tests.models.plain_retriever import retriever


def small(rows):
    return rows | {k: rows[k][:, ::4, ::4] for k in ("reference", "target")}


def main():
    cluster = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if cluster:
        # Before anything else of TensorFlow runs.
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = retriever(terms=True)
    split = datasets.css.generate(
        scenes=6, modifications=3, renders=1, image_size=32, verbose=0
    ).train
    batches = split.batches(
        8,
        seed=3,
        tokenize=lambda texts: [[len(t) % 12, ord(t[-1]) % 12] for t in texts],
    )
    batches = batches.map(small)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    index = cluster.get("task", {}).get("index", "alone")
    answer = {
        "logs": {name: values[-1] for name, values in history.items()},
        "weights": [np.asarray(w.value).tolist() for w in model.weights],
    }
    (Path(sys.argv[1]) / f"{index}.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
