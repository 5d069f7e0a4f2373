"""A history fine enough for runs of few epochs."""

import keras


class StepHistory(keras.callbacks.Callback):
    """Records each logged value every `every` steps.

    Keras logs running means since the epoch's first step. What is recorded
    here is the mean over the steps since the last record, got from two
    running means; steps after an epoch's last record are dropped.

    Args:
        every: int. Steps from one record to the next. Defaults to `10`.

    Attributes:
        history: Dict of name to list of floats, one a record.
        steps: List of int, the step each record was made at.

    Example:

    ```python
    import keras_cmr

    callback = keras_cmr.callbacks.StepHistory(every=20)
    ```
    """

    def __init__(self, every=10):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(
                f"`every` must be a positive int. Received: every={every!r}"
            )
        self.every = every
        self.history = {}
        self.steps = []
        self._total = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._last_count, self._last_means = 0, {}

    def on_train_batch_end(self, batch, logs=None):
        self._total += 1
        count = batch + 1
        if count - self._last_count < self.every:
            return
        for name, mean in (logs or {}).items():
            before = self._last_means.get(name, 0.0) * self._last_count
            value = (mean * count - before) / (count - self._last_count)
            self.history.setdefault(name, []).append(float(value))
        self.steps.append(self._total)
        self._last_count, self._last_means = count, dict(logs or {})
