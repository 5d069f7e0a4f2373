"""A retriever's query encoder, stage by stage."""

import functools

import keras
import numpy as np
from keras import ops


class QueryStages:
    """Features of images, features of texts, and what fuses them.

    `embed_queries` runs both encoders for every pair. Where the same image
    meets many texts, or the same text many images, each is embedded once here
    and only the fusion runs for every pair. NumPy arrays go in and come out.

    Args:
        model: `keras_cmr.models.ComposedRetriever`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 32),
        keras_cmr.models.LSTMTextEncoder(["make", "red"]),
        fusion=keras_cmr.layers.TIRG(),
    )
    stages = model.query_stages
    image = stages.image_features(np.zeros((1, 32, 32, 3), "uint8"))
    texts = stages.text_features(["make red", "red"])
    queries = stages.fuse(np.repeat(image, 2, axis=0), texts)  # (2, 512)
    parts = stages.parts(image, texts[:1])  # gate, image, residual
    ```
    """

    def __init__(self, model):
        self._model = model
        self.fusion = model.fusion
        self.has_parts = model.fusion.has_parts

    def image_features(self, images, batch_size=256):
        """What the fusion takes of raw images: embeddings or feature maps.

        Args:
            images: As of `embed_queries`.
            batch_size: int. Images embedded at once. Defaults to `256`.

        Returns:
            Float32 array, a row an image.
        """
        model = self._model
        pixels = model._read(images)
        return model._rows(model._reference_tower, pixels, batch_size, 0)

    def text_features(self, texts, batch_size=256):
        """What the fusion takes of texts: `(n, text_dim)`, not normalised."""
        tokens = self._model.text_encoder.tokenize(texts)
        return _in_batches(self._texts, batch_size, tokens)

    def fuse(self, images, texts, batch_size=256):
        """Queries of features: `(n, dim)`, rows of length 1.

        Args:
            images: Array of `n` rows of `image_features`.
            texts: Array of `n` rows of `text_features`.
            batch_size: int. Pairs fused at once. Defaults to `256`.
        """

        def compose(images, texts):
            query = self.fusion(images, texts)
            if self.fusion.uses_feature_map:
                query = self._model.image_encoder.project(query)
            return query

        return _unit(_in_batches(compose, batch_size, images, texts))

    def parts(self, images, texts, batch_size=256):
        """What the fusion adds up to the query: see `Fusion.parts`.

        Takes what `fuse` takes. `ValueError` if the fusion is no sum.
        """

        def take_apart(*features):
            # A method that is no call casts nothing by itself.
            dtype = self.fusion.compute_dtype
            return self.fusion.parts(*(ops.cast(f, dtype) for f in features))

        return _in_batches(take_apart, batch_size, images, texts)

    def image_embeddings(self, images, batch_size=256):
        """Features of images as `embed_targets` embeds them."""
        if self.fusion.uses_feature_map:
            project = self._model.image_encoder.project
            images = _in_batches(project, batch_size, images)
        return _unit(images)

    @functools.cached_property
    def _texts(self):
        encoder = self._model.text_encoder
        if len(encoder.output.shape) != 2:
            raise ValueError(
                "`text_encoder` must give one vector a text, to be embedded "
                "apart from the images. Received: an output of shape "
                f"{encoder.output.shape}"
            )
        return encoder


def _in_batches(stage, batch_size, *inputs):
    """The stage's output for all rows, as float32 arrays.

    Without `predict`: these stages are small, and each would be compiled for
    every shape that comes.
    """
    batches = []
    for first in range(0, len(inputs[0]), batch_size):
        rows = (x[first : first + batch_size] for x in inputs)
        output = stage(*map(ops.convert_to_tensor, rows))
        batches.append(
            keras.tree.map_structure(
                lambda x: ops.convert_to_numpy(ops.cast(x, "float32")), output
            )
        )
    return keras.tree.map_structure(lambda *x: np.concatenate(x), *batches)


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
