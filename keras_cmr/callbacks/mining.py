"""Hard negatives found anew while a model trains."""

import keras
import numpy as np

from keras_cmr.evaluation import embed_split


class HardNegativeMining(keras.callbacks.Callback):
    """Mines hard negatives with the model as it is, every `every` epochs.

    Before epochs `every`, `2 * every` and so on (counted from 0) the queries
    and images of the split are embedded; the epochs before the first mining
    have ordinary batches, as an untrained model knows nothing hard. The
    batches must have been made with the same `hard_negatives`.

    Args:
        hard_negatives: `keras_cmr.datasets.HardNegatives`.
        every: int. Epochs from one mining to the next. Defaults to `1`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    hard = keras_cmr.datasets.HardNegatives(css.train, 4)
    batches = css.train.batches(8, hard_negatives=hard)
    callback = keras_cmr.callbacks.HardNegativeMining(hard, every=2)
    ```
    """

    def __init__(self, hard_negatives, every=1):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(
                f"`every` must be a positive int. Received: every={every!r}"
            )
        self.hard_negatives = hard_negatives
        self.every = every

    def state(self):
        # Found with weights that a resumed run has no more.
        found = self.hard_negatives.neighbours
        return {} if found is None else {"neighbours": found}

    def restore(self, state):
        self.hard_negatives.neighbours = state.get("neighbours")

    def on_epoch_begin(self, epoch, logs=None):
        if epoch and epoch % self.every == 0:
            queries, images = embed_split(
                self.model, self.hard_negatives.split, verbose=0
            )
            self.hard_negatives.mine(
                np.asarray(queries, "float32"), np.asarray(images, "float32")
            )
