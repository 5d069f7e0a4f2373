"""Which values of an experiment go, each alone and together."""

import dataclasses
import math

DEVICES = ("one", "all", "workers")


def check_values(config):
    """Raises a `ValueError` that names the key of a value that does not go."""
    _check_numbers(config)
    for name in ("scenes", "modifications", "batch_size", "epochs"):
        if getattr(config, name) < 1:
            raise ValueError(
                f"`{name}` must be at least 1. "
                f"Received: {name}={getattr(config, name)}"
            )
    if config.schedule not in ("cosine", "constant", "step"):
        raise ValueError(
            "`schedule` must be 'cosine', 'constant' or 'step'. "
            f"Received: schedule={config.schedule!r}"
        )
    _check_long_run(config)
    _check_devices(config.devices)
    _check_features(config)
    _check_discriminators(config)


def _check_numbers(config):
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(
                f"`{field.name}` must be a finite number. "
                f"Received: {field.name}={value}"
            )
    for name in ("learning_rate", "backbone_learning_rate", "decay_rate"):
        value = getattr(config, name)
        if value is not None and value <= 0:
            raise ValueError(
                f"`{name}` must be above 0. Received: {name}={value}"
            )
    weights = ("weight", "text_weight", "fusion_weight", "prior_weight")
    for name in (*weights, "weight_decay", "warmup_steps"):
        value = getattr(config, name)
        if value is not None and value < 0:
            raise ValueError(
                f"`{name}` must be at least 0. Received: {name}={value}"
            )
    for name in ("seed", "data_seed"):
        if not 0 <= getattr(config, name) < 2**32:
            raise ValueError(
                f"`{name}` must be from 0 to 2**32 - 1. "
                f"Received: {name}={getattr(config, name)}"
            )


def _check_long_run(config):
    for name, least in (
        ("decay_epochs", 1),
        ("hard_negatives", 0),
        ("mine_every", 1),
        ("evaluate_every", 0),
    ):
        if getattr(config, name) < least:
            raise ValueError(
                f"`{name}` must be at least {least}. "
                f"Received: {name}={getattr(config, name)}"
            )
    average = config.ema_momentum
    if average is not None and not 0 < average < 1:
        raise ValueError(
            "`ema_momentum` must lie between 0 and 1. "
            f"Received: ema_momentum={average}"
        )
    if config.evaluate_every > config.epochs:
        raise ValueError(
            "`evaluate_every` must be at most `epochs`, or 0 for never. "
            f"Received: evaluate_every={config.evaluate_every}, "
            f"epochs={config.epochs}"
        )
    if config.monitor is not None and not (
        config.monitor.startswith("val_") and config.evaluate_every
    ):
        raise ValueError(
            "`monitor` must begin with 'val_', and `evaluate_every` must be "
            f"at least 1. Received: monitor={config.monitor!r}, "
            f"evaluate_every={config.evaluate_every}"
        )


def _check_features(config):
    if config.cache_features and config.train_backbone:
        raise ValueError(
            "`cache_features` keeps what a frozen backbone gives: it needs "
            "`train_backbone: false`. Received: cache_features=True, "
            "train_backbone=True"
        )
    if config.cache_features and config.evaluate_every:
        raise ValueError(
            "`cache_features` trains without pixels, which figures during "
            "training need: it goes with `evaluate_every: 0`. Received: "
            f"cache_features=True, evaluate_every={config.evaluate_every}"
        )


def _check_devices(devices):
    if devices not in DEVICES:
        raise ValueError(
            f"`devices` must be one of {DEVICES}. Received: devices={devices!r}"
        )


def _check_discriminators(config):
    for name in (
        "discriminator_units",
        "discriminator_layers",
        "num_negatives",
    ):
        value = getattr(config, name)
        if value is not None and value < 1:
            raise ValueError(
                f"`{name}` must be at least 1. Received: {name}={value}"
            )
