"""Batch normalisation that fine-tuning leaves alone."""

import keras


def freeze_normalization(backbone):
    """Freezes all `BatchNormalization` in a model, however deep it lies.

    Such a layer uses the statistics it came with, in training too, where
    those of a batch would move every feature at the first step
    ([guide](https://keras.io/guides/transfer_learning/)). Compile the model
    afterwards. A file of an `ImageEncoder` keeps it.

    Args:
        backbone: `keras.Model`, or any layer. What else it holds stays as it
            is.

    Returns:
        int. How many were frozen.

    Example:

    ```python
    import keras_cmr

    encoder = keras_cmr.models.ImageEncoder(
        keras_cmr.models.small_resnet(), image_size=32
    )
    keras_cmr.models.freeze_normalization(encoder.backbone)
    ```
    """
    frozen = normalizations(backbone)
    for layer in frozen:
        layer.trainable = False
    return len(frozen)


def normalizations(backbone):
    """All `BatchNormalization` in a layer or model, a list."""
    # `layers` of a model has those of its graph, not what they are made of.
    return [
        layer
        for layer in backbone._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
