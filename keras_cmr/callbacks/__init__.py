"""What `fit` is given: checkpoints, figures, logs, mining."""

from keras_cmr.callbacks.best_model import BestModel
from keras_cmr.callbacks.checkpoint import Checkpoint
from keras_cmr.callbacks.embedding_projector import EmbeddingProjector
from keras_cmr.callbacks.epoch_log import EpochLog
from keras_cmr.callbacks.finite_check import FiniteCheck
from keras_cmr.callbacks.mining import HardNegativeMining
from keras_cmr.callbacks.progress import Progress
from keras_cmr.callbacks.ranked_images import RankedImages
from keras_cmr.callbacks.recall import Recall
from keras_cmr.callbacks.step_history import StepHistory

__all__ = [
    "BestModel",
    "Checkpoint",
    "EmbeddingProjector",
    "EpochLog",
    "FiniteCheck",
    "HardNegativeMining",
    "Progress",
    "RankedImages",
    "Recall",
    "StepHistory",
]


def __dir__():
    return sorted(__all__)
