"""TIRG on vectors: a gated reference plus a residual."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class TIRG(Fusion):
    """Text-image residual gating: keep what the text does not change.

    `query = a0 * sigmoid(gate) * reference + a1 * residual`, where gate and
    residual are functions of `x = ReLU(BN([reference; modification]))`:
    `gate = Dense(dim)(x)` and `residual = Dense(dim)(ReLU(Dense(2 dim)(x)))`,
    each with a batch normalisation of its own. `a0` and `a1` are learned.
    The output is not normalised.

    Args:
        initial_weights: Pair of floats, the first values of `a0` and `a1`.
            Defaults to `(1.0, 10.0)`, those of the authors' code.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether batch statistics are in use.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.TIRG()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """

    has_parts = True

    def __init__(self, initial_weights=(1.0, 10.0), **kwargs):
        super().__init__(**kwargs)
        if len(initial_weights) != 2:
            raise ValueError(
                "`initial_weights` must be two numbers, for the gated "
                "reference and the residual. Received: "
                f"initial_weights={initial_weights}"
            )
        self.initial_weights = tuple(float(w) for w in initial_weights)

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        self.gate = self.branch([dim], "gate")
        self.residual = self.branch([2 * dim, dim], "residual")
        joint_shape = (
            *reference_shape[:-1],
            dim + modification_shape[-1],
        )
        self.gate.build(joint_shape)
        self.residual.build(joint_shape)
        self.mix = self.add_weight(
            shape=(2,),
            initializer=lambda shape, dtype: ops.convert_to_tensor(
                self.initial_weights, dtype
            ),
            name="mix",
        )

    def branch(self, widths, name):
        """`BN - ReLU - Dense [- ReLU - Dense ...]` of the given widths."""
        policy = self.dtype_policy
        stack = [
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5, dtype=policy)
        ]
        for number, width in enumerate(widths):
            stack += [
                layers.ReLU(dtype=policy),
                layers.Dense(width, dtype=policy, name=f"dense_{number}"),
            ]
        return keras.Sequential(stack, name=name)

    def join(self, reference, modification):
        """`[reference; modification]` along the last axis."""
        return ops.concatenate([reference, modification], axis=-1)

    def parts(self, reference, modification, training=None):
        joint = self.join(reference, modification)
        gate = ops.sigmoid(self.gate(joint, training=training))
        residual = self.residual(joint, training=training)
        mix = ops.cast(self.mix, self.compute_dtype)
        return {
            "gate": gate,
            "image": mix[0] * gate * reference,
            "residual": mix[1] * residual,
        }

    def call(self, reference, modification, training=None):
        parts = self.parts(reference, modification, training=training)
        return parts["image"] + parts["residual"]

    def get_config(self):
        return {
            **super().get_config(),
            "initial_weights": self.initial_weights,
        }
