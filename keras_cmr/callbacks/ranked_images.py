"""Rankings as pictures in TensorBoard."""

import keras
import numpy as np

from keras_cmr.evaluation import embed_split
from keras_cmr.training.averaging import averaged_weights


class RankedImages(keras.callbacks.Callback):
    """Draws some queries with their first hits, for TensorBoard's images.

    Args:
        split: `keras_cmr.datasets.Split`.
        log_dir: Path of TensorBoard's folder.
        every: int. Epochs from one picture to the next. Defaults to `1`.
        queries: int. Queries to draw, evenly chosen. Defaults to `8`.
        k: int. Hits of a query. Defaults to `6`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    callback = keras_cmr.callbacks.RankedImages(css.test, "runs/a/tensorboard")
    ```
    """

    def __init__(self, split, log_dir, every=1, queries=8, k=6):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(
                f"`every` must be a positive int. Received: every={every!r}"
            )
        self.split = split
        self.log_dir = log_dir
        self.every = every
        self.queries = queries
        self.k = k

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        import tensorflow as tf

        from keras_cmr.visualization import ranked_examples
        from keras_cmr.visualization import ranked_pictures

        split = self.split
        with averaged_weights(self.model):
            queries, candidates = embed_split(self.model, split, verbose=0)
        total = len(split.queries)
        chosen = np.linspace(0, total - 1, min(self.queries, total)).astype(int)
        k = min(self.k, len(split.images) - 1)
        picture = ranked_pictures(
            ranked_examples(queries, candidates, split, chosen, k)
        )
        with tf.summary.create_file_writer(str(self.log_dir)).as_default():
            tf.summary.image(
                f"ranked/{split.name}",
                np.asarray(picture)[None],
                step=epoch + 1,
            )
