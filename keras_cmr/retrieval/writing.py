"""The writing half of a gallery: from images to rows that are kept."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from keras_cmr.retrieval import adding
from keras_cmr.retrieval.argument_types import ImagesLike
from keras_cmr.retrieval.argument_types import Metadata
from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.backend import Changes
from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.metadata import checked_metadata
from keras_cmr.retrieval.query import check_fingerprint
from keras_cmr.retrieval.results import AddSummary


class Writing:
    """What changes the rows of a `keras_cmr.retrieval.Gallery`."""

    def add(
        self,
        images: ImagesLike,
        ids: Sequence[str] | None = None,
        metadata: Metadata | None = None,
        strict: bool = False,
        verbose: int = 1,
    ) -> AddSummary:
        """Embeds images and stores them; all or nothing.

        For more images than one wants to lose to a power cut, and for whole
        folders and tables, see `keras_cmr.retrieval.index_images`.

        Args:
            images: List of paths, PIL images or uint8 arrays of shape
                `(height, width, 3)`, or one uint8 array of shape
                `(n, height, width, 3)`.
            ids: List of strings, unique and new. Defaults to the paths as
                given, and running numbers for images without a path.
            metadata: List of dicts that JSON can hold unchanged.
            strict: Bool. Whether an unreadable image is an error. Otherwise
                it is skipped, listed in the summary and warned about.
            verbose: Int. `0` hides the progress bar.

        Returns:
            `AddSummary` with `added` and `skipped`, `(id, reason)` pairs.
        """
        inputs = adding.checked_inputs(self._backend, images, ids, metadata)
        adding.check_new(self._backend, inputs.ids)
        rows, skipped = self._embedded(inputs, strict, verbose)
        if rows.ids:
            self._backend.add(rows)
        return AddSummary(len(rows.ids), skipped)

    def add_embeddings(
        self,
        embeddings: ArrayLike,
        ids: Sequence[str],
        metadata: Metadata | None = None,
        paths: Sequence[PathLike | None] | None = None,
    ) -> None:
        """Stores target embeddings made elsewhere; all or nothing.

        Args:
            embeddings: Float array of shape `(n, dim)`; scaled to length 1.
            ids: List of `n` strings, unique and new.
            metadata: List of dicts that JSON can hold unchanged.
            paths: List of paths of image files or `None`s.
        """
        ids = adding.checked_ids(ids)
        vectors = unit_rows(
            embeddings, "`embeddings`", rows=ids, dim=self._backend.dim
        )
        rows = NewRows(
            ids,
            vectors,
            adding.checked_paths(paths, len(ids)),
            checked_metadata(metadata, len(ids)),
        )
        if ids:
            self._backend.add(rows)

    def update(
        self,
        ids: Sequence[str],
        images: ImagesLike | None = None,
        metadata: Metadata | None = None,
        strict: bool = False,
        verbose: int = 1,
    ) -> AddSummary:
        """Replaces images, metadata or both; such a row counts as added anew.

        Args:
            ids: List of strings in the gallery.
            images: As in `add`, or `None` to keep them.
            metadata: List of dicts that replace the old ones whole, or
                `None` to keep those.
            strict, verbose: As in `add`. The row of an image that is skipped
                stays as it was.

        Returns:
            `AddSummary`.
        """
        if images is None and metadata is None:
            raise ValueError(
                "`images` or `metadata` must be given. Received: neither"
            )
        ids = adding.checked_ids(ids)
        adding.check_there(self._backend, ids)
        if images is None:
            rows = Changes(ids, metadata=checked_metadata(metadata, len(ids)))
            skipped = []
        else:
            inputs = adding.checked_inputs(self._backend, images, ids, metadata)
            rows, skipped = self._embedded(inputs, strict, verbose)
            kept = rows.metadata if metadata is not None else None
            rows = Changes(*rows._replace(metadata=kept))
        if rows.ids:
            self._backend.update(rows)
        return AddSummary(len(rows.ids), skipped)

    def remove(self, ids: Sequence[str]) -> None:
        """Removes images; all or nothing.

        Args:
            ids: List of strings in the gallery.
        """
        ids = adding.checked_ids(ids)
        if ids:
            self._backend.remove(ids)

    def _embedded(self, inputs, strict, verbose):
        check_fingerprint(
            self._backend.location,
            self._backend.fingerprint,
            self._model.fingerprint,
        )
        return adding.embed_images(
            self._model, inputs, self._backend.dim, strict, verbose
        )
