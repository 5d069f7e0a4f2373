from keras_cmr.layers.fusion.concatenation import Concatenation
from keras_cmr.layers.fusion.fusion import Fusion
from keras_cmr.layers.fusion.tirg import TIRG
from keras_cmr.layers.fusion.tirg_last_conv import TIRGLastConv
from keras_cmr.layers.fusion.unimodal import ImageOnly
from keras_cmr.layers.fusion.unimodal import TextOnly

__all__ = [
    "TIRG",
    "Concatenation",
    "Fusion",
    "ImageOnly",
    "TIRGLastConv",
    "TextOnly",
]
