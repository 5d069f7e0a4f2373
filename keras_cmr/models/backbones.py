"""Two KerasHub backbones by name, with random weights."""

from keras_hub.models import ResNetBackbone


def small_resnet(**kwargs) -> ResNetBackbone:
    """A three-stage residual network for small pictures.

    For 64 pixels its levels are `"P2"` 16x16x64, `"P3"` 8x8x128 and `"P4"`
    4x4x256: about 50 million multiply-adds an image and 1.2 million weights.

    Args:
        **kwargs: Passed to `keras_hub.models.ResNetBackbone`.
    """
    return ResNetBackbone(
        **{
            "input_conv_filters": [64],
            "input_conv_kernel_sizes": [3],
            "stackwise_num_filters": [64, 128, 256],
            "stackwise_num_blocks": [1, 1, 1],
            "stackwise_num_strides": [1, 2, 2],
            "block_type": "basic_block",
            **kwargs,
        }
    )


def resnet_18(**kwargs) -> ResNetBackbone:
    """ResNet-18, the image backbone of TIRG, with random weights.

    Args:
        **kwargs: Passed to `keras_hub.models.ResNetBackbone`.

    Reference:
    - [He et al., 2015](https://arxiv.org/abs/1512.03385)
    """
    return ResNetBackbone(
        **{
            "input_conv_filters": [64],
            "input_conv_kernel_sizes": [7],
            "stackwise_num_filters": [64, 128, 256, 512],
            "stackwise_num_blocks": [2, 2, 2, 2],
            "stackwise_num_strides": [1, 2, 2, 2],
            "block_type": "basic_block",
            **kwargs,
        }
    )
