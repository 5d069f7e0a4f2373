"""Residual: what the text changes, refined block by block."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Residual(Fusion):
    """A residual text-image composer: a gate between image and correction.

    `f = Dense(dim)(act(BN([reference; modification])))` joins the two,
    `gate = sigmoid(Dense(act(BN(Dense(f)))))` says what stays, and blocks
    `e = e + Dense(act(BN(Dense(act(BN(Dense(e)))))))` of half width refine
    `e`, first `f`, into the correction:

        `query = gate * reference + (1 - gate) * e`

    `act` is a leaky ReLU of slope 0.01. RTIC-like: the composer alone,
    without the graph network the paper trains beside it.

    Args:
        num_blocks: int. Number of refining blocks. Defaults to `4`, that of
            the authors' configuration.
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

    fusion = keras_cmr.layers.Residual()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Shin et al., 2021](https://arxiv.org/abs/2104.03015)
    """

    has_parts = True

    def __init__(self, num_blocks=4, **kwargs):
        super().__init__(**kwargs)
        if num_blocks < 0:
            raise ValueError(
                "`num_blocks` must not be negative. "
                f"Received: num_blocks={num_blocks}"
            )
        self.num_blocks = num_blocks

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        half = max(dim // 2, 1)
        joint_shape = (None, dim + modification_shape[-1])
        self.join = self.stack([dim], "join", starts_dense=False)
        self.gate = self.stack([dim, dim], "gate")
        self.blocks = [
            self.stack([half, half, dim], f"block_{i}")
            for i in range(self.num_blocks)
        ]
        self.join.build(joint_shape)
        for part in (self.gate, *self.blocks):
            part.build((None, dim))

    def stack(self, widths, name, starts_dense=True):
        """`Dense - BN - act - ... - Dense` of the given widths."""
        policy = self.dtype_policy
        stack = []
        for i, width in enumerate(widths):
            if i or not starts_dense:
                stack += [
                    layers.BatchNormalization(
                        momentum=0.9, epsilon=1e-5, dtype=policy
                    ),
                    layers.LeakyReLU(0.01, dtype=policy),
                ]
            # A bias before a batch normalisation does nothing.
            last = i == len(widths) - 1
            stack.append(
                layers.Dense(
                    width, use_bias=last, dtype=policy, name=f"dense_{i}"
                )
            )
        return keras.Sequential(stack, name=name)

    def parts(self, reference, modification, training=None):
        joint = ops.concatenate([reference, modification], axis=-1)
        correction = self.join(joint, training=training)
        gate = ops.sigmoid(self.gate(correction, training=training))
        for block in self.blocks:
            correction = correction + block(correction, training=training)
        return {
            "gate": gate,
            "image": gate * reference,
            "residual": (1.0 - gate) * correction,
        }

    def call(self, reference, modification, training=None):
        parts = self.parts(reference, modification, training=training)
        return parts["image"] + parts["residual"]

    def get_config(self):
        return {**super().get_config(), "num_blocks": self.num_blocks}
