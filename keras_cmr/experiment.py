"""One training run: a config in, a folder with model and report out."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np

from keras_cmr import datasets
from keras_cmr import models
from keras_cmr.config import Config
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import evaluate
from keras_cmr.evaluation import evaluate_embeddings
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.training.build_model import build_model
from keras_cmr.training.build_model import compile_model
from keras_cmr.training.devices import find_devices
from keras_cmr.training.frozen import on_features
from keras_cmr.training.logs import check_logs
from keras_cmr.training.logs import log_callbacks
from keras_cmr.training.run_callbacks import RunCallbacks
from keras_cmr.training.run_folder import CHECKPOINTS
from keras_cmr.training.run_folder import FINISHED
from keras_cmr.training.run_folder import clean
from keras_cmr.training.run_folder import is_finished
from keras_cmr.training.run_folder import save_model
from keras_cmr.training.start_from import find_start
from keras_cmr.write_lock import write_lock


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


def train(
    config,
    out,
    benchmark=None,
    callbacks=(),
    command="",
    verbose=1,
    logs=(),
    say=None,
):
    """Trains, saves and evaluates the model of a config.

    A run that was stopped, at whatever moment, goes on after its last whole
    epoch if it is started again with the same arguments; on a CPU it ends
    with the same weights, bit for bit. A finished run is read and returned.

    Args:
        config: `Config`.
        out: Path. Folder for `config.yaml`, `epochs.csv`, `model.keras`,
            `history.json`, `report.json` and, until these are there,
            `checkpoints/`. It must be new, empty or of a run of this config.
            Of several workers the first writes there, and a stopped run
            of theirs can't go on.
        benchmark: `Benchmark`. Defaults to the one that `config` names.
        callbacks: Sequence of `keras.callbacks.Callback`. The state of those
            with `state()` and `restore(state)` is in the checkpoints.
        command: str. How the run was started, for the report.
        verbose: 0 silent, 1 a progress bar and a line an epoch, 2 lines.
        logs: Sequence of `"tensorboard"`, `"wandb"` and `"mlflow"`.
        say: Callable that takes what is worth knowing: that a run goes on, or
            is finished. Defaults to `print`, or nothing where silent.

    Returns:
        `Run`.

    Raises:
        ValueError: If the config doesn't fit the benchmark, or the folder
            holds something else; the folder is as it was.
        FloatingPointError: If a loss, a term or a weight is not finite.
    """
    if say is None:
        say = print if verbose else lambda line: None
    devices = find_devices(config)
    # All that bad input can spoil comes before the folder is touched.
    check_logs(logs)
    # Workers all look where the first writes, so that all train or none does.
    out = Path(out)
    if is_finished(out, config):
        return _finished(config, out, say)
    if config.devices == "workers" and (out / CHECKPOINTS).exists():
        raise ValueError(
            f"`out` must be new or empty: {out} is of a run that was stopped, "
            "and several workers can't go on together"
        )
    out = devices.place(out)
    # Outside the devices: its fingerprint reads weights of one device.
    start = find_start(config, out)
    keras.utils.set_random_seed(config.seed)
    benchmark = benchmark or load_benchmark(config)
    _check_splits(config, benchmark)
    split = benchmark.train
    # Made once more with the model's tokenizer; here they are checked, too.
    steps = len(split.batches(config.batch_size, group_size=config.group_size))
    with devices.building():
        model = fitted = build_model(config, split.vocabulary, steps)
        if start is not None:
            start.give(model)
        if config.cache_features:
            fitted, split = on_features(model, split, verbose=verbose)
            compile_model(fitted, config, steps)
    run = RunCallbacks(config, out, benchmark, split, callbacks, verbose)
    out.mkdir(parents=True, exist_ok=True)
    with write_lock(out):
        if is_finished(out, config):  # by another program, meanwhile
            return _finished(config, out, say)
        replace_file(out / "config.yaml", config.to_yaml())
        if start is not None:
            start.keep(out)
        with (
            log_callbacks(
                logs, out, config, benchmark.val or benchmark.test
            ) as others,
            devices.fitting(),
        ):
            _fit(fitted, run, others, say)
        if fitted is not model:
            fitted.hand_over(model)
        save_model(model, out / "model.keras")
        context = {"command": command, **run.context()}
        if start is not None:
            context["start_from_fingerprint"] = start.fingerprint
        report = _measure(config, benchmark, model, run, context, verbose)
        # The last file: with it the run is finished.
        report.save(out / FINISHED)
        clean(out)
    return Run(config, model, run.epoch_log.history, report)


def _check_splits(config, benchmark):
    if benchmark.train is None:
        raise ValueError(
            "`dataset` must have a training split whose files are there. "
            f"Received: dataset={config.dataset!r}"
        )
    rule = get_protocol(config.protocol)
    rule.check(benchmark.test)
    if config.evaluate_every and benchmark.val is not None:
        rule.check(benchmark.val)
    if config.monitor is None:
        return
    if benchmark.val is None:
        raise ValueError(
            "`monitor` needs a benchmark with a validation split: a model "
            "chosen by figures of the test split makes them meaningless. "
            f"Received: monitor={config.monitor!r} and {benchmark.name!r}, "
            "which has none"
        )
    figures = [f"val_{name}" for name in _figures(benchmark.val, rule.name)]
    if config.monitor not in figures:
        raise ValueError(
            f"`monitor` must be one of {', '.join(figures)}, the figures of "
            f"{rule.name!r}. Received: monitor={config.monitor!r}"
        )


def _figures(split, protocol):
    """Names of a protocol's figures, from embeddings that are all alike."""
    report = evaluate_embeddings(
        np.ones((len(split.queries.references), 1)),
        np.ones((len(split.images.labels), 1)),
        split,
        protocol,
        resamples=1,
    )
    return list(report.figures)


def _fit(model, run, others, say):
    done = run.checkpoint.restore(model)
    if done:
        say(f"{run.out}: going on after epoch {done} of {run.config.epochs}")
    try:
        model.fit(
            run.batches(model.text_encoder.tokenize, done),
            initial_epoch=done,
            epochs=run.config.epochs,
            callbacks=run.callbacks(others),
            verbose=0,
            shuffle=False,  # the batches are; Keras warns otherwise
        )
    finally:
        run.stop()
    if run.best is not None:
        model.load_weights(run.best.path)
    history = json.dumps(run.epoch_log.history, indent=1)
    replace_file(run.out / "history.json", history)


def _measure(config, benchmark, model, run, context, verbose):
    return evaluate(
        model,
        benchmark.test,
        protocol=config.protocol,
        verbose=min(verbose, 1),
        benchmark=benchmark.name,
        context={
            **context,
            "config": dataclasses.asdict(config),
            "training_seconds": round(run.epoch_log.seconds, 1),
            "backend": keras.config.backend(),
            "keras": keras.__version__,
            "parameters": model.count_params(),
        },
    )


def _finished(config, out, say):
    clean(out)  # a kill may have come between the report and this
    say(f"{out} holds the finished run: nothing to do")
    history = json.loads((out / "history.json").read_text(encoding="utf-8"))
    model = models.load(out / "model.keras")
    return Run(config, model, history, Report.load(out / FINISHED))
