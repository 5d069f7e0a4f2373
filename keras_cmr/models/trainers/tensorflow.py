"""The training step on TensorFlow."""

import keras
import tensorflow as tf

from keras_cmr.models.trainers import replicas


def train_step(model, data):
    """One optimisation step of a `ComposedRetriever`.

    The objective is `model.compute_loss`, which also updates one tracker a
    term, so the logs hold the total loss, the metric loss and every estimate.
    The loss is scaled before the gradient: under `mixed_float16` the small
    gradients of the terms would otherwise vanish unnoticed. With
    `model.microbatch_size` the gradients are cached: see
    `keras_cmr.models.trainers`.

    Args:
        model: `keras_cmr.models.ComposedRetriever`, compiled.
        data: Batch as `fit` gives it.

    Returns:
        Dict of name to current metric value.
    """
    batch = keras.utils.unpack_x_y_sample_weight(data)
    replicas.check_loss(model.loss)
    step = _cached_step if model.microbatch_size else _plain_step
    loss, whole, gradients = step(model, *batch)
    model.optimizer.apply_gradients(
        zip(gradients, model.trainable_weights, strict=True)
    )
    return _logs(model, loss, **whole)


def test_step(model, data):
    """One step of `evaluate`, with the loss and metrics of the whole batch.

    Args:
        model: `keras_cmr.models.ComposedRetriever`, compiled.
        data: Batch as `evaluate` gives it.

    Returns:
        Dict of name to current metric value.
    """
    batch = keras.utils.unpack_x_y_sample_weight(data)
    replicas.check_loss(model.loss)
    y_pred = model(batch[0], training=False)
    added = _added(model)
    loss, whole = _objective(model, *batch, y_pred, added, training=False)
    return _logs(model, loss, **whole)


def _logs(model, loss, x, y, y_pred, sample_weight):
    model._loss_tracker.update_state(
        loss, sample_weight=tf.shape(y_pred["query"])[0]
    )
    logs = model.compute_metrics(x, y, y_pred, sample_weight=sample_weight)
    return replicas.reducible(logs)


def _objective(model, x, y, sample_weight, y_pred, added, training):
    """The objective of the whole batch, and the arguments it was taken of.

    Args:
        model: `ComposedRetriever`.
        x, y, sample_weight, y_pred: Of the rows of this replica.
        added: Float32 scalar, the losses added by layers on these rows.
        training: bool.
    """
    rows = tf.shape(y_pred["query"])[0]
    if replicas.count() > 1:
        # The objective needs no pixels.
        x = {k: v for k, v in x.items() if k not in ("reference", "target")}
    whole = dict(
        zip(
            ("x", "y", "y_pred", "sample_weight"),
            replicas.gather((x, y, y_pred, sample_weight)),
            strict=True,
        )
    )
    added = replicas.weighted_sum(added, rows)
    # Replicas are traced in threads that take turns at every collective: up
    # to where `compute_loss` has read these losses there is none.
    model._losses_override = [added]
    loss = model.compute_loss(**whole, training=training)
    model._losses_override = []
    return loss, whole


def _added(model):
    """The sum of what layers have added in the last forward pass."""
    replicas.check_layers(model)
    losses = [tf.cast(loss, "float32") for loss in model.losses]
    return tf.add_n(losses) if losses else tf.zeros(())


