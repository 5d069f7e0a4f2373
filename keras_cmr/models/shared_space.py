"""Images and texts where CLIP and SigLIP put them: in one space."""

import hashlib
import json

import keras
import keras_hub
import numpy as np
from keras import layers

from keras_cmr.models.any_batch import outputs
from keras_cmr.models.fingerprint import add_weights
from keras_cmr.models.fingerprint import graph_config
from keras_cmr.models.image_preset import image_converter
from keras_cmr.models.image_preset import load_backbone
from keras_cmr.models.image_preset import rescaling
from keras_cmr.models.sentence_vectors import SentenceVectors
from keras_cmr.models.text_encoder import TextEncoder
from keras_cmr.models.vision_towers import PAIRS


class SharedSpace:
    """The space of an image-text model that was trained on both.

    Args:
        backbone: `keras_hub.models.CLIPBackbone` or `SigLIPBackbone`.
        tokenizer: The tokenizer of its texts.
        scale: float or three floats. Factor applied to the pixels 0 to 255
            first. Defaults to `1 / 127.5`.
        offset: float or three floats. Added after it. Defaults to `-1.0`.
        description: str. What it is, for people. Defaults to the name of the
            backbone's class.

    Reference:
    - [Radford et al., 2021](https://arxiv.org/abs/2103.00020)
    - [Zhai et al., 2023](https://arxiv.org/abs/2303.15343)
    """

    limits = ""

    def __init__(
        self,
        backbone,
        tokenizer,
        scale=1 / 127.5,
        offset=-1.0,
        description=None,
    ):
        if not isinstance(backbone, PAIRS):
            raise ValueError(
                "`backbone` must be a CLIP or SigLIP of KerasHub, which put "
                "images and texts into one space. Received: "
                f"{type(backbone).__name__}"
            )
        shape = backbone.vision_encoder.image_shape
        self.image_size = shape[0]
        self.description = description or type(backbone).__name__
        images = keras.Input(shape, name="images")
        pixels = layers.Rescaling(scale, offset, name="rescale")(images)
        embeddings = backbone.get_vision_embeddings(pixels)
        self._images = keras.Model(images, embeddings, name="images_tower")
        encoder = TextEncoder(backbone, tokenizer, embedding_dim=None)
        self._texts = SentenceVectors(encoder)

    @classmethod
    def from_preset(cls, preset):
        """The space of a KerasHub preset: its name, or a folder."""
        preset = str(preset)
        backbone = load_backbone(preset)
        if not isinstance(backbone, PAIRS):
            raise ValueError(
                "`preset` must be one of CLIP or SigLIP, which put images and "
                f"texts into one space. Received: preset={preset!r}, a "
                f"{type(backbone).__name__}"
            )
        tokenizer = keras_hub.tokenizers.Tokenizer.from_preset(preset)
        settings = rescaling(image_converter(preset))
        return cls(backbone, tokenizer, **settings, description=preset)

    def embed_images(self, pixels):
        """Float32 array `(n, dim)`, rows of length 1, of pixels 0 to 255."""
        rows = outputs(self._images, pixels)
        return keras.utils.normalize(np.asarray(rows, "float32"))

    def embed_texts(self, texts):
        """Float32 array `(n, dim)`, rows of length 1."""
        return self._texts(texts)

    def identity(self):
        """Bytes that change with the embeddings."""
        graph = keras.saving.serialize_keras_object(self._images)
        config = json.dumps(graph_config(graph), sort_keys=True)
        digest = hashlib.sha256(config.encode())
        add_weights(digest, self._images.weights)
        digest.update(self._texts.identity())
        return digest.digest()
