import keras
from keras import ops

from keras_cmr.layers.quantization import dtype_config


class Discriminator(keras.layers.Layer):
    """Base class: scores every query of a batch against every target.

    `scores[i, j]` belongs to query `i` and target `j`; for a map,
    `scores[i, j, y, x]` to the position `(y, x)` of target `j`. The layer
    knows no loss: it neither normalises the scores nor says which pair is
    right. Scores are float32 under every precision policy.

    Subclasses set `target_ranks`, build in `build(query_shape,
    target_shape)` and implement `score(query, target, training=None)`. A
    quantised one can be saved if its sublayers are created with
    `dtype=self.dtype_policy` and the dense ones with a `name`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        query: Float tensor of shape `(batch, query_dim)`.
        target: Float tensor of shape `(batch, target_dim)` or
            `(batch, height, width, target_dim)`, as the subclass allows.

    Returns:
        Float32 tensor of shape `(batch, batch)`, for a map
        `(batch, batch, height, width)`.
    """

    target_ranks = (2, 4)

    def call(self, query, target, training=None):
        self.validate_shapes(query.shape, target.shape)
        return ops.cast(self.score(query, target, training), "float32")

    def score(self, query, target, training=None):
        raise NotImplementedError

    def scored_pairs(self, batch_size):
        """Which pairs `call` scores: a bool tensor `(batch, batch)`.

        All of them, unless the discriminator samples; an unscored pair has
        the score NaN, and must be left out of the negatives.
        """
        return ops.ones((batch_size, batch_size), dtype="bool")

    def validate_shapes(self, query_shape, target_shape):
        query_shape, target_shape = tuple(query_shape), tuple(target_shape)
        if len(query_shape) != 2 or query_shape[-1] is None:
            raise ValueError(
                "`query` must have shape `(batch, dim)` with a known `dim`. "
                f"Received: query.shape={query_shape}"
            )
        if (
            len(target_shape) not in self.target_ranks
            or target_shape[-1] is None
        ):
            forms = {2: "`(batch, dim)`", 4: "`(batch, height, width, dim)`"}
            expected = " or ".join(forms[rank] for rank in self.target_ranks)
            raise ValueError(
                f"`target` must have shape {expected} with a known `dim`. "
                f"Received: target.shape={target_shape}"
            )
        if (
            None not in (query_shape[0], target_shape[0])
            and query_shape[0] != target_shape[0]
        ):
            raise ValueError(
                "`query` and `target` must have the same batch size. "
                f"Received: query.shape={query_shape}, "
                f"target.shape={target_shape}"
            )

    def compute_output_shape(self, query_shape, target_shape):
        self.validate_shapes(query_shape, target_shape)
        batch = query_shape[0] if target_shape[0] is None else target_shape[0]
        return (batch, batch, *target_shape[1:-1])

    def compute_output_spec(self, query, target, training=None):
        shape = self.compute_output_shape(query.shape, target.shape)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {**super().get_config(), "dtype": dtype_config(self)}