def _gradients(tape, loss, values):
    # A fusion may ignore one half of the query, as the baselines do: what
    # only serves that half stays as it is, without a warning at every start.
    return tape.gradient(
        loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def _scaled(model, loss):
    """What a replica differentiates: see `replicas`."""
    return model.optimizer.scale_loss(loss) / replicas.count()


def _plain_step(model, x, y, sample_weight):
    with tf.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss, whole = _objective(
            model, x, y, sample_weight, y_pred, _added(model), True
        )
        scaled_loss = _scaled(model, loss)
    values = [weight.value for weight in model.trainable_weights]
    return loss, whole, _gradients(tape, scaled_loss, values)


def _cached_step(model, x, y, sample_weight):
    pieces = _Pieces(model, x)
    # Both passes must see the same dropout, and the moving averages only one.
    state = model.non_trainable_variables
    before = [tf.identity(variable.value) for variable in state]
    outputs, added = pieces.embed()
    for variable, value in zip(state, before, strict=True):
        variable.assign(value)

    values = [weight.value for weight in model.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch([*outputs, added])
        y_pred = keras.tree.pack_sequence_as(model.output, outputs)
        loss, whole = _objective(
            model, x, y, sample_weight, y_pred, added, True
        )
        scaled_loss = _scaled(model, loss)
    gradients = _gradients(tape, scaled_loss, [values, outputs, added])
    # A sum over pieces has no use for sparse rows.
    direct = [tf.convert_to_tensor(gradient) for gradient in gradients[0]]
    return loss, whole, pieces.add_gradients(direct, *gradients[1:])


class _Pieces:
    """The batch in pieces of at most `model.microbatch_size` rows.

    A `while_loop` of one iteration at a time, because independent pieces
    written out would run side by side and need everybody's memory.
    """

    def __init__(self, model, x):
        self.model = model
        self.x = x
        self.size = model.microbatch_size
        known = x["target"].shape[0]
        if model.jit_compile and known and known % self.size:
            raise ValueError(
                "With `jit_compile=True`, `microbatch_size` must divide the "
                f"batch size. Received: microbatch_size={self.size} and "
                f"{known} rows"
            )
        self.rows = tf.shape(x["target"])[0]
        # A replica may be without rows: it embeds one empty piece.
        self.count = tf.maximum(-(-self.rows // self.size), 1)

    def _rows(self, values, i):
        """The rows of piece `i`."""
        if self.model.jit_compile:
            # XLA wants to know the size of a piece.
            shape = tf.concat([(-1, self.size), tf.shape(values)[1:]], axis=0)
            return tf.reshape(values, shape)[i]
        return values[i * self.size : (i + 1) * self.size]

    def _call(self, i):
        """Outputs of piece `i`, and its share of the losses added by layers."""
        x = {name: self._rows(values, i) for name, values in self.x.items()}
        outputs = keras.tree.flatten(self.model(x, training=True))
        share = tf.math.divide_no_nan(
            tf.cast(tf.shape(x["target"])[0], "float32"),
            tf.cast(self.rows, "float32"),
        )
        return outputs, share * _added(self.model)

    def _loop(self, body, *initial):
        return tf.while_loop(
            lambda i, *_: i < self.count,
            lambda i, *values: (i + 1, *body(i, *values)),
            (0, *initial),
            parallel_iterations=1,
        )[1:]

    def embed(self):
        """Outputs of the whole batch, flat, and the losses added by layers."""

        def body(i, arrays, added):
            outputs, share = self._call(i)
            arrays = [
                array.write(i, output)
                for array, output in zip(arrays, outputs, strict=True)
            ]
            return arrays, added + share

        rows = self.size if self.model.jit_compile else None
        arrays = [
            tf.TensorArray(
                output.dtype,
                size=self.count,
                infer_shape=False,
                element_shape=(rows, *output.shape[1:]),
            )
            for output in keras.tree.flatten(self.model.output)
        ]
        arrays, added = self._loop(body, arrays, tf.zeros(()))
        return [array.concat() for array in arrays], added

    def add_gradients(self, gradients, output_gradients, added_gradient):
        """`gradients` of all trainable weights, plus what outputs pass on."""
        values = [weight.value for weight in self.model.trainable_weights]

        def body(i, gradients):
            with tf.GradientTape() as tape:
                outputs, added = self._call(i)
                passed_on = added_gradient * added
                for output, gradient in zip(
                    outputs, output_gradients, strict=True
                ):
                    # The sum is only a vehicle; in float16 it would overflow.
                    passed_on += tf.reduce_sum(
                        tf.cast(output, "float32")
                        * tf.cast(self._rows(gradient, i), "float32")
                    )
            more = _gradients(tape, passed_on, values)
            return ([a + b for a, b in zip(gradients, more, strict=True)],)

        return self._loop(body, gradients)[0]
