import keras
from keras import ops

from keras_cmr.layers.mutual_information.mutual_information import (
    MutualInformation,
)


@keras.saving.register_keras_serializable(package="keras_cmr")
class FusionImageMI(MutualInformation):
    """Mutual information between the query and the target's low-level map.

    The local term scores the query embedding against every position of the
    map `level` of the target encoder and averages over the positions; the
    global one averages the map first. Two rows are negatives of each other if
    their targets' contents differ.

    The paper says that such a term joins a low-level layer of the image
    encoder and the output of the fusion; level, discriminator, estimator and
    weight are not known. The defaults are our choice.

    Args:
        level: string. Name of the feature map. Defaults to `"P3"`.
        scope: string. `"local"` scores every position, `"global"` the mean
            over them. Defaults to `"local"`.
        discriminator: `Discriminator` of maps (local) or vectors (global).
            `None` means `EncodeAndDotDiscriminator()`. Defaults to `None`.
        estimator: string or `keras.losses.Loss`. `"jsd"`, `"infonce"`,
            `"dv"` or a loss. Defaults to `"jsd"`.
        weight: float. Weight of the term in the objective. Defaults to `0.1`.
        name: string. Under which training logs report the estimate.
            Defaults to `"fusion_image_mi"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        first: Query embeddings, float tensor of shape `(batch, dim)`.
        second: Feature maps of the targets, float tensor of shape
            `(batch, height, width, channels)`.
        negatives: Bool tensor of shape `(batch, batch)`, or `None` for every
            pair off the diagonal.

    Returns:
        Float32 scalar, the estimate in nats.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    term = keras_cmr.layers.FusionImageMI(level="P3")
    query = np.random.normal(size=(4, 16))
    maps = np.random.normal(size=(4, 5, 5, 8))
    nats = term(query, maps)
    ```

    Reference:
    - [Gu et al., 2022](https://arxiv.org/abs/2103.06032)
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(
        self,
        level="P3",
        scope="local",
        discriminator=None,
        estimator="jsd",
        weight=0.1,
        name="fusion_image_mi",
        **kwargs,
    ):
        super().__init__(
            discriminator=discriminator,
            estimator=estimator,
            weight=weight,
            name=name,
            **kwargs,
        )
        if scope not in ("local", "global"):
            raise ValueError(
                f'`scope` must be "local" or "global". Received: scope={scope}'
            )
        self.level = level
        self.scope = scope

    @property
    def levels(self):
        return (self.level,)

    def build(self, first_shape, second_shape):
        if self.scope == "global":
            second_shape = (second_shape[0], second_shape[-1])
        super().build(first_shape, second_shape)

    def call(self, first, second, negatives=None, training=None):
        if self.scope == "global":
            # In float32: the sum over a large map overflows float16.
            second = ops.mean(ops.cast(second, "float32"), axis=(1, 2))
        return super().call(
            first, second, negatives=negatives, training=training
        )

    def pairs(self, features):
        maps = features["target_maps"]
        if self.level not in maps:
            raise ValueError(
                "`level` must name a feature map of the target encoder. "
                f"Received: level={self.level} with maps {sorted(maps)}"
            )
        return [(features["query"], maps[self.level])]

    def masks(self, negatives):
        return [negatives["target"]]

    def get_config(self):
        return {
            **super().get_config(),
            "level": self.level,
            "scope": self.scope,
        }
