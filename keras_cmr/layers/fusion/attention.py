"""Attention: places of the image and words of the text in one sequence."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class Attention(Fusion):
    """Self-attention over the positions of the map and the text's tokens.

    The sequence `[positions; Dense(tokens)]` passes blocks of

        `x = x + Dropout(MultiHeadAttention(LN(x)))`
        `x = x + Dropout(Dense(Dropout(ReLU(Dense(LN(x))))))`

    and a last `LN`; the positions come back as the map, the tokens are left
    behind. Positions get no encoding of their place, as in the authors'
    default configuration; what a convolution knows of it is in the features.

    MAAF-like: the paper has the maps of two levels in one sequence and also
    averages the tokens into the query. A modification that is one vector is
    one token.

    Args:
        num_blocks: int. Defaults to `1`, that of the authors' code.
        num_heads: int. Defaults to `8`, that of the authors' code. A head is
            `channels / num_heads` wide, rounded up.
        units: int. Hidden width of the two-layer perceptron. Defaults to
            `256`, that of the authors' code.
        dropout: float. Fraction dropped in training, of the attention too.
            Defaults to `0.1`, that of the authors' code.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, height, width, channels)`.
        modification: Float tensor of shape `(batch, text_dim)`, or
            `(batch, length, text_dim)`.
        modification_mask: Bool tensor of shape `(batch, length)`, `False`
            for tokens that are padding. Taken from `modification` if a Keras
            layer has put one there.
        training: bool. Whether dropout is in use.

    Returns:
        Float tensor of shape `(batch, height, width, channels)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.Attention(num_heads=2)
    query = fusion(np.ones((2, 4, 4, 8)), np.zeros((2, 5, 6)))  # (2, 4, 4, 8)
    ```

    Reference:
    - [Dodds et al., 2020](https://arxiv.org/abs/2007.00145)
    """

    uses_feature_map = True
    modification_ranks = (2, 3)

    def __init__(
        self, num_blocks=1, num_heads=8, units=256, dropout=0.1, **kwargs
    ):
        super().__init__(**kwargs)
        for name, value in (
            ("num_blocks", num_blocks),
            ("num_heads", num_heads),
        ):
            if value < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. Received: {name}={value}"
                )
        self.num_blocks = num_blocks
        self.num_heads = num_heads
        self.units = units
        self.dropout = dropout

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        channels = reference_shape[-1]
        policy = self.dtype_policy
        self.text = layers.Dense(channels, dtype=policy, name="text")
        self.text.build(modification_shape)
        shape = (None, None, channels)
        self.attentions, self.mlps, self.norms = [], [], []
        for i in range(self.num_blocks):
            attention = layers.MultiHeadAttention(
                self.num_heads,
                key_dim=-(-channels // self.num_heads),
                dropout=self.dropout,
                dtype=policy,
                name=f"attention_{i}",
            )
            attention.build(shape, shape)
            self.attentions.append(attention)
            mlp = keras.Sequential(
                [
                    layers.LayerNormalization(epsilon=1e-6, dtype=policy),
                    layers.Dense(
                        self.units,
                        activation="relu",
                        dtype=policy,
                        name="dense_0",
                    ),
                    layers.Dropout(self.dropout, dtype=policy),
                    layers.Dense(channels, dtype=policy, name="dense_1"),
                    layers.Dropout(self.dropout, dtype=policy),
                ],
                name=f"mlp_{i}",
            )
            mlp.build(shape)
            self.mlps.append(mlp)
        for i in range(self.num_blocks + 1):
            norm = layers.LayerNormalization(
                epsilon=1e-6, dtype=policy, name=f"norm_{i}"
            )
            norm.build(shape)
            self.norms.append(norm)
        self.drop = layers.Dropout(self.dropout, dtype=policy)

    def call(
        self, reference, modification, modification_mask=None, training=None
    ):
        _, height, width, channels = ops.shape(reference)
        tokens = self.text(modification)
        if len(modification.shape) == 2:
            tokens, modification_mask = tokens[:, None, :], None
        places = ops.reshape(reference, (-1, height * width, channels))
        x = ops.concatenate([places, tokens], axis=1)

        attended = None
        if modification_mask is not None:
            everywhere = ops.ones_like(places[..., 0], dtype="bool")
            words = ops.cast(modification_mask, "bool")
            attended = ops.concatenate([everywhere, words], axis=1)
            attended = attended[:, None, :]
        for norm, attention, mlp in zip(
            self.norms[:-1], self.attentions, self.mlps, strict=True
        ):
            h = norm(x)
            h = attention(h, h, attention_mask=attended, training=training)
            x = x + self.drop(h, training=training)
            x = x + mlp(x, training=training)
        query = self.norms[-1](x[:, : height * width])
        return ops.reshape(query, (-1, height, width, channels))

    def get_config(self):
        return {
            **super().get_config(),
            "num_blocks": self.num_blocks,
            "num_heads": self.num_heads,
            "units": self.units,
            "dropout": self.dropout,
        }
