"""Images made searchable: `Gallery` and what it hands back."""

from keras_cmr.embedder import Embedder
from keras_cmr.retrieval.bulk.embed_images import embed_images
from keras_cmr.retrieval.bulk.image_table import image_table
from keras_cmr.retrieval.bulk.index_images import index_images
from keras_cmr.retrieval.bulk.load_shards import load_shards
from keras_cmr.retrieval.bulk.ray_cluster import RayCluster
from keras_cmr.retrieval.bulk.summary import BulkSummary
from keras_cmr.retrieval.copying import copy_gallery
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.results import AddSummary
from keras_cmr.retrieval.results import Hit
from keras_cmr.retrieval.results import Hits

__all__ = [
    "AddSummary",
    "BulkSummary",
    "Embedder",
    "Gallery",
    "Hit",
    "Hits",
    "RayCluster",
    "copy_gallery",
    "embed_images",
    "image_table",
    "index_images",
    "load_shards",
]


def __dir__():
    return sorted(__all__)
