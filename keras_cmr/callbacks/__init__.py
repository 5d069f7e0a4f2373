from keras_cmr.callbacks.recall import Recall
from keras_cmr.callbacks.step_history import StepHistory

__all__ = ["Recall", "StepHistory"]
