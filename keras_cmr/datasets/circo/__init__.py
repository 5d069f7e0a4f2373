from keras_cmr.datasets.circo.read import read

__all__ = ["read"]
