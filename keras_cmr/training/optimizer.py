"""The optimizer that a config describes."""

import keras


def optimizer(config, steps_per_epoch):
    """An optimizer with the schedule of its learning rate.

    Args:
        config: `Config`.
        steps_per_epoch: int. Batches an epoch.
    """
    rate = config.learning_rate
    if config.schedule == "cosine":
        steps = config.epochs * steps_per_epoch
        warmup = min(config.warmup_steps, steps // 2)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(steps - warmup, 1),
            warmup_target=rate,
            warmup_steps=warmup,
        )
    settings = {"learning_rate": rate}
    if config.weight_decay:
        settings["weight_decay"] = config.weight_decay
    if config.optimizer.lower() == "sgd":
        settings["momentum"] = 0.9
    kind = type(keras.optimizers.get(config.optimizer))
    return kind(**settings)
