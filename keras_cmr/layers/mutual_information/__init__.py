from keras_cmr.layers.mutual_information.fusion_image_mi import FusionImageMI
from keras_cmr.layers.mutual_information.mutual_information import (
    MutualInformation,
)
from keras_cmr.layers.mutual_information.prior_matching import PriorMatching
from keras_cmr.layers.mutual_information.term import Term
from keras_cmr.layers.mutual_information.text_image_mi import TextImageMI

__all__ = [
    "FusionImageMI",
    "MutualInformation",
    "PriorMatching",
    "Term",
    "TextImageMI",
]
