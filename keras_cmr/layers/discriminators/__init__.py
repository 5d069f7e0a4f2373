from keras_cmr.layers.discriminators.concat_discriminator import (
    ConcatDiscriminator,
)
from keras_cmr.layers.discriminators.discriminator import Discriminator
from keras_cmr.layers.discriminators.encode_and_dot_discriminator import (
    EncodeAndDotDiscriminator,
)
from keras_cmr.layers.discriminators.local_concat_discriminator import (
    LocalConcatDiscriminator,
)

__all__ = [
    "ConcatDiscriminator",
    "Discriminator",
    "EncodeAndDotDiscriminator",
    "LocalConcatDiscriminator",
]
