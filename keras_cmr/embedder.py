"""What evaluation and galleries ask of a model."""

from collections.abc import Sequence
from typing import Any
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """What `evaluate` and a `Gallery` need of a model.

    For annotations, not for subclasses: whatever has these is such a model,
    `keras_cmr.models.ComposedRetriever` for one. In a gallery, queries
    without a reference also need `embed_texts(texts)`.

    Attributes:
        fingerprint: String. Of the same value exactly where the embeddings
            are the same.
    """

    @property
    def fingerprint(self) -> str: ...

    def embed_targets(self, images: Any, /) -> np.ndarray:
        """Target embeddings.

        Args:
            images: List of PIL images or uint8 arrays.

        Returns:
            Float array of shape `(n, dim)`.
        """
        ...

    def embed_queries(
        self, images: Any, modifications: Sequence[str], /
    ) -> np.ndarray:
        """Query embeddings.

        Args:
            images: List of PIL images or uint8 arrays, the references.
            modifications: List of strings, as many.

        Returns:
            Float array of shape `(n, dim)`.
        """
        ...
