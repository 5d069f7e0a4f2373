"""Encoders, and `ComposedRetriever`, which joins them by a fusion."""

from keras_cmr.models.backbones import resnet_18
from keras_cmr.models.backbones import small_resnet
from keras_cmr.models.class_name_space import ClassNameSpace
from keras_cmr.models.composed_retriever import ComposedRetriever
from keras_cmr.models.freeze_normalization import freeze_normalization
from keras_cmr.models.gru_text_encoder import GRUTextEncoder
from keras_cmr.models.image_encoder import ImageEncoder
from keras_cmr.models.late_fusion import LateFusion
from keras_cmr.models.load import load
from keras_cmr.models.lstm_text_encoder import LSTMTextEncoder
from keras_cmr.models.query_stages import QueryStages
from keras_cmr.models.shared_space import SharedSpace
from keras_cmr.models.text_encoder import TextEncoder
from keras_cmr.models.vocabulary import Vocabulary

__all__ = [
    "ClassNameSpace",
    "ComposedRetriever",
    "GRUTextEncoder",
    "ImageEncoder",
    "LSTMTextEncoder",
    "LateFusion",
    "QueryStages",
    "SharedSpace",
    "TextEncoder",
    "Vocabulary",
    "freeze_normalization",
    "load",
    "resnet_18",
    "small_resnet",
]


def __dir__():
    return sorted(__all__)
