"""Figures within a batch, while `fit` runs."""

from keras_cmr.metrics.in_batch_recall import InBatchRecall

__all__ = ["InBatchRecall"]


def __dir__():
    return sorted(__all__)
