"""The model of the best epoch, by a figure of a validation split."""

from pathlib import Path

import keras

from keras_cmr.training.averaging import averaged_weights
from keras_cmr.training.run_folder import save_model


class BestModel(keras.callbacks.Callback):
    """Saves the model whenever a validation figure is better than before.

    The figure is one that `Recall` adds, and larger is better. Where the
    optimizer averages weights, the averages are what is measured and saved.
    Epochs without the figure are passed over.

    Args:
        path: Path of the `.keras` file. Its folder must be there.
        monitor: str. Name of the figure, such as `"val_R@10"`.

    Attributes:
        best: float, the best figure so far, or `None`.
        epoch: int, the epoch it is from, counted from 1, or `None`.

    Example:

    ```python
    import keras_cmr

    callback = keras_cmr.callbacks.BestModel("best.keras", "val_R@10")
    ```
    """

    def __init__(self, path, monitor):
        super().__init__()
        if not isinstance(monitor, str) or not monitor.startswith("val_"):
            raise ValueError(
                "`monitor` must be a figure of a validation split, which "
                f"begins with 'val_'. Received: monitor={monitor!r}"
            )
        self.path = Path(path)
        self.monitor = monitor
        self.best = None
        self.epoch = None

    def state(self):
        return {"best": self.best, "epoch": self.epoch}

    def restore(self, state):
        self.best, self.epoch = state["best"], state["epoch"]

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        # Keras adds those of `fit(validation_data=...)` to every epoch.
        keras_own = {f"val_{m.name}" for m in self.model.metrics}
        measured = [
            name
            for name in logs
            if name.startswith("val_") and name not in keras_own
        ]
        if self.monitor not in logs:
            if not measured:
                return
            raise ValueError(
                f"`monitor` must be one of the figures {measured}. "
                f"Received: monitor={self.monitor!r}"
            )
        figure = float(logs[self.monitor])
        if self.best is None or figure > self.best:
            self.best, self.epoch = figure, epoch + 1
            with averaged_weights(self.model):
                save_model(self.model, self.path)
