"""Configs that remember which sublayers were quantised."""

import re

import keras


def dtype_config(layer):
    """The `"dtype"` entry of the config of a composite layer or model.

    `quantize` changes the dtype policy of single sublayers, which the config
    of their parent does not know: revived, they would be float again, and
    the quantised weights would not fit (keras-team/keras#19381). So once a
    sublayer is quantised, the policy in the config becomes a map from paths
    to policies. For the map to reach its sublayers, the parent creates each
    with `dtype=self.dtype_policy` and, if it can be quantised, with a name
    of its own, since Keras counts the default names up in a process. A path
    begins at the parent, so it holds wherever the parent is nested.

    Args:
        layer: `keras.layers.Layer`.

    Returns:
        Dict, the serialised policy.
    """
    policy = layer.dtype_policy
    if isinstance(policy, keras.dtype_policies.DTypePolicyMap):
        policy = policy.default_policy
    policies = keras.dtype_policies.DTypePolicyMap(policy.name)
    for sublayer in layer._flatten_layers(include_self=False):
        if sublayer.quantization_mode is None:
            continue
        own = sublayer.dtype_policy
        if isinstance(own, keras.dtype_policies.DTypePolicyMap):
            own = own[sublayer.path]
            # Keras 3.15 can't write the weights of a quantised layer that
            # holds the map it was loaded with; its entry means the same.
            sublayer._dtype_policy = own
        policies[_pattern(layer, sublayer.path)] = own
    return keras.dtype_policies.serialize(policies if policies else policy)


def quantize_as(model, config):
    """Quantises a new model's layers as a `dtype_config` says.

    For models, which build their layers in the constructor: `from_config`
    takes the `"dtype"` entry out, constructs, then calls this. Layers that
    are quantised already, by a config of their own, stay as they are.

    Args:
        model: Built `keras.Model`.
        config: Dict as of `dtype_config`, or `None`.

    Returns:
        The model.
    """
    policies = keras.dtype_policies.get(config)
    if isinstance(policies, keras.dtype_policies.DTypePolicyMap):
        for layer in model._flatten_layers(include_self=False):
            # Layers without weights, which have no path, are never quantised.
            mode = policies[layer.path or ""].quantization_mode
            if mode and layer.quantization_mode is None:
                layer.quantize(mode)
    return model


def _pattern(layer, path):
    inside = path.removeprefix(f"{layer.path}/")
    if inside == path:
        # The layers of a functional model are built outside of its scope.
        return re.escape(path)
    return "(.+/)?" + re.escape(f"{layer.name}/{inside}")
