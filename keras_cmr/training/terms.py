"""The mutual-information terms that a config describes."""

import random

from keras_cmr import layers
from keras_cmr.training.named import named
from keras_cmr.training.term_keys import PREFIXES
from keras_cmr.training.term_keys import READ_BY_DISCRIMINATOR


def terms(config):
    """The terms of a config, as a list.

    They take no seed from the stream that the rest of the model draws from: a
    run with terms starts from the weights of the run without, seed by seed,
    and what differs in the end is due to the terms.
    """
    state = random.getstate()  # where Keras draws seeds
    random.seed(f"terms {config.seed}")
    try:
        return [term(config, name) for name in config.mutual_information]
    finally:
        random.setstate(state)


def term(config, name):
    """The term `name` with the settings of a config.

    Args:
        config: `Config`. Its `level` may be several, with `+` between.
        name: str. `"TextImageMI"`, `"FusionImageMI"` or `"PriorMatching"`.
    """
    if name not in PREFIXES:
        raise ValueError(
            f"`mutual_information` must hold names of {sorted(PREFIXES)}. "
            f"Received: {name!r}"
        )
    prefix = PREFIXES[name]
    weight = getattr(config, f"{prefix}_weight")
    settings = {"weight": config.weight if weight is None else weight}
    if name == "PriorMatching":
        return layers.PriorMatching(on=config.prior_on.split("+"), **settings)
    settings |= {
        "estimator": config.estimator,
        "mask_negatives": config.mask_negatives,
        "discriminator": _discriminator(
            config,
            f"{prefix}_discriminator",
            on_maps=name == "FusionImageMI" and config.scope == "local",
        ),
    }
    if name == "TextImageMI":
        return layers.TextImageMI(image=config.image, **settings)
    levels = config.level.split("+")
    return layers.FusionImageMI(
        level=levels if len(levels) > 1 else config.level,
        scope=config.scope,
        **settings,
    )


def _discriminator(config, key, on_maps):
    kind = named(key, getattr(config, key), layers, READ_BY_DISCRIMINATOR)
    if (4 if on_maps else 2) not in kind.target_ranks:
        what = "places of a map" if on_maps else "whole images"
        raise ValueError(
            f"`{key}` must be one that scores {what}, which for a fusion is a "
            f"matter of `scope`. Received: {key}={kind.__name__!r}, "
            f"scope={config.scope!r}"
        )
    own = {
        "discriminator_units": "units",
        "discriminator_layers": "num_layers",
        "num_negatives": "num_negatives",
    }
    return kind(
        **{
            own[name]: getattr(config, name)
            for name in READ_BY_DISCRIMINATOR[kind.__name__]
        }
    )
