"""The checks of `keras_cmr.evaluation.audit`, one subject a file."""
