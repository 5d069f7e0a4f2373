import keras
from keras import ops

from keras_cmr import losses
from keras_cmr.layers.discriminators.discriminator import Discriminator
from keras_cmr.layers.discriminators.encode_and_dot_discriminator import (
    EncodeAndDotDiscriminator,
)
from keras_cmr.layers.mutual_information.term import Term

ESTIMATORS = {
    "jsd": losses.JensenShannonMI,
    "infonce": losses.InfoNCEMI,
    "dv": losses.DonskerVaradhanMI,
}


@keras.saving.register_keras_serializable(package="keras_cmr")
class MutualInformation(Term):
    """Raises the mutual information between two tensors of a batch.

    A discriminator scores all pairs of rows; an estimator turns the scores
    into nats. Called in a model, the layer returns its first argument and, in
    training, adds `-weight * nats` to the model's losses; `nats` gives the
    figure itself. Inference needs none of it.

    Args:
        discriminator: `Discriminator`. `None` means
            `EncodeAndDotDiscriminator()`, our choice. Defaults to `None`.
        estimator: string or `keras.losses.Loss`. `"jsd"`, `"infonce"`,
            `"dv"`, or a loss that takes `(negatives, scores)` and returns
            minus the estimate. Defaults to `"jsd"`.
        weight: float. Weight of the term in the objective. Defaults to `0.1`,
            our choice.
        mask_negatives: bool. Whether to heed `negatives`; `False` takes every
            pair off the diagonal for a negative, as if rows that share a
            text or a content didn't. Defaults to `True`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        first: Float tensor of shape `(batch, dim)`.
        second: Float tensor of shape `(batch, dim)` or
            `(batch, height, width, dim)`, as the discriminator allows.
        negatives: Bool tensor of shape `(batch, batch)`: the pairs that do
            not belong together. `None` means every pair off the diagonal.
        training: bool. Whether to add the loss.

    Returns:
        `first`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    term = keras_cmr.layers.MutualInformation(estimator="infonce")
    first = np.random.normal(size=(4, 16))
    second = np.random.normal(size=(4, 5, 5, 8))
    same = term(first, second, training=True)
    nats = term.nats(first, second)  # term.losses == [-0.1 * nats]
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    def __init__(
        self,
        discriminator=None,
        estimator="jsd",
        weight=0.1,
        mask_negatives=True,
        **kwargs,
    ):
        super().__init__(weight=weight, **kwargs)
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
        self.mask_negatives = mask_negatives

    def build(self, first_shape, second_shape):
        if not self.discriminator.built:
            self.discriminator.build(first_shape, second_shape)

    # Keras builds from the names of these arguments.
    def call(self, first, second, negatives=None, training=None):
        return super().call(
            first, second, negatives=negatives, training=training
        )

    def nats(self, first, second, negatives=None, training=None):
        """The estimate in nats: see the call arguments. A float32 scalar."""
        return self._nats(
            self.discriminator, first, second, negatives, training
        )

    def _nats(self, discriminator, first, second, negatives, training):
        scores = discriminator(first, second, training=training)
        mask = discriminator.scored_pairs(ops.shape(scores)[0])
        if negatives is not None and self.mask_negatives:
            if len(negatives.shape) != 2:
                raise ValueError(
                    "`negatives` must have shape `(batch, batch)`. "
                    f"Received: negatives.shape={tuple(negatives.shape)}"
                )
            mask = ops.logical_and(mask, ops.cast(negatives, "bool"))
        return -self._mean_loss(mask, scores)

    def _mean_loss(self, mask, scores):
        """What `estimator(mask, scores)` is without `tf.distribute`.

        There Keras divides by the number of replicas, and nats are nats.
        """
        loss = self.estimator
        mask, scores = (ops.cast(x, loss.dtype) for x in (mask, scores))
        rows = loss.call(mask, scores)
        return ops.sum(rows) if loss.reduction == "sum" else ops.mean(rows)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "discriminator": serialize(self.discriminator),
            "estimator": serialize(self.estimator),
            "mask_negatives": self.mask_negatives,
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        config = dict(config)
        for key in ("discriminator", "estimator"):
            if isinstance(config.get(key), (dict, list)):
                config[key] = deserialize(config[key])
        return cls(**config)
