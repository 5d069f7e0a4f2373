"""The training step on JAX."""

import jax
import keras
from jax import numpy as jnp


def train_step(model, state, data):
    """One optimisation step with cached gradients, as a pure function.

    Without `model.microbatch_size` a `ComposedRetriever` takes Keras' own
    step, which uses `compute_loss` and scales the loss: see
    `keras_cmr.models.trainers` for what this one does.

    Args:
        model: `keras_cmr.models.ComposedRetriever`, compiled.
        state: Trainable, non-trainable, optimiser and metrics variables.
        data: Batch as `fit` gives it.

    Returns:
        Pair of logs and new state.
    """
    trainable, non_trainable, optimizer_variables, metrics = state
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    pieces = _Pieces(model, x)
    outputs, added = pieces.embed(trainable, non_trainable)

    def objective(trainable, outputs, added):
        model._losses_override = [added]
        loss, (_, *new) = model.stateless_compute_loss(
            trainable,
            non_trainable,
            metrics,
            x=x,
            y=y,
            y_pred=outputs,
            sample_weight=sample_weight,
            training=True,
        )
        model._losses_override = []
        variables = model.optimizer.variables
        with keras.StatelessScope(
            zip(variables, optimizer_variables, strict=True)
        ):
            scaled_loss = model.optimizer.scale_loss(loss)
        return scaled_loss, (loss, *new)

    gradient = jax.grad(objective, argnums=(0, 1, 2), has_aux=True)
    (direct, *passed_on), aux = gradient(trainable, outputs, added)
    loss, non_trainable, metrics = aux
    gradients, non_trainable = pieces.add_gradients(
        trainable, non_trainable, direct, *passed_on
    )
    trainable, optimizer_variables = model.optimizer.stateless_apply(
        optimizer_variables, gradients, trainable
    )
    logs, metrics = model._update_metrics_variables(
        metrics, loss, x, y, outputs, sample_weight
    )
    return logs, (trainable, non_trainable, optimizer_variables, metrics)


class _Pieces:
    """The batch in pieces of at most `model.microbatch_size` rows.

    Pieces of equal size go through one `scan`, which holds one at a time; a
    shorter last one follows it.
    """

    def __init__(self, model, x):
        self.model = model
        self.rows = len(x["target"])
        self.size = min(model.microbatch_size, self.rows)
        self.whole = self.rows // self.size * self.size
        self.x = x
        # A batch lies over the devices in runs of rows. Then a piece takes
        # every `n`th row of it, so that each device has its share of a piece.
        self.strided = keras.distribution.distribution() is not None

    def _call(self, trainable, non_trainable, x):
        """Outputs, new state, and the share of the losses added by layers."""
        outputs, non_trainable, losses = self.model.stateless_call(
            trainable, non_trainable, x, training=True, return_losses=True
        )
        added = sum((jnp.float32(loss) for loss in losses), jnp.zeros(()))
        return outputs, added * (len(x["target"]) / self.rows), non_trainable

    def _scan(self, body, carry, rows):
        """`body` over all pieces of `rows`; outputs are joined again."""

        def split(a):
            a = a[: self.whole]
            if self.strided:
                a = a.reshape(self.size, -1, *a.shape[1:])
                return jnp.swapaxes(a, 0, 1)
            return a.reshape(-1, self.size, *a.shape[1:])

        def join(a):
            if self.strided:
                a = jnp.swapaxes(a, 0, 1)
            return a.reshape(-1, *a.shape[2:])

        carry, outputs = jax.lax.scan(body, carry, jax.tree.map(split, rows))
        outputs = jax.tree.map(join, outputs)
        if self.whole == self.rows:
            return carry, outputs
        rest = jax.tree.map(lambda a: a[self.whole :], rows)
        carry, last = body(carry, rest)
        return carry, jax.tree.map(
            lambda a, b: jnp.concatenate([a, b]), outputs, last
        )

    def embed(self, trainable, non_trainable):
        """Outputs of the whole batch, and the losses added by layers."""

        def body(carry, x):
            non_trainable, total = carry
            outputs, added, non_trainable = self._call(
                trainable, non_trainable, x
            )
            return (non_trainable, total + added), outputs

        carry = (non_trainable, jnp.zeros(()))
        (_, added), outputs = self._scan(body, carry, self.x)
        return outputs, added

    def add_gradients(
        self, trainable, non_trainable, gradients, output_gradients, by_added
    ):
        """`gradients` plus what the outputs pass on, and the new state."""

        def body(carry, rows):
            gradients, non_trainable = carry
            x, by_outputs = rows

            def forward(trainable):
                outputs, added, state = self._call(trainable, non_trainable, x)
                return (outputs, added), state

            _, pull_back, non_trainable = jax.vjp(
                forward, trainable, has_aux=True
            )
            (more,) = pull_back((by_outputs, by_added))
            gradients = jax.tree.map(jnp.add, gradients, more)
            return (gradients, non_trainable), ()

        carry, _ = self._scan(
            body, (gradients, non_trainable), (self.x, output_gradients)
        )
        return carry
