from keras_cmr.datasets.shoes.read import read

__all__ = ["read"]
