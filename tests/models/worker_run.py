"""One worker of several, by TF_CONFIG; without it, all of the work alone.

    python worker_run.py FOLDER

Prints what training came to, and whether it was this one to write FOLDER.
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

from keras_cmr import datasets
from keras_cmr.training.devices import folder_to_write
from keras_cmr.training.run_folder import save_model
from tests.models.plain_retriever import retriever


def tokenize(texts):
    return [[len(text) % 12, ord(text[-1]) % 12] for text in texts]


def small(rows):
    return rows | {k: rows[k][:, ::4, ::4] for k in ("reference", "target")}


def main():
    if "TF_CONFIG" in os.environ:
        # Before anything else of TensorFlow runs.
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        strategy = tf.distribute.get_strategy()
    with strategy.scope():
        model = retriever(terms=True)
    first = [np.asarray(weight.value).tolist() for weight in model.weights]
    split = datasets.css.generate(
        scenes=6, modifications=3, renders=1, image_size=32, verbose=0
    ).train
    batches = split.batches(8, seed=3, tokenize=tokenize).map(small)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0).history
    folder = folder_to_write(sys.argv[1])
    folder.mkdir(exist_ok=True)
    save_model(model, folder / "model.keras")
    answer = {
        "logs": {name: values[-1] for name, values in history.items()},
        "weights": [np.asarray(w.value).tolist() for w in model.weights],
        "first": first,
        "wrote": str(folder) == sys.argv[1],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
