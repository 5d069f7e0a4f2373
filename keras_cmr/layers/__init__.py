"""Fusions, discriminators and mutual-information terms: plain Keras layers."""

from keras_cmr.layers.discriminators import ConcatDiscriminator
from keras_cmr.layers.discriminators import Discriminator
from keras_cmr.layers.discriminators import EncodeAndDotDiscriminator
from keras_cmr.layers.discriminators import LocalConcatDiscriminator
from keras_cmr.layers.fusion import MRN
from keras_cmr.layers.fusion import TIRG
from keras_cmr.layers.fusion import Attention
from keras_cmr.layers.fusion import Combiner
from keras_cmr.layers.fusion import ComposeAE
from keras_cmr.layers.fusion import Concatenation
from keras_cmr.layers.fusion import FiLM
from keras_cmr.layers.fusion import Fusion
from keras_cmr.layers.fusion import ImageOnly
from keras_cmr.layers.fusion import ParameterHashing
from keras_cmr.layers.fusion import Relationship
from keras_cmr.layers.fusion import Residual
from keras_cmr.layers.fusion import ShowAndTell
from keras_cmr.layers.fusion import Sum
from keras_cmr.layers.fusion import TextOnly
from keras_cmr.layers.fusion import TIRGLastConv
from keras_cmr.layers.mutual_information import FusionImageMI
from keras_cmr.layers.mutual_information import MutualInformation
from keras_cmr.layers.mutual_information import PriorMatching
from keras_cmr.layers.mutual_information import Term
from keras_cmr.layers.mutual_information import TextImageMI
from keras_cmr.layers.scaled_normalization import ScaledNormalization

__all__ = [
    "MRN",
    "TIRG",
    "Attention",
    "Combiner",
    "ComposeAE",
    "ConcatDiscriminator",
    "Concatenation",
    "Discriminator",
    "EncodeAndDotDiscriminator",
    "FiLM",
    "Fusion",
    "FusionImageMI",
    "ImageOnly",
    "LocalConcatDiscriminator",
    "MutualInformation",
    "ParameterHashing",
    "PriorMatching",
    "Relationship",
    "Residual",
    "ScaledNormalization",
    "ShowAndTell",
    "Sum",
    "TIRGLastConv",
    "Term",
    "TextImageMI",
    "TextOnly",
]


def __dir__():
    return sorted(__all__)
