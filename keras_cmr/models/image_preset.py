"""Pretrained image backbones with the preprocessing they were trained with."""

import keras
import keras_hub

from keras_cmr.models.vision_towers import vision_backbone

# Their tables of positions fit one image size only.
FIXED = (
    keras_hub.models.ViTBackbone,
    keras_hub.models.CLIPVisionEncoder,
    keras_hub.models.SigLIPVisionEncoder,
)


def load_image_preset(preset, image_size=None):
    """A backbone with its weights, and how to use it.

    Args:
        preset: str. A folder written by `save_to_preset`, or the name of any
            KerasHub preset.
        image_size: int. `None` means that of the preset. Defaults to `None`.

    Returns:
        Tuple of the backbone, without the text tower if it had one, and a dict
        of the arguments `image_size` and, if the preset has an image
        converter, `scale` and `offset` of `ImageEncoder`.
    """
    preset = str(preset)
    backbone = vision_backbone(load_backbone(preset))
    converter = image_converter(preset)
    height, width = keras.tree.flatten(backbone.input)[0].shape[1:3]
    if image_size is None:
        if height is None and converter is not None and converter.image_size:
            height, width = converter.image_size
        if height is None or height != width:
            raise ValueError(
                "`image_size` must be given: the preset names no square size. "
                f"Received: preset={preset!r}, of size {height}x{width}"
            )
        image_size = height
    elif height not in (None, image_size) and not isinstance(backbone, FIXED):
        shape = (image_size, image_size, 3)
        backbone = vision_backbone(load_backbone(preset, image_shape=shape))
    return backbone, {"image_size": image_size, **rescaling(converter)}


def load_backbone(preset, **kwargs):
    """The backbone of a preset, whole, or the error that names `preset`."""
    try:
        return keras_hub.models.Backbone.from_preset(preset, **kwargs)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            "`preset` must be a folder written by `save_to_preset` or the name "
            f"of a KerasHub preset. Received: preset={preset!r}: {reason}"
        ) from error


def rescaling(converter):
    """The arguments `scale` and `offset` that a converter stands for."""
    if converter is None:
        return {}
    scale, offset = converter.scale, converter.offset
    return {
        "scale": 1.0 if scale is None else scale,
        "offset": 0.0 if offset is None else offset,
    }


def image_converter(preset):
    """The image converter of a preset, or `None` if it has none."""
    try:
        return keras_hub.layers.ImageConverter.from_preset(preset)
    except (OSError, ValueError):
        return None
