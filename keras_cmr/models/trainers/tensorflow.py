"""The training step on TensorFlow."""

import keras
import tensorflow as tf


def train_step(model, data):
    """One optimisation step of a `ComposedRetriever`.

    The objective is `model.compute_loss`, which also updates one tracker a
    term, so the logs hold the total loss, the metric loss and every estimate.
    The loss is scaled before the gradient: under `mixed_float16` the small
    gradients of the terms would otherwise vanish unnoticed.

    Args:
        model: `keras_cmr.models.ComposedRetriever`, compiled.
        data: Batch as `fit` gives it.

    Returns:
        Dict of name to current metric value.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    with tf.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = model.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True
        )
        scaled_loss = model.optimizer.scale_loss(loss)
    weights = model.trainable_weights
    # A fusion may ignore one half of the query, as the baselines do: what
    # only serves that half stays as it is, without a warning at every start.
    gradients = tape.gradient(
        scaled_loss,
        [weight.value for weight in weights],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
    model._loss_tracker.update_state(
        loss, sample_weight=tf.shape(y_pred["query"])[0]
    )
    return model.compute_metrics(x, y, y_pred, sample_weight=sample_weight)
