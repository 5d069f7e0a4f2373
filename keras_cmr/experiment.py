"""One training run: a config in, a folder with model and report out."""

import dataclasses
import json
import os
import tempfile
import time
from pathlib import Path

import keras

from keras_cmr import datasets
from keras_cmr import layers
from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import evaluate


@dataclasses.dataclass
class Run:
    """What a training run leaves: all of it also lies in its folder."""

    config: Config
    model: models.ComposedRetriever
    history: dict
    report: object


def load_benchmark(config):
    """The benchmark that a config names."""
    arguments = {"image_size": config.image_size}
    if config.dataset == "css":
        if config.view is not None:
            arguments["view"] = config.view
        if config.data_dir is None:
            arguments |= {
                "scenes": config.scenes,
                "modifications": config.modifications,
                "renders": config.renders,
                "jitter": config.jitter,
                "seed": config.data_seed,
            }
    elif config.dataset == "fashioniq":
        arguments |= {"category": config.category, "captions": config.captions}
    return datasets.load(config.dataset, data_dir=config.data_dir, **arguments)


def build_model(config, vocabulary, steps_per_epoch):
    """The compiled model that a config describes.

    Args:
        config: `Config`.
        vocabulary: Words of the training texts.
        steps_per_epoch: int. Batches an epoch, for the learning rate's
            schedule.
    """
    model = models.ComposedRetriever(
        models.ImageEncoder(
            _named("backbone", config.backbone, models)(),
            image_size=config.image_size,
            embedding_dim=config.embedding_dim,
            pooling=config.pooling,
        ),
        models.LSTMTextEncoder(
            vocabulary,
            embedding_dim=config.embedding_dim,
            word_dim=config.text_units,
            units=config.text_units,
            dropout=config.dropout,
        ),
        fusion=_named("fusion", config.fusion, layers)(),
        mutual_information=[
            _term(config, name) for name in config.mutual_information
        ],
        microbatch_size=config.microbatch_size,
    )
    model.compile(
        _optimizer(config, steps_per_epoch),
        loss=_named("loss", config.loss, losses)(),
        metrics=[metrics.InBatchRecall()],
    )
    return model


def train(config, out, benchmark=None, callbacks=(), command="", verbose=1):
    """Trains, saves and evaluates the model of a config.

    Args:
        config: `Config`.
        out: Path. Folder for `config.yaml`, `model.keras`, `history.json`
            and `report.json`; it must be new or empty.
        benchmark: `Benchmark`. Defaults to the one that `config` names.
        callbacks: Sequence of `keras.callbacks.Callback`.
        command: str. How the run was started, for the report.
        verbose: 0 silent, 1 progress bars, 2 one line an epoch.

    Returns:
        `Run`.
    """
    out = new_folder(out)
    keras.utils.set_random_seed(config.seed)
    benchmark = benchmark or load_benchmark(config)
    if benchmark.train is None:
        raise ValueError(
            "`dataset` must have a training split whose files are there. "
            f"Received: dataset={config.dataset!r}"
        )
    batches = benchmark.train.batches(
        config.batch_size, group_size=config.group_size, seed=config.seed
    )
    model = build_model(
        config, benchmark.train.vocabulary, int(batches.cardinality())
    )
    (out / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")

    start = time.perf_counter()
    history = model.fit(
        batches,
        epochs=config.epochs,
        callbacks=list(callbacks),
        verbose=verbose,
        shuffle=False,  # the batches are; Keras warns otherwise
    ).history
    seconds = time.perf_counter() - start
    save_model(model, out / "model.keras")
    replace_file(out / "history.json", json.dumps(history, indent=1))
    report = evaluate(
        model,
        benchmark.test,
        protocol=config.protocol,
        verbose=verbose,
        benchmark=benchmark.name,
        context={
            "command": command,
            "config": dataclasses.asdict(config),
            "training_seconds": round(seconds, 1),
            "backend": keras.config.backend(),
            "keras": keras.__version__,
            "parameters": model.count_params(),
        },
    )
    report.save(out / "report.json")
    return Run(config, model, history, report)


def new_folder(path):
    """Makes the folder `path`; refuses one that already holds something."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(
            f"`out` must be a new or empty folder. Received: {path}, which "
            "already holds something. Name another one or remove it."
        )
    path.mkdir(parents=True, exist_ok=True)
    return path


def save_model(model, path):
    """Saves to a neighbour first, so that `path` is never half a file."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        model.save(whole)
        os.replace(whole, path)


def _named(key, name, module):
    if name not in module.__all__:
        raise ValueError(
            f"`{key}` must name something of `{module.__name__}`. "
            f"Received: {key}={name!r}"
        )
    return getattr(module, name)


def _term(config, name):
    own = {
        "TextImageMI": {"image": config.image},
        "FusionImageMI": {"level": config.level},
    }
    kind = _named("mutual_information", name, layers)
    settings = {"weight": config.weight, **own.get(name, {})}
    if issubclass(kind, layers.MutualInformation):
        settings["estimator"] = config.estimator
    return kind(**settings)


def _optimizer(config, steps_per_epoch):
    rate = config.learning_rate
    if config.schedule == "cosine":
        steps = config.epochs * steps_per_epoch
        warmup = min(config.warmup_steps, steps // 2)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(steps - warmup, 1),
            warmup_target=rate,
            warmup_steps=warmup,
        )
    settings = {"learning_rate": rate}
    if config.weight_decay:
        settings["weight_decay"] = config.weight_decay
    if config.optimizer.lower() == "sgd":
        settings["momentum"] = 0.9
    optimizer = keras.optimizers.get(config.optimizer)
    return type(optimizer)(**settings)
