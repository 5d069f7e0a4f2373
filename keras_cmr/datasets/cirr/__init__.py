from keras_cmr.datasets.cirr.read import read

__all__ = ["read"]
