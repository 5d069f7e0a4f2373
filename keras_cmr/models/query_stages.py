"""A retriever's query encoder, stage by stage."""

import functools

import keras
import numpy as np

from keras_cmr.models.images import load_images


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
        pixels = load_images(images, self._model.image_size)
        return self._run(self._images, pixels, batch_size)

    def text_features(self, texts, batch_size=256):
        """What the fusion takes of texts: `(n, text_dim)`, not normalised."""
        tokens = self._model.text_encoder.tokenize(texts)
        return self._run(self._texts, tokens, batch_size)

    def fuse(self, images, texts, batch_size=256):
        """Queries of features: `(n, dim)`, rows of length 1.

        Args:
            images: Array of `n` rows of `image_features`.
            texts: Array of `n` rows of `text_features`.
            batch_size: int. Pairs fused at once. Defaults to `256`.
        """
        inputs = {"reference": images, "modification": texts}
        return _unit(self._run(self._query, inputs, batch_size))

    def parts(self, images, texts, batch_size=256):
        """What the fusion adds up to the query: see `Fusion.parts`.

        Takes what `fuse` takes. `ValueError` if the fusion is no sum.
        """
        if not self.has_parts:
            self.fusion.parts(images, texts)  # says so
        inputs = {"reference": images, "modification": texts}
        return self._run(self._parts, inputs, batch_size)

    def image_embeddings(self, images, batch_size=256):
        """Features of images as `embed_targets` embeds them."""
        if self.fusion.uses_feature_map:
            images = self._run(self._projection, images, batch_size)
        return _unit(images)

    @functools.cached_property
    def _images(self):
        encoder = self._model.image_encoder
        maps = self.fusion.uses_feature_map
        output = encoder.output["feature_map" if maps else "embedding"]
        return keras.Model(encoder.input, output)

    @functools.cached_property
    def _texts(self):
        encoder = self._model.text_encoder
        if len(encoder.output.shape) != 2:
            raise ValueError(
                "`text_encoder` must give one vector a text, to be embedded "
                "apart from the images. Received: an output of shape "
                f"{encoder.output.shape}"
            )
        return keras.Model(encoder.input, encoder.output)

    @functools.cached_property
    def _query(self):
        inputs = {
            name: keras.Input(tower.output.shape[1:], name=name)
            for name, tower in (
                ("reference", self._images),
                ("modification", self._texts),
            )
        }
        query = self.fusion(inputs["reference"], inputs["modification"])
        if self.fusion.uses_feature_map:
            query = self._model.image_encoder.project(query)
        return keras.Model(inputs, query)

    @functools.cached_property
    def _parts(self):
        return _Parts(self.fusion)

    @functools.cached_property
    def _projection(self):
        maps = keras.Input(self._images.output.shape[1:])
        return keras.Model(maps, self._model.image_encoder.project(maps))

    def _run(self, stage, inputs, batch_size):
        outputs = stage.predict(inputs, batch_size=batch_size, verbose=0)
        return keras.tree.map_structure(
            lambda rows: np.asarray(rows, "float32"), outputs
        )


class _Parts(keras.Model):
    """A fusion's `parts` as a model of its inputs."""

    def __init__(self, fusion):
        super().__init__(name="parts")
        self._fusion = fusion

    def call(self, inputs):
        return self._fusion.parts(inputs["reference"], inputs["modification"])


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
