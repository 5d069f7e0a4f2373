"""A name for a model that changes when its rankings can."""

import hashlib
import json

import keras
import numpy as np


def model_fingerprint(model) -> str:
    """Hash of a `ComposedRetriever`'s architecture and inference weights.

    What only training uses (mutual-information terms, optimiser, metrics) is
    left out: two models of one fingerprint rank alike.

    Returns:
        str: 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in (model.image_encoder, model.text_encoder, model.fusion):
        config = nameless(keras.saving.serialize_keras_object(part))
        digest.update(json.dumps(config, sort_keys=True).encode())
    towers = (model.query_encoder, model.target_encoder)
    add_weights(digest, [v for tower in towers for v in tower.weights])
    return digest.hexdigest()


def add_weights(digest, variables):
    """Adds values, types and shapes to a hash, each variable once."""
    for variable in {id(v): v for v in variables}.values():
        value = np.ascontiguousarray(keras.ops.convert_to_numpy(variable.value))
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(value.tobytes())


def nameless(config):
    """Leaves out the names of layers: Keras counts them up in a process."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return config
        return {k: nameless(v) for k, v in config.items() if k != "name"}
    if isinstance(config, list):
        return [nameless(item) for item in config]
    return config


def graph_config(config, places=None):
    """`nameless` for functional models of any kind, whose nodes name layers.

    Args:
        config: What `keras.saving.serialize_keras_object` gave.
        places: Dict from the name of a layer around `config` to its place.

    Returns:
        The config, with places where names were.
    """
    if isinstance(config, dict):
        layers = config.get("layers")
        if isinstance(layers, list):
            places = {x["name"]: i for i, x in enumerate(layers) if "name" in x}
        return {
            k: graph_config(v, places) for k, v in config.items() if k != "name"
        }
    if isinstance(config, list | tuple):
        return [graph_config(item, places) for item in config]
    if isinstance(config, str) and places:
        return places.get(config, config)
    return config
