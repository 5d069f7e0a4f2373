from keras_cmr.layers.fusion.attention import Attention
from keras_cmr.layers.fusion.combiner import Combiner
from keras_cmr.layers.fusion.compose_ae import ComposeAE
from keras_cmr.layers.fusion.concatenation import Concatenation
from keras_cmr.layers.fusion.film import FiLM
from keras_cmr.layers.fusion.fusion import Fusion
from keras_cmr.layers.fusion.mrn import MRN
from keras_cmr.layers.fusion.parameter_hashing import ParameterHashing
from keras_cmr.layers.fusion.relationship import Relationship
from keras_cmr.layers.fusion.residual import Residual
from keras_cmr.layers.fusion.show_and_tell import ShowAndTell
from keras_cmr.layers.fusion.sum import Sum
from keras_cmr.layers.fusion.tirg import TIRG
from keras_cmr.layers.fusion.tirg_last_conv import TIRGLastConv
from keras_cmr.layers.fusion.unimodal import ImageOnly
from keras_cmr.layers.fusion.unimodal import TextOnly

__all__ = [
    "MRN",
    "TIRG",
    "Attention",
    "Combiner",
    "ComposeAE",
    "Concatenation",
    "FiLM",
    "Fusion",
    "ImageOnly",
    "ParameterHashing",
    "Relationship",
    "Residual",
    "ShowAndTell",
    "Sum",
    "TIRGLastConv",
    "TextOnly",
]
