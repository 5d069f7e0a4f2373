"""Images made searchable: `Gallery` and what it hands back."""

from keras_cmr.retrieval.copying import copy_gallery
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.results import AddSummary
from keras_cmr.retrieval.results import Hit

__all__ = ["AddSummary", "Gallery", "Hit", "copy_gallery"]
