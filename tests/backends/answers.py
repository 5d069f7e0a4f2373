"""Prints what one backend makes of a model file: see `test_same_numbers`."""

import json
import sys
from pathlib import Path

import keras
import numpy as np

import keras_cmr
from tests.layers.discovery import DISCRIMINATORS
from tests.layers.discovery import FUSIONS
from tests.layers.discovery import inputs_for
from tests.models import tiny


def plain(x):
    return keras.ops.convert_to_numpy(x).astype("float64")


def with_fixed_weights(layer, inputs):
    """Calls the layer with weights that every backend draws alike."""
    layer(*inputs)
    rng = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(size=weight.shape) * 0.1)
    return plain(layer(*inputs))


def fusions():
    """The query of every fusion, and the scores of every discriminator."""
    answers = {}
    for kind in (*FUSIONS, *DISCRIMINATORS):
        layer = kind()
        output = with_fixed_weights(layer, inputs_for(layer))
        answers[kind.__name__] = output.tolist()
    return answers


def losses():
    """Every loss on scores or embeddings, estimators with a mask."""
    rng = np.random.default_rng(1)
    labels, rows = np.array([0, 1, 1, 2]), rng.normal(size=(4, 2, 6))
    scores, mask = rng.normal(size=(4, 4, 3, 2)), labels[:, None] != labels
    module = keras_cmr.losses
    values = {
        kind.__name__: kind()(mask, scores)
        for kind in (
            module.JensenShannonMI,
            module.InfoNCEMI,
            module.DonskerVaradhanMI,
        )
    }
    values["BatchSoftmax"] = module.BatchSoftmax(symmetric=True)(labels, rows)
    # All triplets: the draw of a few is each backend's own.
    values["SoftTriplet"] = module.SoftTriplet(num_triplets=None)(labels, rows)
    return {name: float(plain(value)) for name, value in values.items()}


def write(path):
    keras.utils.set_random_seed(0)
    model = keras_cmr.models.ComposedRetriever(
        tiny.image_encoder(),
        keras_cmr.models.LSTMTextEncoder(
            tiny.WORDS, 8, word_dim=8, units=8, dropout=0.0
        ),
        fusion=keras_cmr.layers.TIRG(),
        mutual_information=[
            keras_cmr.layers.TextImageMI(image="both"),
            keras_cmr.layers.FusionImageMI(
                level="P2", estimator="infonce", scope="local"
            ),
        ],
    )
    model.compile(
        keras.optimizers.SGD(0.1),
        loss=keras_cmr.losses.BatchSoftmax(),
        metrics=[keras_cmr.metrics.InBatchRecall()],
    )
    model.train_on_batch(tiny.batch_for(model))
    model.save(path)


def main():
    path = Path(sys.argv[1]) / "model.keras"
    if "write" in sys.argv:
        write(path)
    model = keras_cmr.models.load(path)
    queries = model.embed_queries(tiny.pictures(), tiny.TEXTS)
    targets = model.embed_targets(tiny.pictures(30, seed=2))
    answer = {
        "backend": keras.config.backend(),
        "fingerprint": model.fingerprint,
        "queries": {"queries": queries.tolist()},
        "targets": {"targets": targets.tolist()},
        "ranking": np.argsort(-(queries @ targets.T), axis=1).tolist(),
        "losses": losses(),
        "fusions": fusions(),
    }
    before = [plain(weight) for weight in model.weights]
    batch = tiny.batch_for(model)
    logs = model.train_on_batch(batch, return_dict=True)
    answer["logs"] = {name: float(value) for name, value in logs.items()}
    answer["moved"] = [
        float(np.abs(plain(weight) - old).sum())
        for weight, old in zip(model.weights, before, strict=True)
    ]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
