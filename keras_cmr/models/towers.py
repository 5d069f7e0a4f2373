"""What a trained retriever is for: queries and targets as embeddings."""

import contextlib
import functools

import keras
import numpy as np
from tqdm import tqdm

from keras_cmr.models.any_batch import outputs
from keras_cmr.models.fingerprint import model_fingerprint
from keras_cmr.models.images import load_image
from keras_cmr.models.images import load_images
from keras_cmr.models.query_stages import QueryStages
from keras_cmr.models.repeats import distinct_rows


class Towers:
    """The inference half of `keras_cmr.models.ComposedRetriever`.

    Both towers are models of their own, which can be called, saved and
    exported; neither holds anything that only training needs.
    """

    @functools.cached_property
    def query_encoder(self):
        """Model from `{"reference", "modification"}` to the query."""
        inputs = {k: self.input[k] for k in ("reference", "modification")}
        return keras.Model(inputs, self._searched_query, name="query_encoder")

    @functools.cached_property
    def target_encoder(self):
        """Model from target pixels to the target's embedding."""
        return keras.Model(
            self.input["target"], self.output["target"], name="target_encoder"
        )

    @functools.cached_property
    def _text_tower(self):
        encoder = self.text_encoder
        return keras.Model(encoder.input, encoder.output, name="text_tower")

    @functools.cached_property
    def _reference_tower(self):
        """Model from reference pixels to what the fusion takes of them."""
        return keras.Model(
            self.input["reference"],
            self._reference_source,
            name="reference_tower",
        )

    @functools.cached_property
    def _composer(self):
        """Model from what `_reference_tower` gives and texts to the query."""
        inputs = [self._reference_source, self.input["modification"]]
        return keras.Model(inputs, self._searched_query, name="composer")

    @functools.cached_property
    def query_stages(self):
        """The query encoder in stages: `keras_cmr.models.QueryStages`."""
        return QueryStages(self)

    def quantize(self, *args, **kwargs):
        super().quantize(*args, **kwargs)
        # Their predict functions were traced with the float weights.
        for name in (
            "query_encoder",
            "target_encoder",
            "_text_tower",
            "_reference_tower",
            "_composer",
            "query_stages",
        ):
            self.__dict__.pop(name, None)

    @property
    def image_size(self):
        """Height and width, in pixels, of the images the model sees."""
        return self.image_encoder.image_size

    @property
    def fingerprint(self):
        """Hash of what decides a ranking: encoders, fusion, weights."""
        return model_fingerprint(self)

    def prepare_image(self, image):
        """One image as the pixels the model sees.

        `embed_queries` and `embed_targets` take what this gives unchanged, so
        that images can be read in other threads: see
        `keras_cmr.models.images.load_image`.
        """
        return load_image(image, self.image_size)

    def embed_queries(
        self, references, modifications, batch_size=256, verbose=0
    ):
        """Queries of raw images and texts.

        Args:
            references: Sequence of `n` paths, PIL images or arrays, or one
                integer array `(n, height, width, 3)`, values 0 to 255.
            modifications: Sequence of `n` texts.
            batch_size: int. Queries embedded at a time. Defaults to `256`.
            verbose: Whether to show a progress bar. Defaults to `0`.

        Returns:
            Float32 array `(n, dim)`, rows of length 1.
        """
        pixels = self._read(references)
        tokens = self.text_encoder.tokenize(modifications)
        if len(pixels) != len(tokens):
            raise ValueError(
                "`references` and `modifications` must be equally many. "
                f"Received: {len(pixels)} and {len(tokens)}"
            )
        images, rows = distinct_rows(pixels)
        if len(images) == len(pixels):
            inputs = {"reference": pixels, "modification": tokens}
            return self._embed(self.query_encoder, inputs, batch_size, verbose)
        # Many questions about one image: most of the time goes into images.
        tower = self._reference_tower
        sources = self._rows(tower, images, batch_size, verbose)
        inputs = [sources[rows], tokens]
        return self._embed(self._composer, inputs, batch_size, verbose)

    def embed_targets(self, images, batch_size=256, verbose=0):
        """Target embeddings of raw images: see `embed_queries`."""
        pixels = self._read(images)
        return self._embed(self.target_encoder, pixels, batch_size, verbose)

    def embed_texts(self, modifications, batch_size=256, verbose=0):
        """Embeddings of texts alone, to search without a reference.

        They find targets as far as training put texts where their images
        are. No loss here asks for that: `keras_cmr.layers.TextImageMI` sees
        both through projections of its discriminator, and on small CSS scenes
        the cosine of text and target stays at 0 with it as without
        (benchmarks/results/mi_sweep/gap/gap.json). `keras_cmr.gap` measures it.

        Args:
            modifications: Sequence of `n` texts.
            batch_size, verbose: As of `embed_queries`.

        Returns:
            Float32 array `(n, dim)`, rows of length 1.
        """
        width = self.text_encoder.output.shape[-1]
        if width != self.target_encoder.output.shape[-1]:
            raise ValueError(
                "Texts alone are comparable with images only if "
                "`text_encoder` gives embeddings as wide as the image "
                f"encoder's, {self.target_encoder.output.shape[-1]}. "
                f"Received: {width}"
            )
        tokens = self.text_encoder.tokenize(modifications)
        return self._embed(self._text_tower, tokens, batch_size, verbose)

    def _read(self, images):
        return load_images(images, self.image_size)

    def _embed(self, tower, inputs, batch_size, verbose):
        rows = self._rows(tower, inputs, batch_size, verbose)
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)

    def _rows(self, tower, inputs, batch_size, verbose):
        count = len(next(iter(keras.tree.flatten(inputs))))
        if not count:
            return np.zeros((0, *tower.output.shape[1:]), "float32")
        starts = range(0, count, batch_size)
        with _undivided_batches():
            # `predict` builds a pipeline at each call, for a single query at
            # twelve times the CPU time of the tower.
            rows = [
                outputs(tower, _rows_of(inputs, start, batch_size))
                for start in tqdm(starts, "embedding", disable=not verbose)
            ]
        return np.concatenate(rows).astype("float32", copy=False)


def _rows_of(inputs, start, count):
    return keras.tree.map_structure(
        lambda rows: rows[start : start + count], inputs
    )


@contextlib.contextmanager
def _undivided_batches():
    """Without `keras.distribution`, which refuses most sizes of a batch."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        yield
        return
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
