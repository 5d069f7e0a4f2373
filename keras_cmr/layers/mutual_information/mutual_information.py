import keras
from keras import ops

from keras_cmr import losses
from keras_cmr.layers.discriminators.discriminator import Discriminator
from keras_cmr.layers.discriminators.encode_and_dot_discriminator import (
    EncodeAndDotDiscriminator,
)

ESTIMATORS = {
    "jsd": losses.JensenShannonMI,
    "infonce": losses.InfoNCEMI,
    "dv": losses.DonskerVaradhanMI,
}


@keras.saving.register_keras_serializable(package="keras_cmr")
class MutualInformation(keras.layers.Layer):
    """Estimates the mutual information between two tensors of a batch.

    A discriminator scores all pairs of rows; an estimator turns the scores
    into nats. The layer does not scale by `weight` and adds no loss by
    itself: whoever trains subtracts `weight * layer(first, second)` from the
    objective. Inference needs none of it.

    Subclasses name the tensors that meet: `pairs(features)` picks them from a
    model's features, `masks(negatives)` the matching masks, and `levels` the
    feature maps that the image encoder has to expose.

    Args:
        discriminator: `Discriminator`. `None` means
            `EncodeAndDotDiscriminator()`, our choice. Defaults to `None`.
        estimator: string or `keras.losses.Loss`. `"jsd"`, `"infonce"`,
            `"dv"`, or a loss that takes `(negatives, scores)` and returns
            minus the estimate. Defaults to `"jsd"`.
        weight: float. Weight of the term in the objective. Defaults to `0.1`,
            our choice.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        first: Float tensor of shape `(batch, dim)`.
        second: Float tensor of shape `(batch, dim)` or
            `(batch, height, width, dim)`, as the discriminator allows.
        negatives: Bool tensor of shape `(batch, batch)`: the pairs that do
            not belong together. `None` means every pair off the diagonal.

    Returns:
        Float32 scalar, the estimate in nats.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    term = keras_cmr.layers.MutualInformation(estimator="infonce")
    first = np.random.normal(size=(4, 16))
    second = np.random.normal(size=(4, 5, 5, 8))
    nats = term(first, second)
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    levels = ()

    def __init__(
        self, discriminator=None, estimator="jsd", weight=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        if discriminator is None:
            discriminator = EncodeAndDotDiscriminator(dtype=self.dtype_policy)
        if not isinstance(discriminator, Discriminator):
            raise TypeError(
                "`discriminator` must be a `keras_cmr.layers.Discriminator`. "
                f"Received: discriminator={discriminator}"
            )
        if isinstance(estimator, str) and estimator in ESTIMATORS:
            estimator = ESTIMATORS[estimator]()
        if not isinstance(estimator, keras.losses.Loss):
            raise ValueError(
                f"`estimator` must be one of {sorted(ESTIMATORS)} or a "
                f"`keras.losses.Loss`. Received: estimator={estimator}"
            )
        self.discriminator = discriminator
        self.estimator = estimator
        self.weight = weight

    def build(self, first_shape, second_shape):
        if not self.discriminator.built:
            self.discriminator.build(first_shape, second_shape)

    def call(self, first, second, negatives=None, training=None):
        scores = self.discriminator(first, second, training=training)
        mask = self.discriminator.scored_pairs(ops.shape(scores)[0])
        if negatives is not None:
            if len(negatives.shape) != 2:
                raise ValueError(
                    "`negatives` must have shape `(batch, batch)`. "
                    f"Received: negatives.shape={tuple(negatives.shape)}"
                )
            mask = ops.logical_and(mask, ops.cast(negatives, "bool"))
        return -self.estimator(mask, scores)

    def pairs(self, features):
        """The tensors that meet: a list of `(first, second)`."""
        raise NotImplementedError

    def masks(self, negatives):
        """The mask of true negatives for each entry of `pairs`."""
        raise NotImplementedError

    def estimate(self, features, negatives, training=None):
        """The mean estimate in nats over the term's pairs.

        Args:
            features: dict. `"text"`, `"reference"`, `"target"`, `"query"`:
                float tensors `(batch, dim)`; `"target_maps"`: dict from level
                to a float tensor `(batch, height, width, dim)`.
            negatives: dict. `"text"`, `"target"`, `"reference"`: bool tensors
                `(batch, batch)`, true where the two rows differ in it.
            training: bool. Whether in training mode.

        Returns:
            Float32 scalar.
        """
        estimates = [
            self(first, second, negatives=mask, training=training)
            for (first, second), mask in zip(
                self.pairs(features), self.masks(negatives), strict=True
            )
        ]
        return sum(estimates) / len(estimates)

    def build_for(self, shapes):
        """Builds from a dict like `features`, with shapes for tensors."""
        if not self.built:
            self.build(*self.pairs(shapes)[0])

    def compute_output_shape(self, first_shape, second_shape):
        return ()

    def compute_output_spec(self, first, second, negatives=None, training=None):
        return keras.KerasTensor((), dtype="float32")

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "discriminator": serialize(self.discriminator),
            "estimator": serialize(self.estimator),
            "weight": self.weight,
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        config = dict(config)
        for key in ("discriminator", "estimator"):
            if isinstance(config.get(key), dict):
                config[key] = deserialize(config[key])
        return cls(**config)
