from keras_cmr.layers.discriminators import ConcatDiscriminator
from keras_cmr.layers.discriminators import Discriminator
from keras_cmr.layers.discriminators import EncodeAndDotDiscriminator
from keras_cmr.layers.discriminators import LocalConcatDiscriminator
from keras_cmr.layers.fusion import TIRG
from keras_cmr.layers.fusion import Concatenation
from keras_cmr.layers.fusion import Fusion
from keras_cmr.layers.fusion import ImageOnly
from keras_cmr.layers.fusion import TextOnly
from keras_cmr.layers.fusion import TIRGLastConv
from keras_cmr.layers.mutual_information import FusionImageMI
from keras_cmr.layers.mutual_information import MutualInformation
from keras_cmr.layers.mutual_information import PriorMatching
from keras_cmr.layers.mutual_information import Term
from keras_cmr.layers.mutual_information import TextImageMI
from keras_cmr.layers.scaled_normalization import ScaledNormalization

__all__ = [
    "TIRG",
    "ConcatDiscriminator",
    "Concatenation",
    "Discriminator",
    "EncodeAndDotDiscriminator",
    "Fusion",
    "FusionImageMI",
    "ImageOnly",
    "LocalConcatDiscriminator",
    "MutualInformation",
    "PriorMatching",
    "ScaledNormalization",
    "TIRGLastConv",
    "Term",
    "TextImageMI",
    "TextOnly",
]
