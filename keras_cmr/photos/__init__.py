"""Folders of own photos, searched without training."""

from keras_cmr.photos.folder_search import FolderSearch
from keras_cmr.photos.folder_search import search_folder
from keras_cmr.photos.found import FoundPictures

__all__ = ["FolderSearch", "FoundPictures", "search_folder"]


def __dir__():
    return sorted(__all__)
