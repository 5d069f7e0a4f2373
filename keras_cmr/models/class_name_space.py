"""Pictures among words by the names of the classes they look like."""

import functools
import hashlib
import json

import keras
import numpy as np

from keras_cmr.models.any_batch import outputs
from keras_cmr.models.fingerprint import add_weights
from keras_cmr.models.fingerprint import graph_config
from keras_cmr.models.imagenet_classifier import imagenet_class_names
from keras_cmr.models.imagenet_classifier import load_imagenet_classifier
from keras_cmr.models.packages import INSTALL
from keras_cmr.models.packages import is_installed
from keras_cmr.models.sentence_vectors import SentenceVectors
from keras_cmr.models.text_encoder import PACKAGES as SENTENCE_PACKAGES
from keras_cmr.models.text_encoder import TextEncoder
from keras_cmr.models.word_average import WordAverage
from keras_cmr.models.word_vectors import PACKAGES as WORD_PACKAGES


class ClassNameSpace:
    """A classifier's features beside the meaning of its classes' names.

    ConSE: the meaning of a picture is the mean of the embeddings of the names
    of its `num_classes` likeliest classes, weighted by their probabilities;
    so a classifier and a text encoder that never met make pictures and texts
    comparable, without training. An image is

    `[sqrt(image_share) * features | sqrt(1 - image_share) * meaning]`

    and a text `[0 | embedding]`, all of length 1, so that the cosine of two
    images is `image_share` times that of their features plus the rest times
    that of their meanings, and the cosine of a text and an image is in the
    order of that of text and meaning. With `centre` the mean of all names is
    taken from names and texts first, what all of them have in common.

    What no class name says cannot be found by words.

    Args:
        classifier: `keras.Model` of pixels 0 to 255, shape `(n, size, size,
            3)`, that gives a dict of `"features"` `(n, dim)` and
            `"probabilities"` `(n, classes)`.
        texts: Callable from `n` texts to a float array `(n, dim)` with rows
            of length 1, and `identity()`, bytes that change with it. Classes
            whose names it does not know, if it has `knows(text)`, count for
            nothing.
        class_names: Sequence of str, one a class.
        num_classes: int. Defaults to `10`.
        image_share: float in (0, 1). Defaults to `0.75`.
        centre: bool. Defaults to `True`.
        description: str. What it is, for people. Defaults to the name of the
            classifier.

    Reference:
    - [Norouzi et al., 2014](https://arxiv.org/abs/1312.5650): ConSE, with ten
      classes
    """

    limits = ", and no colours, persons or moods: nothing but class names"

    def __init__(
        self,
        classifier,
        texts,
        class_names,
        num_classes=10,
        image_share=0.75,
        centre=True,
        description=None,
    ):
        self.class_names = tuple(class_names)
        count = classifier.output["probabilities"].shape[-1]
        if len(self.class_names) != count:
            raise ValueError(
                f"`class_names` must be {count}, one for each class of "
                f"`classifier`. Received: {len(self.class_names)}"
            )
        if not isinstance(num_classes, int) or not 1 <= num_classes <= count:
            raise ValueError(
                f"`num_classes` must be an integer from 1 to {count}. "
                f"Received: num_classes={num_classes!r}"
            )
        if not 0 < image_share < 1:
            raise ValueError(
                "`image_share` must lie between 0 and 1. "
                f"Received: image_share={image_share!r}"
            )
        self.classifier = classifier
        self.texts = texts
        self.num_classes = num_classes
        self.image_share = image_share
        self.centre = centre
        self.image_size = classifier.input.shape[1]
        self.description = description or classifier.name

    @classmethod
    def from_package(cls, images="efficientnet-lite0", texts=None, **kwargs):
        """The space of ImageNet's classes: see `LateFusion.from_package`."""
        if texts is None:
            texts = installed_texts()
        classifier = load_imagenet_classifier(images)
        if texts in SENTENCE_PACKAGES:
            encoder = TextEncoder.from_package(texts, embedding_dim=None)
            vectors = SentenceVectors(encoder)
        elif texts in WORD_PACKAGES:
            vectors = WordAverage(texts)
        else:
            raise ValueError(
                "`texts` must be one of "
                f"{sorted([*SENTENCE_PACKAGES, *WORD_PACKAGES])}. "
                f"Received: texts={texts!r}"
            )
        description = f"{images} (ImageNet's classes) and {texts}"
        return cls(
            classifier,
            vectors,
            imagenet_class_names(),
            **{"description": description, **kwargs},
        )

    def embed_images(self, pixels):
        """Float32 array `(n, dim)`, rows of length 1, of pixels 0 to 255."""
        return self.place(**outputs(self.classifier, pixels))

    def place(self, features, probabilities):
        """The embeddings of images of which the classifier said this."""
        features = keras.utils.normalize(features)
        meaning = self._meaning(probabilities)
        return np.concatenate(
            [
                np.sqrt(self.image_share) * features,
                np.sqrt(1 - self.image_share) * meaning,
            ],
            axis=1,
        )

    def embed_texts(self, texts):
        """Float32 array `(n, dim)`, rows of length 1."""
        rows = keras.utils.normalize(self.texts(texts) - self._origin)
        width = self.classifier.output["features"].shape[-1]
        return np.concatenate([np.zeros((len(rows), width)), rows], axis=1)

    def identity(self):
        """Bytes that change with the embeddings."""
        graph = keras.saving.serialize_keras_object(self.classifier)
        settings = [graph_config(graph), self.class_names]
        settings += [self.num_classes, self.image_share, self.centre]
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        add_weights(digest, self.classifier.weights)
        digest.update(self.texts.identity())
        return digest.digest()

    def _meaning(self, probabilities):
        probabilities = probabilities[:, self._known]
        count = min(self.num_classes, len(self._known))
        least = np.sort(probabilities, axis=1)[:, -count, None]
        weights = np.where(probabilities < least, 0, probabilities)
        weights /= weights.sum(axis=1, keepdims=True)
        return keras.utils.normalize(weights @ (self._names - self._origin))

    @functools.cached_property
    def _known(self):
        knows = getattr(self.texts, "knows", None)
        places = range(len(self.class_names))
        if knows is None:
            return list(places)
        return [i for i in places if knows(self.class_names[i])]

    @functools.cached_property
    def _names(self):
        return self.texts([self.class_names[i] for i in self._known])

    @functools.cached_property
    def _origin(self):
        return self._names.mean(axis=0) if self.centre else np.float32(0)


def installed_texts():
    """Name of the better of the packages of texts that are installed."""
    packages = {
        **SENTENCE_PACKAGES,
        **{n: p[0] for n, p in WORD_PACKAGES.items()},
    }
    for name, distribution in packages.items():
        if is_installed(distribution):
            return name
    raise ImportError(
        "Late fusion needs a package that embeds texts; none of "
        f"{', '.join(packages.values())} is installed: run `{INSTALL}`"
    )
