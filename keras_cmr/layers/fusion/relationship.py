"""Relationship: every pair of places, read together with the text."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Relationship(Fusion):
    """A relation network over pairs of positions of the feature map.

    `relation(i, j) = g([x_i; x_j; modification])` for all positions `i`, `j`
    of the map; `query = f(mean of relation over i and j)`, `g` and `f`
    perceptrons. That is one vector an image. A fusion of a feature map has
    to return a map, so the vector stands at every position: average pooling
    gives it back unchanged, and what is projected is that vector.

    `f` is `units - units - channels` with ReLU between and dropout before
    the last. The sum over pairs is a mean here, as in the comparison of Vo et
    al.: the size of the map doesn't set the scale. Default sizes were set
    without the paper at hand. Cost grows with the square of the positions:
    `batch * (height * width)**2 * units` numbers a layer of `g`.

    Args:
        units: int. Width of the hidden layers. Defaults to `256`.
        num_layers: int. Number of layers of `g`. Defaults to `4`.
        dropout: float. Fraction of the last hidden layer of `f` dropped in
            training. Defaults to `0.5`.
        coordinates: bool. Whether each `x_i` carries its row and column,
            from -1 to 1. Defaults to `True`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, height, width, channels)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether dropout is in use.

    Returns:
        Float tensor of shape `(batch, height, width, channels)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.Relationship(units=16)
    query = fusion(np.ones((2, 4, 4, 8)), np.zeros((2, 4)))  # (2, 4, 4, 8)
    ```

    Reference:
    - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427)
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119), baseline
      "relationship"
    """

    uses_feature_map = True

    def __init__(
        self,
        units=256,
        num_layers=4,
        dropout=0.5,
        coordinates=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(
                "`num_layers` must be at least 1. "
                f"Received: num_layers={num_layers}"
            )
        self.units = units
        self.num_layers = num_layers
        self.dropout = dropout
        self.coordinates = coordinates

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        channels = reference_shape[-1]
        policy = self.dtype_policy
        place_shape = (None, channels + 2 * self.coordinates)
        pair_shape = (None, self.units)

        # The first layer of `g` on `[x_i; x_j; modification]` is a sum of
        # three, of which none has to see the pairs.
        self.first = layers.Dense(
            self.units, use_bias=False, dtype=policy, name="first"
        )
        self.second = layers.Dense(
            self.units, use_bias=False, dtype=policy, name="second"
        )
        self.text = layers.Dense(self.units, dtype=policy, name="text")
        self.first.build(place_shape)
        self.second.build(place_shape)
        self.text.build(modification_shape)

        self.hidden = []
        for i in range(self.num_layers - 1):
            dense = layers.Dense(
                self.units, activation="relu", dtype=policy, name=f"hidden_{i}"
            )
            dense.build(pair_shape)
            self.hidden.append(dense)
        self.output_mlp = keras.Sequential(
            [
                layers.Dense(
                    self.units, activation="relu", dtype=policy, name="dense_0"
                ),
                layers.Dense(
                    self.units, activation="relu", dtype=policy, name="dense_1"
                ),
                layers.Dropout(self.dropout, dtype=policy),
                layers.Dense(channels, dtype=policy, name="dense_2"),
            ],
            name="output_mlp",
        )
        self.output_mlp.build(pair_shape)

    def places(self, reference):
        """Positions as rows, `(batch, height * width, channels [+ 2])`."""
        _, height, width, channels = ops.shape(reference)
        if self.coordinates:
            rows = ops.linspace(-1.0, 1.0, height)
            columns = ops.linspace(-1.0, 1.0, width)
            grid = ops.stack(ops.meshgrid(rows, columns, indexing="ij"), -1)
            # Zeros of the batch's size carry the grid to every image.
            grid = ops.cast(grid, self.compute_dtype)[None] + ops.zeros_like(
                reference[..., :2]
            )
            reference = ops.concatenate([reference, grid], axis=-1)
            channels += 2
        return ops.reshape(reference, (-1, height * width, channels))

    def call(self, reference, modification, training=None):
        places = self.places(reference)
        pairs = (
            self.first(places)[:, :, None, :]
            + self.second(places)[:, None, :, :]
            + self.text(modification)[:, None, None, :]
        )
        pairs = ops.relu(pairs)
        for dense in self.hidden:
            pairs = dense(pairs)
        # In two steps: float16 can't hold the sum over thousands of pairs.
        relations = ops.mean(ops.mean(pairs, axis=2), axis=1)
        query = self.output_mlp(relations, training=training)
        return query[:, None, None, :] + ops.zeros_like(reference)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "coordinates": self.coordinates,
        }
