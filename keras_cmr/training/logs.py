"""Where else a run's figures go: TensorBoard, W&B, MLflow."""

import contextlib
import dataclasses
import hashlib
import importlib

import keras

from keras_cmr.callbacks.embedding_projector import EmbeddingProjector
from keras_cmr.callbacks.ranked_images import RankedImages

_INSTALL = {
    "tensorboard": 'pip install "keras-cmr[logs]"',
    "wandb": "pip install wandb",
    "mlflow": "pip install mlflow",
}


def check_logs(names):
    """Raises if one of `names` is no log, or its package is not there."""
    for name in names:
        if name not in _INSTALL:
            raise ValueError(
                f"`log` must be one of {sorted(_INSTALL)}. Received: {name!r}"
            )
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise ImportError(
                f"The log {name!r} needs a package that is not there "
                f"({error}): run `{_INSTALL[name]}`"
            ) from error


@contextlib.contextmanager
def log_callbacks(names, out, config, split):
    """The callbacks of logs, while their runs are open.

    A resumed run goes on in the same TensorBoard folder, W&B run (whose id is
    made of the folder's path) or MLflow run (whose id is kept in the folder).

    Args:
        names: Sequence of `"tensorboard"`, `"wandb"`, `"mlflow"`.
        out: `pathlib.Path`. Folder of the run.
        config: `Config`.
        split: `Split` to draw rankings of, for TensorBoard.
    """
    check_logs(names)
    open_log = {
        "tensorboard": _tensorboard,
        "wandb": _wandb,
        "mlflow": _mlflow,
    }
    with contextlib.ExitStack() as stack:
        yield [
            callback
            for name in dict.fromkeys(names)
            for callback in open_log[name](stack, out, config, split)
        ]


def _tensorboard(stack, out, config, split):
    folder = out / "tensorboard"
    callbacks = [
        keras.callbacks.TensorBoard(folder, write_graph=False),
    ]
    if config.evaluate_every:
        every = config.evaluate_every
        callbacks += [
            RankedImages(split, folder, every),
            EmbeddingProjector(split, folder, every),
        ]
    return callbacks


def _wandb(stack, out, config, split):
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    place = str(out.resolve())
    run = wandb.init(
        dir=place,
        name=out.name,
        id=hashlib.sha256(place.encode()).hexdigest()[:16],
        resume="allow",
        config=dataclasses.asdict(config),
    )
    stack.callback(run.finish)
    return [WandbMetricsLogger()]


def _mlflow(stack, out, config, split):
    import mlflow
    from mlflow.keras import MlflowCallback

    known = out / "mlflow_run_id"
    run_id = known.read_text() if known.exists() else None
    run = stack.enter_context(
        mlflow.start_run(run_id=run_id, run_name=out.name)
    )
    if run_id is None:
        known.write_text(run.info.run_id)
        mlflow.log_dict(dataclasses.asdict(config), "config.yaml")
    return [MlflowCallback()]
