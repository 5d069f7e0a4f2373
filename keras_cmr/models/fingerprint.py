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
        config = _nameless(keras.saving.serialize_keras_object(part))
        digest.update(json.dumps(config, sort_keys=True).encode())
    seen = set()
    for tower in (model.query_encoder, model.target_encoder):
        for variable in tower.weights:
            if id(variable) in seen:
                continue
            seen.add(id(variable))
            value = np.ascontiguousarray(
                keras.ops.convert_to_numpy(variable.value)
            )
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
    return digest.hexdigest()


def _nameless(config):
    """Leaves out the names of layers: Keras counts them up in a process."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return config
        return {k: _nameless(v) for k, v in config.items() if k != "name"}
    if isinstance(config, list):
        return [_nameless(item) for item in config]
    return config
