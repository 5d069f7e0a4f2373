"""Towers for programs that have no Keras."""

from keras_cmr.export.card import read_card
from keras_cmr.export.exporting import export_model

__all__ = ["export_model", "read_card"]


def __dir__():
    return sorted(__all__)
