from keras_cmr.layers.mutual_information.fusion_image_mi import FusionImageMI
from keras_cmr.layers.mutual_information.mutual_information import (
    MutualInformation,
)
from keras_cmr.layers.mutual_information.text_image_mi import TextImageMI

__all__ = ["FusionImageMI", "MutualInformation", "TextImageMI"]
