"""The optimizer that a config describes."""

import re

import keras


def optimizer(config, steps_per_epoch, model):
    """An optimizer with the schedule of its learning rate.

    With `backbone_learning_rate` the pretrained bodies (the backbones of the
    encoders) learn at that rate and all else at `learning_rate`, both by the
    same schedule.

    Args:
        config: `Config`.
        steps_per_epoch: int. Batches an epoch.
        model: `keras_cmr.models.ComposedRetriever` to be trained.
    """
    whole = _single(config, steps_per_epoch, config.learning_rate)
    if config.backbone_learning_rate is None:
        return whole
    body = _single(config, steps_per_epoch, config.backbone_learning_rate)
    paths = _body_paths(model)
    # One pattern, since a saved optimizer would have one body a pattern.
    pattern = "|".join(re.escape(path) for path in paths)
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(whole, {pattern: body})
    )


def _body_paths(model):
    """Paths of the trainable weights of the encoders' backbones."""
    encoders = (model.image_encoder, model.text_encoder)
    paths = [
        weight.path
        for encoder in encoders
        if hasattr(encoder, "backbone")
        for weight in encoder.backbone.trainable_weights
    ]
    others = [weight.path for weight in model.trainable_weights]
    shared = [path for path in set(paths) if others.count(path) > 1]
    if not paths or shared:
        raise ValueError(
            "`backbone_learning_rate` needs an encoder with a trainable "
            "backbone, whose weights have names of their own. Received: "
            f"{len(paths)} weights, names of several: {shared[:3]}"
        )
    return paths


def _single(config, steps_per_epoch, rate):
    settings = {"learning_rate": _schedule(config, steps_per_epoch, rate)}
    if config.weight_decay:
        settings["weight_decay"] = config.weight_decay
    if config.optimizer.lower() == "sgd":
        settings["momentum"] = 0.9
    if config.ema_momentum is not None:
        settings |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    try:
        kind = type(keras.optimizers.get(config.optimizer))
        return kind(**settings)
    # A wrapper of others wants other arguments.
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "`optimizer` must name an optimizer of Keras, such as adam, adamw "
            f"or sgd. Received: optimizer={config.optimizer!r} ({error})"
        ) from None


def _schedule(config, steps_per_epoch, rate):
    schedules = keras.optimizers.schedules
    if config.schedule == "cosine":
        steps = config.epochs * steps_per_epoch
        warmup = min(config.warmup_steps, steps // 2)
        return schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(steps - warmup, 1),
            warmup_target=rate,
            warmup_steps=warmup,
        )
    if config.schedule == "step":
        return schedules.ExponentialDecay(
            initial_learning_rate=rate,
            decay_steps=config.decay_epochs * steps_per_epoch,
            decay_rate=config.decay_rate,
            staircase=True,
        )
    return rate
