"""The text half of CLIP as a model of its own."""

import keras
from keras import layers
from keras import ops


@keras.saving.register_keras_serializable(package="keras_cmr")
class CLIPTextTower(keras.Model):
    """CLIP's text encoder, its state at the end token, its projection.

    `keras_hub.models.CLIPBackbone` keeps the last two steps to itself, so that
    the text half could be had only with the image half's weights.

    Args:
        text_encoder: `keras_hub.models.CLIPTextEncoder`.
        projection_dim: int. Size of the embedding.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict with `"token_ids"`, int tensor of shape
            `(batch, length)`, as `keras_hub.models.CLIPPreprocessor` makes it.

    Returns:
        Float tensor of shape `(batch, projection_dim)`, not normalised.

    Reference:
    - [Radford et al., 2021](https://arxiv.org/abs/2103.00020)
    """

    def __init__(self, text_encoder, projection_dim, **kwargs):
        # === Layers ===
        projection = layers.Dense(
            projection_dim,
            use_bias=False,
            dtype=text_encoder.dtype_policy,
            name="projection",
        )

        # === Functional Model ===
        tokens = keras.Input((None,), dtype="int32", name="token_ids")
        states = text_encoder({"token_ids": tokens})
        # The end token has the highest id of all.
        end = ops.argmax(tokens, axis=-1)[:, None, None]
        state = ops.squeeze(ops.take_along_axis(states, end, axis=1), axis=1)
        super().__init__(
            inputs={"token_ids": tokens}, outputs=projection(state), **kwargs
        )

        # === Config ===
        self.text_encoder = text_encoder
        self.projection_dim = projection_dim
        self.max_sequence_length = text_encoder.max_sequence_length

    @classmethod
    def from_backbone(cls, backbone):
        """The text half of a `keras_hub.models.CLIPBackbone`."""
        tower = cls(backbone.text_encoder, backbone.projection_dim)
        tower.get_layer("projection").set_weights(
            backbone.text_projection.get_weights()
        )
        return tower

    def get_config(self):
        return {
            "name": self.name,
            "text_encoder": keras.saving.serialize_keras_object(
                self.text_encoder
            ),
            "projection_dim": self.projection_dim,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["text_encoder"] = keras.saving.deserialize_keras_object(
            config["text_encoder"], custom_objects
        )
        return cls(**config)
