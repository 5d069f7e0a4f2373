"""Training stops where numbers end."""

import math

import keras
import numpy as np
from keras import ops


class FiniteCheck(keras.callbacks.Callback):
    """Stops training as soon as a loss, a term or a weight is not finite.

    After every step the losses in the logs are looked at, after every epoch
    all weights and the optimizer's variables, so that no later callback saves
    them. Put it before those that do. Under `mixed_float16` an infinite
    gradient is no error: Keras leaves out that step.

    Raises:
        FloatingPointError: With the step, and the names of what is NaN or
            infinite: `metric_loss` or a term such as `text_image_mi`, or the
            path of a weight.

    Example:

    ```python
    import keras_cmr

    callback = keras_cmr.callbacks.FiniteCheck()
    ```
    """

    def on_train_batch_end(self, batch, logs=None):
        # Means over the epoch: one value that is not finite shows in all
        # that follow, so the first step found is the first one.
        wrong = {
            name: float(value)
            for name, value in (logs or {}).items()
            if not math.isfinite(value)
        }
        # The total says nothing that its parts don't.
        if len(wrong) > 1:
            wrong.pop("loss", None)
        if wrong:
            found = ", ".join(
                f"{name}={value}" for name, value in wrong.items()
            )
            self._stop(f"after step {self._step()} {found}")

    def on_epoch_end(self, epoch, logs=None):
        model = self.model
        for variable in [*model.variables, *model.optimizer.variables]:
            value = ops.convert_to_numpy(variable)
            if value.dtype.kind not in "iub" and not np.isfinite(value).all():
                self._stop(
                    f"after epoch {epoch + 1} (step {self._step()}) "
                    f"{variable.path} holds NaN or infinite numbers"
                )

    def _step(self):
        return int(ops.convert_to_numpy(self.model.optimizer.iterations))

    def _stop(self, what):
        raise FloatingPointError(
            f"Training stopped: {what}. A lower `learning_rate` may help"
        )
