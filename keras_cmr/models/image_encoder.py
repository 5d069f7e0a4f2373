"""Images to embeddings, with the feature maps on the way."""

import keras
from keras import layers

from keras_cmr.layers.quantization import dtype_config
from keras_cmr.layers.quantization import quantize_as
from keras_cmr.models.efficientnet_lite import load_efficientnet_lite
from keras_cmr.models.freeze_normalization import freeze_normalization
from keras_cmr.models.freeze_normalization import normalizations
from keras_cmr.models.image_preset import load_image_preset
from keras_cmr.models.vision_towers import vision_backbone
from keras_cmr.models.vision_towers import vision_tower

POOLINGS = ("average", "flatten", "token")


@keras.saving.register_keras_serializable(package="keras_cmr")
class ImageEncoder(keras.Model):
    """An image encoder over an image backbone of KerasHub.

    Rescales the pixels, runs the backbone, pools its last feature map and
    projects it: `embedding = Dense(embedding_dim)(pool(feature_map))`. The
    embedding is not normalised. The maps on the way come out too, as taps for
    local mutual-information terms; what nobody uses is not computed when the
    encoder is part of a larger graph.

    Convolutional backbones (ResNet, DenseNet, CSPNet, EfficientNet and other
    feature pyramids, MobileNet, HGNetV2) name their levels themselves, mostly
    `"P2"`, `"P3"`, ... Transformers (ViT, CLIP, SigLIP, DINOV2, DINOV3) have
    the levels `"block_1"`, `"block_2"`, ..., the patches after so many blocks;
    class token and registers are in no map. Of CLIP and SigLIP only the vision
    encoder is used.

    `encoder.backbone.trainable = False` freezes the backbone, its batch
    statistics too, and is saved with the model. The weights of parts that
    nothing needs, such as a text tower, are not weights of the encoder.

    Args:
        backbone: A `keras_hub.models` backbone of a family named above.
        image_size: int. Height and width of the images in pixels.
        embedding_dim: int. Size of the embedding. Defaults to `512`.
        pooling: `"average"` over places; `"flatten"`, which keeps where
            things are: right for scenes whose layout matters; or `"token"`,
            what a transformer itself sums an image up with: the class token
            (ViT, CLIP, DINO) or attention pooling (SigLIP). `"token"` has no
            use for fusions of feature maps. Defaults to `"average"`.
        scale: float or three floats, one a channel. Factor applied to the
            pixels 0 to 255 first. Defaults to `1 / 127.5`.
        offset: float or three floats. Added after `scale`. Defaults to
            `-1.0`.
        taps: Sequence of the levels wanted in the output: names, or numbers
            of a transformer's blocks, from 1. `None` means all of them.
            Defaults to `None`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Tensor of shape `(batch, image_size, image_size, 3)`, pixels
            from 0 to 255, of any integer or float type.

    Attributes:
        pooled: Symbolic tensor, what `projection` projects.

    Returns:
        Dict of float tensors: `"embedding"` `(batch, embedding_dim)`,
        `"feature_map"` `(batch, height, width, channels)`, the backbone's
        last map, and one map for each level.

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
        taps=None,
        **kwargs,
    ):
        backbone = vision_backbone(backbone)
        if not backbone.trainable:
            # Revived from its config, it is frozen but its layers are not.
            for layer in backbone.layers:
                layer.trainable = False
        pixels = keras.tree.flatten(backbone.input)[0]
        _check_size(image_size, pixels.shape[1:3])
        if pooling not in POOLINGS:
            raise ValueError(
                f"`pooling` must be one of {POOLINGS}. "
                f"Received: pooling={pooling!r}"
            )
        scale = _per_channel("scale", scale)
        offset = _per_channel("offset", offset)
        tower = vision_tower(backbone, image_size)
        if pooling == "token" and tower.token is None:
            raise ValueError(
                '`pooling="token"` needs a backbone with a class token or an '
                'attention-pooling head: use "average" or "flatten". Received: '
                f"a {type(backbone).__name__} without one"
            )
        names = _names(taps, tower.levels)

        # === Layers ===
        rescale = layers.Rescaling(scale, offset, name="rescale")
        outputs = {name: tower.levels[name] for name in names}
        outputs["feature_map"] = tower.feature_map
        if pooling == "token":
            outputs["token"] = tower.token
        trunk = keras.Model(pixels, outputs, name="trunk")
        pool = {
            "average": layers.GlobalAveragePooling2D,
            "flatten": layers.Flatten,
            "token": layers.Identity,
        }[pooling](name="pool")
        dense = layers.Dense(embedding_dim, name="projection")

        # === Functional Model ===
        images = keras.Input((image_size, image_size, 3), name="images")
        features = dict(trunk(rescale(images)))
        pooled = features.pop("token", features["feature_map"])
        pooled = pool(pooled)
        features["embedding"] = dense(pooled)
        super().__init__(inputs=images, outputs=features, **kwargs)

        # === Config ===
        # An attribute would make all of the backbone part of this model, also
        # what the trunk leaves out.
        self._get_backbone = lambda: backbone
        self.image_size = image_size
        self.embedding_dim = embedding_dim
        self.pooling = pooling
        self.scale = scale
        self.offset = offset
        self.taps = None if taps is None else names
        self.pool = pool
        self.pooled = pooled
        self.projection = dense

    @property
    def backbone(self):
        """The KerasHub backbone, whose layers the encoder shares."""
        return self._get_backbone()

    def project(self, feature_map):
        """The embedding of a map like `"feature_map"`, however it came."""
        if self.pooling == "token":
            raise ValueError(
                'An encoder with `pooling="token"` makes no embedding of a '
                'feature map: use "average" or "flatten" with fusions that '
                "take the feature map."
            )
        return self.projection(self.pool(feature_map))

    @classmethod
    def from_preset(cls, preset, image_size=None, **kwargs):
        """An encoder over a pretrained backbone of KerasHub.

        Args:
            preset: str. A folder written by `save_to_preset`, or the name of
                any KerasHub preset.
            image_size: int. `None` means that of the preset. DINO's tables of
                positions are resampled to another size, convolutional
                backbones take any, others only their own. Defaults to `None`.
            **kwargs: Passed to `ImageEncoder`; `scale` and `offset` default
                to those of the preset's image converter, if it has one.
        """
        backbone, settings = load_image_preset(preset, image_size)
        return cls(backbone, **{**settings, **kwargs})

    @classmethod
    def from_package(cls, name, image_size=None, **kwargs):
        """An encoder with ImageNet weights out of a Python package.

        Args:
            name: str. `"efficientnet-lite0"`, `"efficientnet-lite1"` or
                `"efficientnet-lite2"`.
            image_size: int. `None` means that of the weights, 224, 240 or 260
                pixels; smaller ones cost accuracy. Defaults to `None`.
            **kwargs: Passed to `ImageEncoder`.

        Raises:
            ImportError: If the package is not installed, with the command
                that installs it.
        """
        backbone, settings = load_efficientnet_lite(name)
        if image_size is not None:
            settings["image_size"] = image_size
        return cls(backbone, **{**settings, **kwargs})

    def get_config(self):
        return {
            "name": self.name,
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "image_size": self.image_size,
            "embedding_dim": self.embedding_dim,
            "pooling": self.pooling,
            "scale": self.scale,
            "offset": self.offset,
            "taps": self.taps,
            "dtype": dtype_config(self),
            **self._frozen_parts(),
        }

    def _frozen_parts(self):
        # A block that is made of layers forgets which of them were frozen.
        # Only where it is so: the config is part of every fingerprint.
        found = normalizations(self.backbone)
        if not found or not self.backbone.trainable:
            return {}
        frozen = not any(layer.trainable for layer in found)
        return {"frozen_normalization": True} if frozen else {}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["backbone"] = keras.saving.deserialize_keras_object(
            config["backbone"], custom_objects
        )
        dtype = config.pop("dtype", None)
        frozen = config.pop("frozen_normalization", False)
        encoder = cls(**config)
        if frozen:
            freeze_normalization(encoder.backbone)
        return quantize_as(encoder, dtype)


def _check_size(image_size, built_for):
    fixed = tuple(size for size in built_for if size is not None)
    if any(size != image_size for size in fixed):
        raise ValueError(
            "`image_size` must be the size that the backbone was built for, "
            f"{'x'.join(map(str, fixed))}. Received: image_size={image_size}"
        )


def _per_channel(name, value):
    if isinstance(value, (int, float)):
        return float(value)
    if len(value) != 3:
        raise ValueError(
            f"`{name}` must be a float or three floats. "
            f"Received: {name}={value!r}"
        )
    return [float(item) for item in value]


def _names(taps, levels):
    """Names of the levels asked for; a number means a block."""
    if taps is None:
        return list(levels)
    names = [f"block_{tap}" if isinstance(tap, int) else tap for tap in taps]
    unknown = [name for name in names if name not in levels]
    if unknown:
        raise ValueError(
            f"`taps` must be among the levels of the backbone, {list(levels)}. "
            f"Received: {unknown}"
        )
    return names
