"""Images made searchable: `Gallery` and what it hands back."""

from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.results import AddSummary
from keras_cmr.retrieval.results import Hit
from keras_cmr.retrieval.results import Hits

__all__ = ["AddSummary", "Gallery", "Hit", "Hits"]
