"""Where the feature maps are in each family of KerasHub's image backbones."""

import types
from typing import Any
from typing import NamedTuple

import keras
import keras_hub
from keras import ops


class Tower(NamedTuple):
    """Symbolic tensors of one backbone.

    Attributes:
        levels: Dict from the name of a level to its map, shallow to deep.
        feature_map: The backbone's last map.
        token: The vector with which the backbone itself sums up an image, or
            `None`.
    """

    levels: dict
    feature_map: Any
    token: Any = None


def _pyramid(backbone, image_size):
    return Tower(dict(backbone.pyramid_outputs), backbone.output)


def _stages(backbone, image_size):
    levels = dict(backbone.output)
    return Tower(levels, list(levels.values())[-1])


def _strides(backbone, image_size):
    """Level `Pn` is the last map that is `2^n` times smaller than the image."""
    levels, level = {}, 0
    for layer in backbone.layers:
        stride = getattr(layer, "strides", getattr(layer, "stride", 1))
        if stride in (2, (2, 2)):
            level += 1
        if level:
            levels[f"P{level}"] = layer.output
    return Tower(levels, backbone.output)


def _vit(backbone, image_size):
    # The encoder is one layer, so its blocks are called one by one.
    encoder = backbone.get_layer("vit_encoder")
    embedding = backbone.get_layer("vit_patching_and_embedding")
    x, blocks = encoder.dropout(embedding.output), []
    for block in encoder.encoder_layers:
        x = block(x)
        blocks.append(x)
    tokens = encoder.layer_norm(x)
    grid = [image_size // patch for patch in backbone.patch_size]
    if not backbone.use_class_token:
        return _tower(blocks, tokens, grid, num_prefix=0)
    return _tower(blocks, tokens, grid, 1, tokens[:, 0])


def _clip(backbone, image_size):
    blocks = [block.output for block in backbone.encoder_layers]
    tokens = backbone.layer_norm.output
    grid = [image_size // backbone.patch_size] * 2
    return _tower(blocks, tokens, grid, 1, tokens[:, 0])


def _siglip(backbone, image_size):
    blocks = [block.output for block in backbone.encoder_layers]
    tokens = backbone.post_layer_norm.output
    grid = [image_size // backbone.patch_size] * 2
    return _tower(blocks, tokens, grid, 0, backbone.head.output)


def _dino(backbone, image_size):
    if backbone.use_mask_token:
        # Pretraining's alone: nothing here ever gives it a gradient.
        backbone.embeddings.mask_token.trainable = False
    outputs = backbone.pyramid_outputs
    blocks = [outputs[f"stage{i + 1}"] for i in range(backbone.num_layers)]
    tokens = backbone.output
    grid = [image_size // backbone.patch_size] * 2
    num_prefix = 1 + backbone.num_register_tokens
    return _tower(blocks, tokens, grid, num_prefix, tokens[:, 0])


def _dino_v2(backbone, image_size):
    # KerasHub resamples the table of positions when it saves and when it
    # loads, and so loses what training changed in it. Stored as it is, it
    # comes back as it was.
    table = backbone.embeddings
    for name in ("save_own_variables", "load_own_variables"):
        plain = getattr(keras.layers.Layer, name)
        setattr(table, name, types.MethodType(plain, table))
    return _dino(backbone, image_size)


def _tower(blocks, tokens, grid, num_prefix, token=None):
    """Sequences of tokens as maps; the first tokens are no place in them."""

    def as_map(sequence):
        shape = (-1, *grid, sequence.shape[-1])
        return ops.reshape(sequence[:, num_prefix:], shape)

    levels = {f"block_{i}": as_map(x) for i, x in enumerate(blocks, start=1)}
    return Tower(levels, as_map(tokens), token)


# DINO's are feature pyramids too, of sequences: they come first.
FAMILIES = {
    keras_hub.models.ViTBackbone: _vit,
    keras_hub.models.CLIPVisionEncoder: _clip,
    keras_hub.models.SigLIPVisionEncoder: _siglip,
    keras_hub.models.DINOV2Backbone: _dino_v2,
    keras_hub.models.DINOV3Backbone: _dino,
    keras_hub.models.MobileNetBackbone: _strides,
    keras_hub.models.HGNetV2Backbone: _stages,
    keras_hub.models.FeaturePyramidBackbone: _pyramid,
}

# Of two towers, the one that sees.
PAIRS = (keras_hub.models.CLIPBackbone, keras_hub.models.SigLIPBackbone)


def vision_backbone(backbone):
    """The backbone itself, or the vision encoder of an image-text model.

    Raises:
        ValueError: If it is of no family that `vision_tower` knows.
    """
    if isinstance(backbone, PAIRS):
        backbone = backbone.vision_encoder
    if not isinstance(backbone, tuple(FAMILIES)):
        others = [kind.__name__ for kind in FAMILIES][:-1]
        raise ValueError(
            "`backbone` must be a KerasHub feature-pyramid backbone, such as "
            "ResNetBackbone, DenseNetBackbone, CSPNetBackbone or "
            "EfficientNetBackbone, or one of CLIPBackbone, SigLIPBackbone, "
            f"{', '.join(others)}. Received: backbone={backbone!r}"
        )
    return backbone


def vision_tower(backbone, image_size) -> Tower:
    """The `Tower` of a backbone that `vision_backbone` returned."""
    family = next(kind for kind in FAMILIES if isinstance(backbone, kind))
    return FAMILIES[family](backbone, image_size)
