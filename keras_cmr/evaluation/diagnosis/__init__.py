"""The parts of `keras_cmr.evaluation.diagnose`."""
