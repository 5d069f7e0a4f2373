"""What every fusion shares: its call signature and its shape checks."""

import keras

from keras_cmr.layers.quantization import dtype_config


class Fusion(keras.layers.Layer):
    """Base class: composes a reference and a modification into a query.

    A subclass implements `call(reference, modification)`, and `build` if it
    has weights. Any fusion can replace any other: the output has the shape of
    `reference`. A fusion with `uses_feature_map = True` takes the reference's
    last feature map instead of its embedding, and returns a map; whoever
    calls it pools and projects the result as it does for a plain image. One
    with `uses_target = True` also takes `target`, the wanted image in the form
    of `reference`, for losses it adds in training; the query doesn't depend
    on it.

    A fusion whose query is a sum also implements `parts`, which names the
    summands, and sets `has_parts = True`: `keras_cmr.evaluation.diagnose`
    shows how much of a query comes from which.

    A quantised fusion can be saved if its sublayers are created with
    `dtype=self.dtype_policy` and the dense ones with a `name`.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`, or
            `(batch, height, width, channels)` if `uses_feature_map`.
        modification: Float tensor of shape `(batch, text_dim)`.
        training: bool. Whether dropout and batch statistics are in use.

    Returns:
        Float tensor of the shape of `reference`.
    """

    uses_feature_map = False
    uses_target = False
    has_parts = False
    modification_ranks = (2,)

    def parts(self, reference, modification, training=None):
        """The summands of the query by name, and the gate between them.

        Args:
            reference, modification, training: As of the call.

        Returns:
            Dict of float tensors, of shapes that broadcast to the
            reference's. `"gate"`, where there is one, is the weight of the
            reference, from 0 to 1. All others add up to the query:
            `"image"`, the reference, weighed at most; `"text"`, what comes of
            the modification alone; `"residual"`, what comes of both.

        Raises:
            ValueError: If the query is no such sum.
        """
        raise ValueError(
            "`fusion` must make its query as a sum of parts, to be taken "
            f"apart. Received: {type(self).__name__}, which does not "
            "(`has_parts` is False)"
        )

    def build(self, reference_shape, modification_shape):
        self.check_shapes(reference_shape, modification_shape)

    def check_shapes(self, reference_shape, modification_shape):
        """Raises `ValueError` for ranks or open dimensions that can't fuse."""
        rank = 4 if self.uses_feature_map else 2
        wanted = (
            "(batch, height, width, channels)" if rank == 4 else "(batch, dim)"
        )
        name = type(self).__name__
        if len(reference_shape) != rank or reference_shape[-1] is None:
            raise ValueError(
                f"`reference` of {name} must have the shape {wanted} with a "
                f"known last dimension. Received: shape={reference_shape}"
            )
        if (
            len(modification_shape) not in self.modification_ranks
            or modification_shape[-1] is None
        ):
            tokens = (
                " or (batch, length, text_dim)"
                if 3 in self.modification_ranks
                else ""
            )
            raise ValueError(
                f"`modification` of {name} must have the shape (batch, "
                f"text_dim){tokens} with a known last dimension. Received: "
                f"shape={modification_shape}"
            )

    def compute_output_shape(self, reference_shape, modification_shape):
        return reference_shape

    def get_config(self):
        return {**super().get_config(), "dtype": dtype_config(self)}
