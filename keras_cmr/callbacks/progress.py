"""What a training run says about itself in a terminal."""

import time

import keras
from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress as Bars
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn
from rich.progress import TimeRemainingColumn

from keras_cmr.training.memory import resident_mib


class Progress(keras.callbacks.Callback):
    """A bar with losses, time left and memory; without a terminal, lines.

    The bar counts the steps of the whole run, so its time left is that of the
    run. A line follows each epoch either way.

    Args:
        bar: bool. Whether to show a bar where the console is a terminal.
            Defaults to `True`.
        console: `rich.console.Console`. Defaults to standard output.

    Example:

    ```python
    import keras_cmr

    callback = keras_cmr.callbacks.Progress()
    ```
    """

    def __init__(self, bar=True, console=None):
        super().__init__()
        self.bar = bar
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._bars = None

    def on_train_begin(self, logs=None):
        self._first, self._start = None, time.perf_counter()

    def on_epoch_begin(self, epoch, logs=None):
        if self._first is None:
            self._first = epoch
            if self.bar and self.console.is_terminal and self.params["steps"]:
                self._show()
        if self._bars is not None:
            self._done = epoch * self.params["steps"]
            self._bars.update(self._task, completed=self._done)

    def on_train_batch_end(self, batch, logs=None):
        if self._bars is not None:
            done = self._done + batch + 1
            self._bars.update(self._task, completed=done, said=_said(logs))

    def on_epoch_end(self, epoch, logs=None):
        done, total = epoch + 1, self.params["epochs"]
        seconds = time.perf_counter() - self._start
        left = seconds / (done - self._first) * (total - done)
        self.console.print(
            f"epoch {done}/{total}  {_said(logs)}  {_clock(seconds)} passed, "
            f"{_clock(left)} left, {resident_mib():.0f} MiB"
        )

    def on_train_end(self, logs=None):
        self.stop()

    def stop(self):
        """Takes the bar away, also after an error: the terminal is free."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def _show(self):
        self._bars = Bars(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps,"),
            TimeElapsedColumn(),
            TextColumn("passed,"),
            TimeRemainingColumn(),
            TextColumn("left  {task.fields[said]}"),
            console=self.console,
            transient=True,
        )
        self._task = self._bars.add_task(
            "", total=self.params["epochs"] * self.params["steps"], said=""
        )
        self._bars.start()


def _said(logs):
    return "  ".join(
        f"{name} {float(value):.4g}" for name, value in (logs or {}).items()
    )


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
