import keras
from keras import ops

from keras_cmr.layers.discriminators.discriminator import Discriminator


@keras.saving.register_keras_serializable(package="keras_cmr")
class ConcatDiscriminator(Discriminator):
    """A multilayer perceptron on the concatenation `[query; target]`.

    `num_layers` dense layers of width `units` with ReLU, then one score. The
    first layer of a concatenation is a sum of two products,
    `W [a; b] = W_a a + W_b b`, so each side is multiplied once per item and
    the `(batch, batch, query_dim + target_dim)` tensor is never formed. The
    layers after the first do run on every pair: memory and time grow with
    `batch**2 * units`.

    Args:
        units: int. Width of the hidden layers. Defaults to `512`.
        num_layers: int. Number of hidden layers, the split one included.
            Defaults to `2`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: Float tensor of shape `(batch, query_dim)`.
        target: Float tensor of shape `(batch, target_dim)`.

    Returns:
        Float32 scores of shape `(batch, batch)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    discriminator = keras_cmr.layers.ConcatDiscriminator(units=32)
    query = np.random.normal(size=(4, 16))
    target = np.random.normal(size=(4, 8))
    scores = discriminator(query, target)  # (4, 4)
    ```

    Reference:
    - [Hjelm et al., 2019](https://arxiv.org/abs/1808.06670)
    """

    target_ranks = (2,)

    def __init__(self, units=512, num_layers=2, **kwargs):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(
                "`num_layers` must be at least 1. "
                f"Received: num_layers={num_layers}"
            )
        self.units = units
        self.num_layers = num_layers
        self.query_dense = keras.layers.Dense(
            units, name="query_dense", dtype=self.dtype_policy
        )
        self.target_dense = keras.layers.Dense(
            units, use_bias=False, name="target_dense", dtype=self.dtype_policy
        )
        self.hidden = [
            keras.layers.Dense(
                units,
                activation="relu",
                name=f"hidden_{number}",
                dtype=self.dtype_policy,
            )
            for number in range(1, num_layers)
        ]
        self.score_dense = keras.layers.Dense(
            1, name="score_dense", dtype=self.dtype_policy
        )

    def build(self, query_shape, target_shape):
        self.validate_shapes(query_shape, target_shape)
        self.query_dense.build(query_shape)
        self.target_dense.build(target_shape)
        hidden_shape = (None, self.units)
        for layer in self.hidden:
            layer.build(hidden_shape)
        self.score_dense.build(hidden_shape)

    def score(self, query, target, training=None):
        query = self.query_dense(query)[:, None]
        target = self.target_dense(target)[None]
        return self.head(query, target)

    def head(self, query, target):
        """Scores of projected pairs, which broadcast against each other."""
        x = ops.relu(query + target)
        for layer in self.hidden:
            x = layer(x)
        return ops.squeeze(self.score_dense(x), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "num_layers": self.num_layers,
        }
