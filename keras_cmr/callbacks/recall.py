"""Watching the real task while a model trains."""

import keras

from keras_cmr.evaluation import evaluate
from keras_cmr.training.averaging import averaged_weights


class Recall(keras.callbacks.Callback):
    """Evaluates a split after every `every`th epoch.

    Adds `val_` figures such as `"val_R@1"` to the epoch's logs. Choosing a
    model by the figures of a test split makes them meaningless: watch them,
    or give a validation split. Where the optimizer averages weights, the
    averages are measured.

    Args:
        split: `keras_cmr.datasets.Split`.
        protocol: str. Name of the protocol. Defaults to
            `"tirg/caption-match"`.
        every: int. Epochs from one evaluation to the next. Defaults to `1`.
        prefix: str. What the names of the figures begin with. Defaults to
            `"val_"`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.load("css", scenes=20, renders=1)
    callback = keras_cmr.callbacks.Recall(css.test, every=5)
    ```
    """

    def __init__(
        self, split, protocol="tirg/caption-match", every=1, prefix="val_"
    ):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(
                f"`every` must be a positive int. Received: every={every!r}"
            )
        self.split = split
        self.protocol = protocol
        self.every = every
        self.prefix = prefix

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 and logs is not None:
            with averaged_weights(self.model):
                report = evaluate(
                    self.model,
                    self.split,
                    protocol=self.protocol,
                    resamples=1,
                    verbose=0,
                )
            for name, figure in report.figures.items():
                logs[f"{self.prefix}{name}"] = figure["value"]
