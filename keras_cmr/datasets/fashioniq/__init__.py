from keras_cmr.datasets.fashioniq.read import read

__all__ = ["read"]
