"""MRN: the text as a residual stream that the image multiplies into."""

import keras
from keras import layers

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class MRN(Fusion):
    """A multimodal residual network: blocks of products over a linear path.

    Starting from `h = modification`, each block is

        `h = Dense(h) + tanh(Dense(h)) * tanh(Dense(tanh(Dense(reference))))`

    all `Dense` as wide as the reference, each with a dropout before it. So
    the image reaches the query through the products alone, and the text also
    by a linear path. The last `h` is the query; it is not normalised.

    Args:
        num_blocks: int. Defaults to `3`.
        dropout: float. Fraction of the inputs of each `Dense` dropped in
            training. Defaults to `0.5`, as in a public re-implementation
            (nashory/rtic-gcn-pytorch, which has one block).
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

    fusion = keras_cmr.layers.MRN()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Kim et al., 2016](https://arxiv.org/abs/1606.01455)
    """

    def __init__(self, num_blocks=3, dropout=0.5, **kwargs):
        super().__init__(**kwargs)
        if num_blocks < 1:
            raise ValueError(
                "`num_blocks` must be at least 1. "
                f"Received: num_blocks={num_blocks}"
            )
        self.num_blocks = num_blocks
        self.dropout = dropout

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        self.shortcuts, self.text_branches, self.image_branches = [], [], []
        hidden_shape = modification_shape
        for i in range(self.num_blocks):
            for branches, activations, shape, name in (
                (self.shortcuts, [None], hidden_shape, "shortcut"),
                (self.text_branches, ["tanh"], hidden_shape, "text"),
                (self.image_branches, ["tanh"] * 2, reference_shape, "image"),
            ):
                branch = self.branch(dim, activations, f"{name}_{i}")
                branch.build(shape)
                branches.append(branch)
            hidden_shape = reference_shape

    def branch(self, units, activations, name):
        """`Dropout - Dense` once for each of `activations`."""
        policy = self.dtype_policy
        stack = []
        for i, activation in enumerate(activations):
            stack += [
                layers.Dropout(self.dropout, dtype=policy),
                layers.Dense(
                    units,
                    activation=activation,
                    dtype=policy,
                    name=f"dense_{i}",
                ),
            ]
        return keras.Sequential(stack, name=name)

    def call(self, reference, modification, training=None):
        hidden = modification
        for shortcut, text, image in zip(
            self.shortcuts, self.text_branches, self.image_branches, strict=True
        ):
            product = text(hidden, training=training) * image(
                reference, training=training
            )
            hidden = shortcut(hidden, training=training) + product
        return hidden

    def get_config(self):
        return {
            **super().get_config(),
            "num_blocks": self.num_blocks,
            "dropout": self.dropout,
        }
