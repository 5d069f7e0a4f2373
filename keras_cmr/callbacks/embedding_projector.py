"""Embeddings for TensorBoard's projector."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from keras_cmr.durable import new_file
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import embed_split
from keras_cmr.training.averaging import averaged_weights

# Edge of a picture in the sprite, and the most of them that a browser loads
# as one (8192 x 8192 pixels).
_SIDE = 64
_MOST_PICTURES = 128**2


class EmbeddingProjector(keras.callbacks.Callback):
    """Writes query and target embeddings where the projector shows them.

    A query is shown as its reference image, a candidate as itself. The files
    (`vectors.tsv`, `metadata.tsv`, `sprite.png`, `projector_config.pbtxt`)
    are those of the latest writing.

    Args:
        split: `keras_cmr.datasets.Split`.
        log_dir: Path of TensorBoard's folder; it is made.
        every: int. Epochs from one writing to the next. Defaults to `1`.
        most: int. Most queries, and most candidates, to write, evenly chosen.
            Defaults to `500`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    callback = keras_cmr.callbacks.EmbeddingProjector(
        css.test, "runs/a/tensorboard", every=5
    )
    ```
    """

    def __init__(self, split, log_dir, every=1, most=500):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(
                f"`every` must be a positive int. Received: every={every!r}"
            )
        if not 1 <= most <= _MOST_PICTURES // 2:
            raise ValueError(
                f"`most` must lie in 1..{_MOST_PICTURES // 2}. "
                f"Received: most={most}"
            )
        self.split = split
        self.log_dir = Path(log_dir)
        self.every = every
        self.most = most

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        from tensorboard.plugins import projector

        split, folder = self.split, self.log_dir
        with averaged_weights(self.model):
            queries, candidates = embed_split(self.model, split, verbose=0)
        asked = _evenly(len(queries), self.most)
        shown = _evenly(len(candidates), self.most)
        rows = np.concatenate([queries[asked], candidates[shown]])
        names = [("query", text) for text in split.queries.modifications[asked]]
        names += [("target", text) for text in split.images.captions[shown]]
        pictures = [
            *split.reference_pixels[split.queries.references[asked]],
            *split.images.pixels[shown],
        ]
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / "vectors.tsv", _table(rows))
        replace_file(
            folder / "metadata.tsv", _table([("kind", "text"), *names])
        )
        with new_file(folder / "sprite.png") as aside:
            _sprite(pictures).save(aside)

        config = projector.ProjectorConfig()
        embedding = config.embeddings.add()
        embedding.tensor_name = f"embeddings of {split.name}"
        embedding.tensor_path = "vectors.tsv"
        embedding.metadata_path = "metadata.tsv"
        embedding.sprite.image_path = "sprite.png"
        embedding.sprite.single_image_dim.extend([_SIDE, _SIDE])
        projector.visualize_embeddings(str(folder), config)


def _evenly(total, most):
    return np.linspace(0, total - 1, min(most, total)).astype(int)


def _table(rows):
    lines = (
        "\t".join(" ".join(str(cell).split()) for cell in row) for row in rows
    )
    return "\n".join(lines) + "\n"


def _sprite(pictures):
    """All pictures in one square, row by row."""
    across = int(np.ceil(np.sqrt(len(pictures))))
    sheet = Image.new("RGB", (across * _SIDE, across * _SIDE), "white")
    for i, pixels in enumerate(pictures):
        small = Image.fromarray(pixels).resize((_SIDE, _SIDE))
        sheet.paste(small, (i % across * _SIDE, i // across * _SIDE))
    return sheet
