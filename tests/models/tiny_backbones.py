"""KerasHub's image backbones, as small as they get, for 32 pixels."""

import keras
import keras_hub
import numpy as np

from keras_cmr import models

SIZE = 32
HIDDEN = {
    "hidden_dim": 8,
    "num_layers": 2,
    "num_heads": 2,
}


def resnet():
    return models.small_resnet(
        stackwise_num_filters=[64, 8],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
    )


def densenet():
    return keras_hub.models.DenseNetBackbone(
        stackwise_num_repeats=[1, 1], compression_ratio=0.5, growth_rate=4
    )


def cspnet():
    return keras_hub.models.CSPNetBackbone(
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 1],
        stackwise_strides=2,
        stackwise_num_filters=[8, 16],
        block_type="dark_block",
        stage_type="dark",
    )


def efficientnet():
    return keras_hub.models.EfficientNetBackbone(
        stackwise_width_coefficients=[1.0, 1.0],
        stackwise_depth_coefficients=[1.0, 1.0],
        stackwise_kernel_sizes=[3, 3],
        stackwise_num_repeats=[1, 2],
        stackwise_input_filters=[8, 8],
        stackwise_output_filters=[8, 16],
        stackwise_expansion_ratios=[1, 2],
        stackwise_squeeze_and_excite_ratios=[0.0, 0.25],
        stackwise_strides=[1, 2],
        stackwise_block_types=["v1", "unfused"],
    )


def mobilenet():
    return keras_hub.models.MobileNetBackbone(
        stackwise_expansion=[[8], [16, 16]],
        stackwise_num_blocks=[1, 2],
        stackwise_num_filters=[[8], [16, 16]],
        stackwise_kernel_size=[[3], [3, 3]],
        stackwise_num_strides=[[2], [2, 1]],
        stackwise_se_ratio=[[None], [None, 0.25]],
        stackwise_activation=[["relu"], ["relu6", "relu6"]],
        stackwise_padding=[[1], [1, 1]],
        output_num_filters=None,
        depthwise_filters=8,
        depthwise_stride=1,
        depthwise_residual=False,
        last_layer_filter=24,
    )


def hgnetv2():
    return keras_hub.models.HGNetV2Backbone(
        depths=[1, 1],
        embedding_size=8,
        hidden_sizes=[16, 24],
        stem_channels=[3, 8, 8],
        hidden_act="relu",
        use_learnable_affine_block=False,
        stackwise_stage_filters=[(8, 8, 16, 1, 1, 3), (16, 8, 24, 1, 1, 3)],
        apply_downsample=[False, True],
        use_lightweight_conv_block=[False, False],
    )


def vit(**kwargs):
    return keras_hub.models.ViTBackbone(
        image_shape=(SIZE, SIZE, 3),
        patch_size=8,
        mlp_dim=16,
        **{**HIDDEN, **kwargs},
    )


def clip_vision():
    encoder = keras_hub.models.CLIPVisionEncoder(
        patch_size=8,
        intermediate_dim=16,
        image_shape=(SIZE, SIZE, 3),
        **HIDDEN,
    )
    # KerasHub leaves them at zero until weights are read.
    positions = encoder.embedding.position_ids
    positions.assign(np.arange(positions.shape[1])[None])
    return encoder


def clip():
    return keras_hub.models.CLIPBackbone(
        vision_encoder=clip_vision(),
        text_encoder=keras_hub.models.CLIPTextEncoder(
            vocabulary_size=16,
            embedding_dim=8,
            max_sequence_length=6,
            intermediate_dim=16,
            **HIDDEN,
        ),
        projection_dim=4,
    )


def siglip_vision():
    return keras_hub.models.SigLIPVisionEncoder(
        patch_size=8,
        intermediate_dim=16,
        image_shape=(SIZE, SIZE, 3),
        **HIDDEN,
    )


def siglip():
    return keras_hub.models.SigLIPBackbone(
        vision_encoder=siglip_vision(),
        text_encoder=keras_hub.models.SigLIPTextEncoder(
            vocabulary_size=16,
            embedding_dim=8,
            max_sequence_length=6,
            intermediate_dim=16,
            **HIDDEN,
        ),
    )


def dinov2(size=SIZE, trained_at=SIZE, **kwargs):
    return keras_hub.models.DINOV2Backbone(
        patch_size=8,
        intermediate_dim=16,
        num_register_tokens=3,
        image_shape=(size, size, 3),
        position_embedding_shape=(trained_at, trained_at, 3),
        **{**HIDDEN, **kwargs},
    )


def dinov3():
    return keras_hub.models.DINOV3Backbone(
        patch_size=8,
        intermediate_dim=16,
        num_register_tokens=2,
        image_shape=(SIZE, SIZE, 3),
        **HIDDEN,
    )


CONVOLUTIONS = {
    "resnet": resnet,
    "densenet": densenet,
    "cspnet": cspnet,
    "efficientnet": efficientnet,
    "mobilenet": mobilenet,
    "hgnetv2": hgnetv2,
}
TRANSFORMERS = {
    "vit": vit,
    "clip": clip,
    "siglip": siglip,
    "dinov2": dinov2,
    "dinov3": dinov3,
}


def stir(model, seed=0):
    """Gives every weight a value of its own, biases and norms too."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "float" not in variable.dtype:
            continue
        value = keras.ops.convert_to_numpy(variable)
        shift = 0.1 * rng.uniform(size=value.shape)
        variable.assign(value + shift.astype(value.dtype))
    return model


def pixels(count=2, size=SIZE, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 255, (count, size, size, 3), "uint8")
