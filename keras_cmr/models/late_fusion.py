"""Image and text embedded apart and added: search without training."""

import copy
import functools
import hashlib
from pathlib import Path

import keras
import numpy as np

from keras_cmr.models.class_name_space import ClassNameSpace
from keras_cmr.models.class_name_space import installed_texts
from keras_cmr.models.efficientnet_lite import VARIANTS
from keras_cmr.models.images import load_image
from keras_cmr.models.images import load_images
from keras_cmr.models.repeats import distinct_rows
from keras_cmr.models.shared_space import SharedSpace

# What a question is made of where the caller does not say.
TEXT_WEIGHT = 0.5


class LateFusion:
    """Searches by an image and a text, embedded apart and added.

    A model without training, for a gallery of any pictures:

    `query = unit((1 - text_weight) * image + text_weight * text)`

    so that candidates come in the order of `(1 - text_weight)` times their
    score in a search by the image alone, plus `text_weight` times that in a
    search by the text alone. That is late fusion, and it does **not compose**:
    the text is a wish beside the image, not a change of it. "without",
    "instead of", "replace black with blue", "left of" and "two" are read as
    the words in them, and nothing is taken away from the reference. A
    `ComposedRetriever` trained on triplets of such pictures does that.

    `LateFusion.from_package()` needs no download; its pictures meet words
    only by way of the 1,000 classes of ImageNet (see
    `keras_cmr.models.ClassNameSpace`): it finds a beach or a sports car, and
    knows nothing of colours, persons, places by name, or the time of day.
    `LateFusion.from_preset("clip_vit_base_patch16")` reads a CLIP or SigLIP
    of KerasHub, which was trained on pictures with texts and so is not bound
    to names of classes. It has not been measured here: no hub was in reach.

    Args:
        space: `ClassNameSpace`, `SharedSpace`, or an object like them: it has
            `image_size`, `description` and `limits` (strings for people),
            `embed_images(pixels)` and `embed_texts(texts)`, which return
            float arrays of one width with rows of length 1, and `identity()`,
            bytes that change with the embeddings.
        text_weight: float in (0, 1). What the text counts for; more of it,
            and the hits look less like the reference. It may be set anew at
            any time: candidates do not depend on it, and so neither does
            `fingerprint`. Defaults to `0.5`.

    Attributes:
        recipe: str or `None`. By what `from_recipe` makes the model again.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    class MeanColour:
        image_size, description, limits = 8, "mean colour", ""

        def embed_images(self, pixels):
            rows = np.mean(pixels, axis=(1, 2)) + 1.0
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

        def embed_texts(self, texts):
            names = ["red", "green", "blue"]
            return np.eye(3)[[names.index(text) for text in texts]]

        def identity(self):
            return b"mean colour"

    model = keras_cmr.models.LateFusion(MeanColour())
    black = np.zeros((1, 8, 8, 3), "uint8")
    model.embed_queries(black, ["red"])  # greyish red: [[0.89, 0.33, 0.33]]
    ```

    Reference:
    - [Norouzi et al., 2014](https://arxiv.org/abs/1312.5650), how the packaged
      default brings pictures and words together
    - [Radford et al., 2021](https://arxiv.org/abs/2103.00020), CLIP
    """

    # What the page of `keras-cmr serve` calls it.
    title = "late fusion (untrained)"

    def __init__(self, space, text_weight=TEXT_WEIGHT):
        for name in ("embed_images", "embed_texts", "identity", "image_size"):
            if not hasattr(space, name):
                raise TypeError(
                    f"`space` must have `{name}`. Received: space={space!r}"
                )
        self.space = space
        self.recipe = None
        self.text_weight = text_weight

    @classmethod
    def from_package(
        cls,
        images="efficientnet-lite0",
        texts=None,
        text_weight=TEXT_WEIGHT,
        **kwargs,
    ):
        """A model from weights that Python packages ship: no download.

        Args:
            images: str. `"efficientnet-lite0"`, `-lite1` or `-lite2`, which
                see more and take longer.
            texts: str. `"all-minilm-l6-v2"`, a sentence encoder, or
                `"glove-6b-50d"`, averages of word vectors, which is faster
                and knows less. Defaults to the first of them whose package is
                installed; `description` says which.
            text_weight: As of the class.
            **kwargs: Passed to `ClassNameSpace`.

        Raises:
            ImportError: If a package is missing, with the command that
                installs it.
        """
        texts = texts or installed_texts()
        space = ClassNameSpace.from_package(images, texts, **kwargs)
        model = cls(space, text_weight)
        model.recipe = None if kwargs else f"{images}+{texts}"
        return model

    @classmethod
    def from_preset(cls, preset, text_weight=TEXT_WEIGHT):
        """A model from a CLIP or SigLIP preset of KerasHub.

        Args:
            preset: str. Its name, such as `"clip_vit_base_patch16"` or
                `"siglip2_base_patch16_224"`, whose weights KerasHub
                downloads once; or a folder written by `save_to_preset`.
            text_weight: As of the class.
        """
        model = cls(SharedSpace.from_preset(preset), text_weight)
        folder = Path(preset)
        model.recipe = str(folder.resolve() if folder.is_dir() else preset)
        return model

    @classmethod
    def from_recipe(cls, recipe=None, text_weight=TEXT_WEIGHT):
        """The model that `recipe` of another one says how to make.

        Args:
            recipe: str. Packages, `"efficientnet-lite0+all-minilm-l6-v2"`; or
                a preset, as of `from_preset`. Defaults to `None`: that of
                `from_package()`.
            text_weight: As of the class.
        """
        if recipe is None:
            return cls.from_package(text_weight=text_weight)
        images, plus, texts = recipe.partition("+")
        if plus and images in VARIANTS:
            return cls.from_package(images, texts, text_weight)
        return cls.from_preset(recipe, text_weight)

    @property
    def text_weight(self):
        return self._text_weight

    @text_weight.setter
    def text_weight(self, value):
        self._text_weight = checked_text_weight(value)

    @property
    def description(self):
        """What embeds, in a few words."""
        return f"late fusion of {self.space.description}"

    @property
    def limits(self):
        """What not to expect, in a line."""
        return (
            f"{self.description}: image and text are embedded apart and added, "
            f'so no "without", no "instead of", no counts{self.space.limits}; '
            "a model trained on your triplets composes"
        )

    @property
    def image_size(self):
        """Height and width, in pixels, of the images the model sees."""
        return self.space.image_size

    @functools.cached_property
    def fingerprint(self):
        """Hash of what decides the embeddings of candidates.

        It tells weights and settings apart, but not `text_weight`.
        """
        digest = hashlib.sha256(b"keras_cmr.LateFusion 1")
        digest.update(self.space.identity())
        return digest.hexdigest()

    def prepare_image(self, image):
        """One image, upright, as the pixels the model sees.

        Photos lie on their side in many a file, which notes how to turn them.
        """
        return load_image(image, self.image_size, upright=True)

    def embed_targets(self, images, batch_size=64, verbose=0):
        """Embeddings of candidates.

        Args:
            images: Sequence of `n` paths, PIL images or arrays, or one
                integer array `(n, height, width, 3)`, values 0 to 255.
            batch_size: int. Images embedded at a time. Defaults to `64`.
            verbose: Taken, and not used, as other models' is.

        Returns:
            Float32 array `(n, dim)`, rows of length 1.
        """
        pixels = self._read(images)
        if not len(pixels):
            raise ValueError("`images` must hold an image. Received: none")
        rows = [
            self.space.embed_images(pixels[start : start + batch_size])
            for start in range(0, len(pixels), batch_size)
        ]
        return np.concatenate(rows).astype("float32")

    def embed_texts(self, modifications, batch_size=256, verbose=0):
        """Queries of texts alone: float32 array `(n, dim)`, unit rows."""
        texts = list(modifications)
        if not texts:
            raise ValueError("`modifications` must hold a text. Received: none")
        rows = [
            self.space.embed_texts(texts[start : start + batch_size])
            for start in range(0, len(texts), batch_size)
        ]
        return np.concatenate(rows).astype("float32")

    def embed_queries(
        self, references, modifications, batch_size=64, verbose=0
    ):
        """Queries of images and texts; arguments as of the other two."""
        pixels = self._read(references)
        texts = list(modifications)
        if len(pixels) != len(texts):
            raise ValueError(
                "`references` and `modifications` must be equally many. "
                f"Received: {len(pixels)} and {len(texts)}"
            )
        images, rows = distinct_rows(pixels)
        return self.fuse(
            self.embed_targets(images, batch_size)[rows],
            self.embed_texts(texts),
        )

    def fuse(self, images, texts):
        """Queries `(n, dim)` of `n` embeddings of images and of texts."""
        share = self.text_weight
        return keras.utils.normalize((1 - share) * images + share * texts)

    def weighted(self, text_weight):
        """The same model with another `text_weight`."""
        other = copy.copy(self)
        other.text_weight = text_weight
        return other

    def _read(self, images):
        if not isinstance(images, np.ndarray):
            images = [self.prepare_image(image) for image in images]
        return load_images(images, self.image_size)


def checked_text_weight(value):
    """`value` as a float, or the error that says what a weight is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`text_weight` must be a number. Received: {value!r}")
    if not 0 < value < 1:
        raise ValueError(
            "`text_weight` must lie between 0 and 1; leave the image or the "
            f"text out to search by the other alone. Received: {value}"
        )
    return float(value)
