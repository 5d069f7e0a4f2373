"""ComposeAE: the text as a rotation in a complex space."""

import keras
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class ComposeAE(Fusion):
    """Rotates the image by angles read from the text, and can undo it.

    `modulus = MLP(reference)`, `angle = MLP(modification)`, one of each a
    dimension; the rotated image is `modulus * exp(i angle)`. With `z` its
    real and imaginary part, two maps lead back to the image space:

        `query = a0 * conv(z) + a1 * linear(z)`,

    `linear` a perceptron on `z`; `conv` one on a convolution along the
    dimensions of `[modulus, angle, reference, z]`, max-pooled to 16 steps.
    The query is not normalised. In training three losses are added:

    - image reconstruction: mean squared error of a decoder from the query to
      `reference`;
    - text reconstruction: the same from the query to `modification`;
    - rotational symmetry, if `target` is given: the query of `target` and
      the conjugate, `exp(-i angle)`, must be `reference`, as
      `1 - cosine`. The authors use their metric loss here; this one has no
      negatives, as the references of a batch may show the same image.

    One pair of modulus and angle serves both maps, where the authors' code
    has two; and the text comes from the encoder of the model, not from BERT.

    Args:
        image_weight: float. Weight of the image reconstruction. Defaults to
            `0.1`, that of the authors' code.
        text_weight: float. Weight of the text reconstruction. Defaults to
            `0.1`, that of the authors' code.
        symmetry_weight: float. Weight of the rotational symmetry. Defaults
            to `0.01`, that of the authors' code for its form of the loss.
        initial_weights: Pair of floats, the first values of `a0` and `a1`.
            Defaults to `(1.0, 10.0)`, those of the authors' code.
        dropout: float. Fraction of the hidden layer of the modulus dropped
            in training. Defaults to `0.5`, that of the authors' code.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.
        target: Float tensor of shape `(batch, dim)`, or `None`. Read in
            training alone.
        training: bool. Whether losses are added, and dropout and batch
            statistics in use.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.ComposeAE()
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Anwaar et al., 2021](https://arxiv.org/abs/2006.11149)
    """

    uses_target = True

    def __init__(
        self,
        image_weight=0.1,
        text_weight=0.1,
        symmetry_weight=0.01,
        initial_weights=(1.0, 10.0),
        dropout=0.5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, weight in (
            ("image_weight", image_weight),
            ("text_weight", text_weight),
            ("symmetry_weight", symmetry_weight),
        ):
            if weight < 0:
                raise ValueError(
                    f"`{name}` must not be negative. Received: {name}={weight}"
                )
        if len(initial_weights) != 2:
            raise ValueError(
                "`initial_weights` must be two numbers, for the convolution "
                "and the linear map. "
                f"Received: initial_weights={initial_weights}"
            )
        self.image_weight = image_weight
        self.text_weight = text_weight
        self.symmetry_weight = symmetry_weight
        self.initial_weights = tuple(float(w) for w in initial_weights)
        self.dropout = dropout

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim, text_dim = reference_shape[-1], modification_shape[-1]
        policy = self.dtype_policy
        norm = {"momentum": 0.9, "epsilon": 1e-5, "dtype": policy}
        self.modulus = keras.Sequential(
            [
                layers.BatchNormalization(**norm),
                layers.Dense(dim, dtype=policy, name="dense_0"),
                layers.Dropout(self.dropout, dtype=policy),
                layers.ReLU(dtype=policy),
                layers.Dense(dim, dtype=policy, name="dense_1"),
            ],
            name="modulus",
        )
        self.angle = keras.Sequential(
            [
                layers.BatchNormalization(**norm),
                layers.Dense(
                    dim, activation="relu", dtype=policy, name="dense_0"
                ),
                layers.Dense(dim, dtype=policy, name="dense_1"),
            ],
            name="angle",
        )
        self.convolution = keras.Sequential(
            [
                # `conv_map` starts with BN, before which a bias does nothing.
                layers.Conv1D(
                    64, 3, padding="same", use_bias=False, dtype=policy
                ),
                layers.AdaptiveMaxPooling1D(16, dtype=policy),
                layers.Flatten(dtype=policy),
            ],
            name="convolution",
        )
        self.conv_map = self.mapping(dim, "conv_map")
        self.linear_map = self.mapping(dim, "linear_map")
        self.image_decoder = self.mapping(dim, "image_decoder")
        self.text_decoder = self.mapping(text_dim, "text_decoder")
        self.modulus.build((None, dim))
        self.angle.build((None, text_dim))
        self.convolution.build((None, dim, 5))
        self.conv_map.build((None, 64 * 16))
        self.linear_map.build((None, 2 * dim))
        self.image_decoder.build((None, dim))
        self.text_decoder.build((None, dim))
        self.conv_weight, self.linear_weight = (
            self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(value),
                name=name,
            )
            for value, name in zip(
                self.initial_weights,
                ("conv_weight", "linear_weight"),
                strict=True,
            )
        )

    def mapping(self, units, name):
        """`BN - ReLU - Dense(units) - ReLU - Dense(units)`."""
        policy = self.dtype_policy
        return keras.Sequential(
            [
                layers.BatchNormalization(
                    momentum=0.9, epsilon=1e-5, dtype=policy
                ),
                layers.ReLU(dtype=policy),
                layers.Dense(
                    units, activation="relu", dtype=policy, name="dense_0"
                ),
                layers.Dense(units, dtype=policy, name="dense_1"),
            ],
            name=name,
        )

    def rotate(self, image, modification, direction=1.0, training=None):
        """Modulus, angle, real and imaginary part of the rotated image."""
        modulus = self.modulus(image, training=training)
        angle = self.angle(modification, training=training)
        real = modulus * ops.cos(angle)
        imaginary = direction * modulus * ops.sin(angle)
        return modulus, angle, real, imaginary

    def compose(self, image, modification, direction=1.0, training=None):
        """The query of an image; of the conjugate if `direction` is -1."""
        modulus, angle, real, imaginary = self.rotate(
            image, modification, direction, training
        )
        rows = ops.stack([modulus, angle, image, real, imaginary], axis=-1)
        conv = self.conv_map(self.convolution(rows), training=training)
        linear = self.linear_map(
            ops.concatenate([real, imaginary], axis=-1), training=training
        )
        conv_weight = ops.cast(self.conv_weight, self.compute_dtype)
        linear_weight = ops.cast(self.linear_weight, self.compute_dtype)
        return conv_weight * conv + linear_weight * linear

    def call(self, reference, modification, target=None, training=None):
        query = self.compose(reference, modification, training=training)
        if training:
            image = self.image_decoder(query, training=True)
            text = self.text_decoder(query, training=True)
            self.add_loss(self.image_weight * squared_error(image, reference))
            self.add_loss(self.text_weight * squared_error(text, modification))
            if target is not None:
                back = self.compose(target, modification, -1.0, training=True)
                symmetry = 1.0 - cosine(back, reference)
                self.add_loss(self.symmetry_weight * ops.mean(symmetry))
        return query

    def get_config(self):
        return {
            **super().get_config(),
            "image_weight": self.image_weight,
            "text_weight": self.text_weight,
            "symmetry_weight": self.symmetry_weight,
            "initial_weights": self.initial_weights,
            "dropout": self.dropout,
        }


def squared_error(decoded, features):
    # float16 squares overflow from 256 on.
    decoded, features = (ops.cast(x, "float32") for x in (decoded, features))
    return ops.mean(ops.square(decoded - features))


def cosine(a, b):
    a, b = (ops.normalize(ops.cast(x, "float32"), axis=-1) for x in (a, b))
    return ops.sum(a * b, axis=-1)
