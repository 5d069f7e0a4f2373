"""One batch over the replicas of a `tf.distribute` strategy.

Replica `r` of `R` embeds its own rows, `E_r`, with the weights `w`. In-batch
losses want all rows, so every replica gathers `E = [E_1, ..., E_R]`, takes the
objective `L(E, w)` of the whole batch and differentiates `L / R`:

- all replicas come to the same `(1 / R) dL/dE`; of it, the gather sends back
  `R` times the own rows, `dL/dE_r`, which goes through the encoders;
- the objective's own weights (discriminators) receive `(1 / R) dL/dw`.

Keras' optimizer sums over the replicas, which makes `dL/dw` of both: that of
one device with the whole batch.
"""

import contextlib

import keras
import tensorflow as tf

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


def count():
    """How many replicas take this step together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def gather(values):
    """The rows of all replicas, in their order.

    Args:
        values: Nested structure of tensors of shape `(rows, ...)`, where the
            number of rows may differ between replicas, even be 0.
    """
    if count() == 1:
        return values
    return keras.tree.map_structure(_gather, values)


def _gather(rows):
    if rows is None:
        return None
    rows = tf.convert_to_tensor(rows)
    # Collectives know neither bfloat16 nor small integers.
    if rows.dtype.is_floating:
        wide = tf.float64 if rows.dtype == tf.float64 else tf.float32
    else:
        wide = tf.int64 if rows.dtype == tf.int64 else tf.int32
    return tf.cast(_gather_wide(tf.cast(rows, wide)), rows.dtype)


# TensorFlow's own gradient sums the same tensor over all replicas to pass on
# a slice of it, and fails where a worker has one device.
@tf.custom_gradient
def _gather_wide(rows):
    context = tf.distribute.get_replica_context()
    number = tf.shape(rows)[0]
    with _local_device():
        numbers = context.all_gather(tf.identity([number]), axis=0)
        gathered = context.all_gather(tf.identity(rows), axis=0)
    before = tf.reduce_sum(numbers[: context.replica_id_in_sync_group])

    def gradient(upstream):
        return count() * upstream[before : before + number]

    # Gathered rows have lost what is known of their shape.
    return tf.ensure_shape(gathered, (None, *rows.shape[1:])), gradient


def _local_device():
    """Where a gather's arguments must be said to lie, on a lonely device."""
    devices = tf.distribute.get_strategy().extended.worker_devices
    if len(devices) > 1:
        return contextlib.nullcontext()
    return tf.device(devices[0])


def weighted_sum(value, rows):
    """Sum over replicas of a scalar, each weighted by its share of the rows.

    Args:
        value: Float32 scalar, a mean over this replica's rows. It doesn't
            count where there are none.
        rows: int32 scalar, the number of this replica's rows.
    """
    if count() == 1:
        return value
    context = tf.distribute.get_replica_context()
    rows = tf.cast(rows, "float32")
    share = rows / context.all_reduce("SUM", rows)
    return context.all_reduce("SUM", tf.math.multiply_no_nan(value, share))


def reducible(logs):
    """`logs` in the shape in which Keras takes their mean over replicas."""
    strategy = tf.distribute.get_strategy()
    several_workers = isinstance(
        strategy, tf.distribute.MultiWorkerMirroredStrategy
    )
    if several_workers and strategy.extended._in_multi_worker_mode():
        # There it takes the mean over rows, too, which a scalar lacks.
        return {name: tf.reshape(value, (1,)) for name, value in logs.items()}
    return logs


def check_loss(loss):
    """Refuses a compiled loss that Keras would not divide by the replicas."""
    for part in keras.tree.flatten(loss):
        reduction = getattr(part, "reduction", MEANS[0])
        if count() > 1 and reduction not in MEANS:
            raise ValueError(
                "Under several replicas the `reduction` of `loss` must be one "
                f"of {MEANS}. Received: reduction={reduction!r} of "
                f"{part.name!r}"
            )


def check_layers(model):
    """Refuses layers whose losses would get into another replica's sum.

    Keras keeps what `add_loss` got in the layer, for all replicas, which take
    turns where a BatchNormalization meets the others'. Call it after a
    forward pass.
    """
    layers = list(model._flatten_layers())
    if count() > 1 and any(getattr(x, "synchronized", False) for x in layers):
        adding = [layer.name for layer in layers if layer._losses]
        if adding:
            raise ValueError(
                "Under several replicas a model with `synchronized=True` must "
                "not have layers that call `add_loss`. Received: "
                f"{adding}"
            )
