from keras_cmr.metrics.in_batch_recall import InBatchRecall

__all__ = ["InBatchRecall"]
