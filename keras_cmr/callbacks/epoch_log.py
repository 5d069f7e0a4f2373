"""The figures of every epoch as a table."""

import csv
import io
import time
from pathlib import Path

import keras

from keras_cmr.durable import replace_file


class EpochLog(keras.callbacks.Callback):
    """Writes a CSV file with one row an epoch, and keeps the history.

    The whole file is written anew after every epoch, from what this callback
    knows: with `Checkpoint(also=[epoch_log])` a resumed run has each epoch
    once, also where a kill came between the row and the checkpoint. Figures
    that not every epoch has leave empty cells.

    Args:
        path: Path of the file. Its folder must be there.

    Attributes:
        records: List of dict, the logs of each epoch with its number
            (`"epoch"`, from 1) and its `"seconds"`.

    Example:

    ```python
    import keras_cmr

    callback = keras_cmr.callbacks.EpochLog("epochs.csv")
    ```
    """

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        self.records = []

    @property
    def history(self):
        """Dict of name to list, like that of `fit`, of all epochs."""
        history = {}
        for record in self.records:
            for name, value in record.items():
                if name not in ("epoch", "seconds"):
                    history.setdefault(name, []).append(value)
        return history

    @property
    def seconds(self):
        """Seconds that all epochs took."""
        return sum(record["seconds"] for record in self.records)

    def state(self):
        return {"records": self.records}

    def restore(self, state):
        self.records = state["records"]

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        figures = {name: float(value) for name, value in (logs or {}).items()}
        seconds = round(time.perf_counter() - self._start, 3)
        self.records.append({"epoch": epoch + 1, **figures, "seconds": seconds})
        names = dict.fromkeys(name for row in self.records for name in row)
        text = io.StringIO()
        table = csv.DictWriter(text, list(names), lineterminator="\n")
        table.writeheader()
        table.writerows(self.records)
        replace_file(self.path, text.getvalue())
