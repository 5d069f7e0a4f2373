"""Parameter hashing: the text predicts the weights that the image meets."""

import keras
import numpy as np
from keras import layers
from keras import ops

from keras_cmr.layers.fusion.fusion import Fusion


@keras.saving.register_keras_serializable(package="keras_cmr")
class ParameterHashing(Fusion):
    """A dense layer on the image whose kernel is hashed out of the text.

    `candidates = Dense(num_candidates)(modification)`;
    `kernel[m, n] = sign(m, n) * candidates[bucket(m, n)] / sqrt(dim)`;
    `query = reference @ kernel + bias`. `bucket` and `sign` are fixed hash
    functions of the row and the column: they are not learned and not saved,
    but follow from `seed` alone, on every machine.

    Parameter-hashing-like: the paper predicts the candidates with a GRU
    pretrained on text, here the text encoder of the model does that part. The
    division keeps the query at the scale of the reference and is ours.

    Args:
        num_candidates: int. Number of predicted weights that share the
            `dim * dim` entries of the kernel. Defaults to `4096`, our choice.
        seed: int. Seed of the hash, from 0 to `2**32 - 1`. Defaults to `0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        reference: Float tensor of shape `(batch, dim)`.
        modification: Float tensor of shape `(batch, text_dim)`.

    Returns:
        Float tensor of shape `(batch, dim)`.

    Example:

    ```python
    import numpy as np
    import keras_cmr

    fusion = keras_cmr.layers.ParameterHashing(num_candidates=16)
    query = fusion(np.ones((2, 8)), np.zeros((2, 4)))  # (2, 8)
    ```

    Reference:
    - [Noh et al., 2016](https://arxiv.org/abs/1511.05756)
    """

    def __init__(self, num_candidates=4096, seed=0, **kwargs):
        super().__init__(**kwargs)
        if num_candidates < 1:
            raise ValueError(
                "`num_candidates` must be at least 1. "
                f"Received: num_candidates={num_candidates}"
            )
        if not 0 <= seed < 2**32:
            raise ValueError(
                f"`seed` must be from 0 to 2**32 - 1. Received: seed={seed}"
            )
        self.num_candidates = num_candidates
        self.seed = seed

    def build(self, reference_shape, modification_shape):
        super().build(reference_shape, modification_shape)
        dim = reference_shape[-1]
        self.candidates = layers.Dense(
            self.num_candidates, dtype=self.dtype_policy, name="candidates"
        )
        self.candidates.build(modification_shape)
        self.bias = self.add_weight(
            shape=(dim,), initializer="zeros", name="bias"
        )
        hashes = self.hash(np.arange(dim * dim, dtype="uint64"))
        self._buckets = (hashes >> 1) % self.num_candidates
        self._buckets = self._buckets.astype("int32")
        self._signs = 1.0 - 2.0 * (hashes & 1).astype("float32")

    def hash(self, keys):
        """The finaliser of MurmurHash3 on 64 bits, keys beside the seed."""
        # A random generator of NumPy would do today, but its streams are not
        # promised to stay what they are.
        h = keys + (np.uint64(self.seed) << np.uint64(32))
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            h = (h ^ (h >> np.uint64(33))) * np.uint64(factor)
        return h ^ (h >> np.uint64(33))

    def call(self, reference, modification):
        dim = reference.shape[-1]
        candidates = self.candidates(modification)
        kernel = ops.take(candidates, self._buckets, axis=-1)
        kernel = kernel * ops.cast(self._signs * dim**-0.5, self.compute_dtype)
        kernel = ops.reshape(kernel, (-1, dim, dim))
        query = ops.matmul(reference[:, None, :], kernel)[:, 0, :]
        return query + ops.cast(self.bias, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "num_candidates": self.num_candidates,
            "seed": self.seed,
        }
