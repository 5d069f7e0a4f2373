"""Combiner: image and text in a learned proportion, and a joint branch."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Combiner(Fusion):
    """A gated mix of image and text plus what both say together.

    With `x = [ReLU(Dense(modification)); ReLU(Dense(reference))]`,

        `gate = sigmoid(Dense(1)(ReLU(Dense(units)(x))))`
        `joint = Dense(dim)(ReLU(Dense(units)(x)))`
        `query = joint + gate * modification + (1 - gate) * reference`

    with a dropout after each ReLU. The gate is one number a query.
    CLIP4Cir-like: meant for encoders whose embeddings already share a space,
    as CLIP's; where the text differs from the image in size, a learned linear
    map (no bias) brings it to that of the image in the mix. The query is not
    normalised here.

    Args:
        projection_units: int. Width of each half of `x`. Defaults to `None`:
            `4 * dim`, the ratio of the authors' commands.
        units: int. Width of the hidden layers on `x`. Defaults to `None`:
            `8 * dim`, the ratio of the authors' commands.
        dropout: float. Fraction dropped in training. Defaults to `0.5`, that
            of the authors' code.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether dropout is in use.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.Combiner()
    query = fusion(np.ones((2, 8)), np.zeros((2, 8)))  # (2, 8)
    ```

    Reference:
    - Baldrati et al., 2022, "Effective conditioned and composed image
      retrieval combining CLIP-based features", CVPR;
      [code](https://github.com/ABaldrati/CLIP4Cir)
    """

    has_parts = True

    def __init__(
        self, projection_units=None, units=None, dropout=0.5, **kwargs
    ):
        super().__init__(**kwargs)
        self.projection_units = projection_units
        self.units = units
        self.dropout = dropout

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        policy = self.dtype_policy
        projected = self.projection_units or 4 * dim
        units = self.units or 8 * dim
        self.text = keras.Sequential(self.hidden(projected), name="text")
        self.image = keras.Sequential(self.hidden(projected), name="image")
        self.gate = keras.Sequential(
            [
                *self.hidden(units),
                layers.Dense(
                    1, activation="sigmoid", dtype=policy, name="dense_1"
                ),
            ],
            name="gate",
        )
        self.joint = keras.Sequential(
            [
                *self.hidden(units),
                layers.Dense(dim, dtype=policy, name="dense_1"),
            ],
            name="joint",
        )
        self.text.build(modification_shape)
        self.image.build(reference_shape)
        self.gate.build((None, 2 * projected))
        self.joint.build((None, 2 * projected))
        self.alignment = None
        if modification_shape[-1] != dim:
            self.alignment = layers.Dense(
                dim, use_bias=False, dtype=policy, name="alignment"
            )
            self.alignment.build(modification_shape)

    def hidden(self, units):
        """`Dense - ReLU - Dropout`."""
        policy = self.dtype_policy
        return [
            layers.Dense(
                units, activation="relu", dtype=policy, name="dense_0"
            ),
            layers.Dropout(self.dropout, dtype=policy),
        ]

    def parts(self, reference, modification, training=None):
        text = self.text(modification, training=training)
        image = self.image(reference, training=training)
        both = ops.concatenate([text, image], axis=-1)
        gate = self.gate(both, training=training)
        joint = self.joint(both, training=training)
        if self.alignment is not None:
            modification = self.alignment(modification)
        return {
            "gate": 1.0 - gate,  # the reference's weight, as of all fusions
            "image": (1.0 - gate) * reference,
            "text": gate * modification,
            "residual": joint,
        }

    def call(self, reference, modification, training=None):
        parts = self.parts(reference, modification, training=training)
        return parts["residual"] + parts["text"] + parts["image"]

    def get_config(self):
        return {
            **super().get_config(),
            "projection_units": self.projection_units,
            "units": self.units,
            "dropout": self.dropout,
        }
