import keras
from keras import ops


class Term(keras.layers.Layer):
    """Base class: a term of the objective, on tensors of one batch.

    A term measures its tensors in nats, and whoever trains raises
    `weight * nats`. There are two ways to use one:

    - inside `keras_cmr.models.ComposedRetriever`, which picks the tensors by
      `pairs`, masks false negatives and reports the figure in the logs;
    - called as a layer in any model. It returns its first argument unchanged
      and, in training alone, adds `-weight * nats` to the model's losses.
      Outside training it is the identity and computes nothing, so `evaluate`
      gives the loss without it.

    Subclasses implement `nats`, and for the first use `pairs`, `masks` and
    `levels`.

    Args:
        weight: float. Weight of the term in the objective. Defaults to `0.1`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        first: Float tensor of shape `(batch, dim)`.
        *others: What `nats` takes after it.
        training: bool. Whether to add the loss.

    Returns:
        `first`.
    """

    levels = ()

    def __init__(self, weight=0.1, **kwargs):
        # Handed on as it came; discriminators cast for themselves.
        super().__init__(autocast=False, **kwargs)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise TypeError(
                f"`weight` must be a number. Received: weight={weight!r}"
            )
        self.weight = weight

    def call(self, first, *others, training=None, **kwargs):
        first = ops.convert_to_tensor(first)
        if training:
            nats = self.nats(first, *others, training=True, **kwargs)
            self.add_loss(-self.weight * nats)
        return first

    def nats(self, first, *others, training=None):
        """What the term measures on these tensors: a float32 scalar."""
        raise NotImplementedError

    def pairs(self, features):
        """The tensors that meet: a list of argument tuples of `nats`."""
        raise NotImplementedError

    def masks(self, negatives):
        """The mask of true negatives for each entry of `pairs`."""
        raise NotImplementedError

    def estimate(self, features, negatives, training=None):
        """The mean of `nats` over the term's pairs.

        Args:
            features: dict. `"text"`, `"reference"`, `"target"`, `"query"`:
                float tensors `(batch, dim)`; `"target_maps"`: dict from level
                to a float tensor `(batch, height, width, dim)`.
            negatives: dict. `"text"`, `"target"`, `"reference"`: bool tensors
                `(batch, batch)`, true where the two rows differ in it.
            training: bool. Whether in training mode.

        Returns:
            Float32 scalar.
        """
        figures = [
            self.nats(*tensors, negatives=mask, training=training)
            for tensors, mask in zip(
                self.pairs(features), self.masks(negatives), strict=True
            )
        ]
        return sum(figures) / len(figures)

    def build_for(self, shapes):
        """Builds from a dict like `features`, with shapes for tensors."""
        if not self.built:
            self.build(*self.pairs(shapes)[0])

    def compute_output_shape(self, first_shape, *other_shapes):
        return tuple(first_shape)

    def compute_output_spec(self, first, *others, training=None, **kwargs):
        return keras.KerasTensor(first.shape, dtype=first.dtype)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
