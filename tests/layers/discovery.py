"""Every fusion and discriminator of the package, with inputs for each."""

import numpy as np

from keras_cmr import layers


def exported(base):
    """The classes in `keras_cmr.layers.__all__` that stand on `base`."""
    kinds = [getattr(layers, name) for name in layers.__all__]
    return [kind for kind in kinds if issubclass(kind, base) and kind != base]


FUSIONS = exported(layers.Fusion)
DISCRIMINATORS = exported(layers.Discriminator)


def inputs_for(layer, batch=4, dim=6, seed=0):
    """A reference or target of any layer above, behind or before a text."""
    rng = np.random.default_rng(seed)
    text = rng.normal(size=(batch, dim)).astype("float32")
    if isinstance(layer, layers.Fusion):
        shape = (batch, 3, 3, dim) if layer.uses_feature_map else (batch, dim)
        return rng.normal(size=shape).astype("float32"), text
    shape = (batch, 3, 2, dim) if 4 in layer.target_ranks else (batch, dim)
    return text, rng.normal(size=shape).astype("float32")
