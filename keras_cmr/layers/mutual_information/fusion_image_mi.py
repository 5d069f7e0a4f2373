import keras
from keras import ops

from keras_cmr.layers.mutual_information.mutual_information import (
    MutualInformation,
)


@keras.saving.register_keras_serializable(package="keras_cmr")
class FusionImageMI(MutualInformation):
    """Mutual information between the query and the target's feature maps.

    The local term scores the query embedding against every position of the
    map `level` of the target encoder and averages over the positions; the
    global one averages the map first. With several levels each has a
    discriminator of its own, and the estimates are averaged. Two rows are
    negatives of each other if their targets' contents differ. Called in a
    model, the layer returns the query and, in training, adds its loss.

    The paper says that such a term joins a low-level layer of the image
    encoder and the output of the fusion; level, discriminator, estimator and
    weight are not known. The defaults are our choice: of weights 0.1 and 1, 1
    lowered the mean R@5 and R@10 on small CSS scenes with each estimator
    (benchmarks/results/mi_sweep).

    Args:
        level: string or sequence of strings. Names of the feature maps.
            Defaults to `"P3"`.
        scope: string. `"local"` scores every position, `"global"` the mean
            over them. Defaults to `"local"`.
        discriminator: `Discriminator` of maps (local) or vectors (global), or
            a list of them, one a level. One for several levels is the pattern
            for the others. `None` means `EncodeAndDotDiscriminator()`.
            Defaults to `None`.
        estimator: string or `keras.losses.Loss`. `"jsd"`, `"infonce"`,
            `"dv"` or a loss. Defaults to `"jsd"`.
        weight: float. Weight of the term in the objective. Defaults to `0.1`.
        name: string. Under which training logs report the estimate.
            Defaults to `"fusion_image_mi"`.
        **kwargs: `mask_negatives` of `MutualInformation`, and what
            `keras.layers.Layer` takes.

    Call arguments:
        first: Query embeddings, float tensor of shape `(batch, dim)`.
        second: Feature maps of the targets, float tensor of shape
            `(batch, height, width, channels)`; with several levels a list of
            them, in the order of `level`.
        negatives: Bool tensor of shape `(batch, batch)`, or `None` for every
            pair off the diagonal.
        training: bool. Whether to add the loss.

    Returns:
        `first`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    term = keras_cmr.layers.FusionImageMI(level=["P2", "P3"])
    query = np.random.normal(size=(4, 16))
    maps = [np.random.normal(size=(4, n, n, 8)) for n in (6, 3)]
    same = term(query, maps, training=True)
    nats = term.nats(query, maps)
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
        single = isinstance(level, str)
        levels = (level,) if single else tuple(level)
        if not levels or len(set(levels)) != len(levels):
            raise ValueError(
                "`level` must be one name or several distinct names. "
                f"Received: level={level!r}"
            )
        several = isinstance(discriminator, (list, tuple))
        if several and len(discriminator) != len(levels):
            raise ValueError(
                "`discriminator` must be one or one for each level. Received: "
                f"{len(discriminator)} for the levels {list(levels)}"
            )
        super().__init__(
            discriminator=discriminator[0] if several else discriminator,
            estimator=estimator,
            weight=weight,
            name=name,
            **kwargs,
        )
        if scope not in ("local", "global"):
            raise ValueError(
                f'`scope` must be "local" or "global". Received: scope={scope}'
            )
        self.level = level if single else list(levels)
        self.levels = levels
        self.scope = scope
        self.discriminators = (
            list(discriminator)
            if several
            else [self.discriminator, *map(self._like_the_first, levels[1:])]
        )

    def _like_the_first(self, level):
        config = self.discriminator.get_config()
        config["name"] = f"{self.discriminator.name}_{level}"
        return type(self.discriminator).from_config(config)

    def build(self, first_shape, second_shape):
        maps = self._maps(second_shape, is_one=_is_shape)
        for discriminator, shape in zip(self.discriminators, maps, strict=True):
            if self.scope == "global":
                shape = (shape[0], shape[-1])
            if not discriminator.built:
                discriminator.build(first_shape, shape)

    def nats(self, first, second, negatives=None, training=None):
        """The estimate in nats: see the call arguments. A float32 scalar."""
        maps = self._maps(second, is_one=lambda x: hasattr(x, "shape"))
        estimates = []
        for discriminator, level in zip(self.discriminators, maps, strict=True):
            if self.scope == "global":
                # In float32: the sum over a large map overflows float16.
                level = ops.mean(ops.cast(level, "float32"), axis=(1, 2))
            estimates.append(
                self._nats(discriminator, first, level, negatives, training)
            )
        return sum(estimates) / len(estimates)

    def _maps(self, maps, is_one):
        """`maps` as a list with one entry a level."""
        maps = [maps] if is_one(maps) else list(maps)
        if len(maps) != len(self.levels):
            raise ValueError(
                f"`second` must hold one map for each of the levels "
                f"{list(self.levels)}. Received: {len(maps)}"
            )
        return maps

    def pairs(self, features):
        maps = features["target_maps"]
        for level in self.levels:
            if level not in maps:
                raise ValueError(
                    "`level` must name a feature map of the target encoder. "
                    f"Received: level={level} with maps {sorted(maps)}"
                )
        return [(features["query"], [maps[level] for level in self.levels])]

    def masks(self, negatives):
        return [negatives["target"]]

    def get_config(self):
        config = super().get_config()
        if len(self.levels) > 1:
            config["discriminator"] = [
                keras.saving.serialize_keras_object(discriminator)
                for discriminator in self.discriminators
            ]
        return {**config, "level": self.level, "scope": self.scope}


def _is_shape(shape):
    return all(n is None or isinstance(n, int) for n in shape)
