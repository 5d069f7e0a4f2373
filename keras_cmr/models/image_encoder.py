"""Images to embeddings, with the feature maps on the way."""

import keras
from keras import layers

from keras_cmr.layers.quantization import dtype_config
from keras_cmr.layers.quantization import quantize_as

POOLINGS = ("average", "flatten")


@keras.saving.register_keras_serializable(package="keras_cmr")
class ImageEncoder(keras.Model):
    """An image encoder over any KerasHub feature-pyramid backbone.

    Rescales the pixels, runs the backbone, pools its last feature map and
    projects it: `embedding = Dense(embedding_dim)(pool(feature_map))`. The
    embedding is not normalised. The levels of the pyramid come out too, as
    taps for local mutual-information terms; what nobody uses is not computed
    when the encoder is part of a larger graph.

    Args:
        backbone: `keras_hub.models.FeaturePyramidBackbone`, such as
            `ResNetBackbone`.
        image_size: int. Height and width of the images in pixels.
        embedding_dim: int. Size of the embedding. Defaults to `512`.
        pooling: `"average"`, or `"flatten"`, which keeps where things are:
            right for scenes whose layout matters. Defaults to `"average"`.
        scale: float. Factor applied to the pixels 0 to 255 first.
            Defaults to `1 / 127.5`.
        offset: float. Added after `scale`. Defaults to `-1.0`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Tensor of shape `(batch, image_size, image_size, 3)`, pixels
            from 0 to 255, of any integer or float type.

    Returns:
        Dict of float tensors: `"embedding"` `(batch, embedding_dim)`,
        `"feature_map"` `(batch, height, width, channels)`, and one
        `"P2"`, `"P3"`, ... for each level of the pyramid.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    encoder = keras_cmr.models.ImageEncoder(
        keras_cmr.models.small_resnet(), image_size=64, embedding_dim=32
    )
    encoder(np.zeros((1, 64, 64, 3)))["embedding"]  # (1, 32)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119): ResNet-18, average
      pooling, one dense layer
    """

    def __init__(
        self,
        backbone,
        image_size,
        embedding_dim=512,
        pooling="average",
        scale=1 / 127.5,
        offset=-1.0,
        **kwargs,
    ):
        levels = getattr(backbone, "pyramid_outputs", None)
        if not levels:
            raise ValueError(
                "`backbone` must be a KerasHub feature-pyramid backbone, such "
                f"as ResNetBackbone. Received: backbone={backbone!r}"
            )
        if pooling not in POOLINGS:
            raise ValueError(
                f"`pooling` must be one of {POOLINGS}. "
                f"Received: pooling={pooling!r}"
            )
        # === Layers ===
        rescale = layers.Rescaling(scale, offset, name="rescale")
        trunk = keras.Model(
            backbone.input,
            {**levels, "feature_map": backbone.output},
            name="trunk",
        )
        pool = (
            layers.GlobalAveragePooling2D(name="pool")
            if pooling == "average"
            else layers.Flatten(name="pool")
        )
        dense = layers.Dense(embedding_dim, name="projection")

        # === Functional Model ===
        images = keras.Input((image_size, image_size, 3), name="images")
        features = dict(trunk(rescale(images)))
        features["embedding"] = dense(pool(features["feature_map"]))
        super().__init__(inputs=images, outputs=features, **kwargs)

        # === Config ===
        self.backbone = backbone
        self.image_size = image_size
        self.embedding_dim = embedding_dim
        self.pooling = pooling
        self.scale = scale
        self.offset = offset
        self.pool = pool
        self.projection = dense

    def project(self, feature_map):
        """The embedding of a map like `"feature_map"`, however it came."""
        return self.projection(self.pool(feature_map))

    def get_config(self):
        return {
            "name": self.name,
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "image_size": self.image_size,
            "embedding_dim": self.embedding_dim,
            "pooling": self.pooling,
            "scale": self.scale,
            "offset": self.offset,
            "dtype": dtype_config(self),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["backbone"] = keras.saving.deserialize_keras_object(
            config["backbone"], custom_objects
        )
        dtype = config.pop("dtype", None)
        return quantize_as(cls(**config), dtype)
