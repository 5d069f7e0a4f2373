"""One training run: a config in, a folder with model and report out."""

import dataclasses
import json
import time

import keras

from keras_cmr import datasets
from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import evaluate
from keras_cmr.training.build_model import build_model
from keras_cmr.training.build_model import compile_model
from keras_cmr.training.frozen import on_features
from keras_cmr.training.run_folder import new_folder
from keras_cmr.training.run_folder import save_model


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
    split = benchmark.train
    drawn = split.queries if split.sampler is None else split.sampler
    steps = len(drawn) // config.batch_size
    model = fitted = build_model(config, split.vocabulary, steps)
    if config.cache_features:
        fitted, split = on_features(model, split, verbose=verbose)
        compile_model(fitted, config, steps)
    batches = split.batches(
        config.batch_size,
        tokenize=model.text_encoder.tokenize,
        group_size=config.group_size,
        seed=config.seed,
    )
    (out / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")

    start = time.perf_counter()
    history = fitted.fit(
        batches,
        epochs=config.epochs,
        callbacks=list(callbacks),
        verbose=verbose,
        shuffle=False,  # the batches are; Keras warns otherwise
    ).history
    seconds = time.perf_counter() - start
    if fitted is not model:
        fitted.hand_over(model)
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
