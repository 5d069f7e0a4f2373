import keras

from keras_cmr.layers.quantization import dtype_config


@keras.saving.register_keras_serializable(package="keras_cmr")
class ResidualProjection(keras.layers.Layer):
    """One side of the encode-and-dot discriminator.

    `LayerNorm(Dense(ReLU(BatchNorm(Dense(x)))) + shortcut(x))`, all of width
    `units`, the shortcut linear. Works on the last axis, so on a map the
    dense layers are 1x1 convolutions; the batch statistics are then taken
    over the positions as well.

    Args:
        units: int. Width of the projection.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: Float tensor of shape `(batch, ..., dim)`.

    Returns:
        Float tensor of shape `(batch, ..., units)`.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        # No bias where the layer after it would cancel it.
        self.hidden = keras.layers.Dense(
            units, use_bias=False, name="hidden", dtype=self.dtype_policy
        )
        self.batch_norm = keras.layers.BatchNormalization(
            name="batch_norm", dtype=self.dtype_policy
        )
        self.relu = keras.layers.ReLU(name="relu", dtype=self.dtype_policy)
        self.output_dense = keras.layers.Dense(
            units, name="output_dense", dtype=self.dtype_policy
        )
        self.shortcut = keras.layers.Dense(
            units, use_bias=False, name="shortcut", dtype=self.dtype_policy
        )
        self.add = keras.layers.Add(name="add", dtype=self.dtype_policy)
        self.layer_norm = keras.layers.LayerNormalization(
            name="layer_norm", dtype=self.dtype_policy
        )

    def build(self, input_shape):
        projected = self.compute_output_shape(input_shape)
        self.hidden.build(input_shape)
        self.batch_norm.build(projected)
        self.output_dense.build(projected)
        self.shortcut.build(input_shape)
        # `quantize` refuses a model with a layer that isn't built.
        self.add.build([projected, projected])
        self.layer_norm.build(projected)

    def call(self, inputs, training=None):
        x = self.batch_norm(self.hidden(inputs), training=training)
        x = self.output_dense(self.relu(x))
        return self.layer_norm(self.add([x, self.shortcut(inputs)]))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "dtype": dtype_config(self),
            "units": self.units,
        }
