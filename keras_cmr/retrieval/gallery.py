"""Images made searchable by reference and modification."""

from dataclasses import asdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from keras_cmr.retrieval import storage
from keras_cmr.retrieval.adding import checked_inputs
from keras_cmr.retrieval.adding import embed_images
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.items import Items
from keras_cmr.retrieval.query import check_k
from keras_cmr.retrieval.query import check_model
from keras_cmr.retrieval.query import embed_queries
from keras_cmr.retrieval.query import resolve_batch
from keras_cmr.retrieval.results import hits_of
from keras_cmr.retrieval.saving import check_fingerprint
from keras_cmr.retrieval.saving import check_unchanged
from keras_cmr.retrieval.saving import load_state
from keras_cmr.retrieval.saving import save_state
from keras_cmr.retrieval.settings import Settings
from keras_cmr.retrieval.vectors import Vectors


class Gallery:
    """A folder of embedded images, searched by composed queries.

    Made by `Gallery.create` or `Gallery.open`. `add` embeds images and keeps
    them in memory; they are found at once, and `save` makes them durable. A
    kill at any instant leaves the last saved state. Candidates are ranked by
    the cosine of query and target embedding, equal scores in order of
    addition. With `exact_below` images or more, `save` builds a ScaNN index,
    calibrated to `recall_target`; images added since then are searched
    exactly beside it. `engine` says which is in use, and where ScaNN cannot
    be used a warning says why.

    The query's own reference is never returned, and neither it nor `exclude`
    costs a result: there are always `k`. Pixels are not kept, only the paths
    of image files. Searches may run in several threads; `add` and `save` may
    not run beside anything else.

    The model is known by `embed_targets(images)` and `embed_queries(images,
    modifications)`, which take lists of PIL images or uint8 arrays and return
    float arrays of shape `(n, dim)`, and by `fingerprint`, a string. `open`
    and `add` refuse a model with another fingerprint; `search` does not look
    again, so do not train the model while it serves a gallery.

    Example:

    ```python
    import tempfile
    import numpy as np
    import keras_cmr

    class MeanColour:
        fingerprint = "mean-colour"

        def embed_targets(self, images):
            return np.stack([np.mean(i, axis=(0, 1)) for i in images])

        def embed_queries(self, images, modifications):
            return self.embed_targets(images)

    images = np.random.default_rng(0).integers(1, 256, (20, 8, 8, 3), "uint8")
    gallery = keras_cmr.retrieval.Gallery.create(
        tempfile.mkdtemp(), MeanColour()
    )
    gallery.add(images)
    gallery.save()
    hits = gallery.search(images[3], "in red", k=5, reference_id="3")
    ```

    Reference:
    - [Guo et al., 2020](https://arxiv.org/abs/1908.10396), ScaNN
    - [Sun et al., 2024](https://arxiv.org/abs/2404.00774), SOAR
    """

    def __init__(self, folder, model, state):
        self.folder = folder
        self._model = model
        self._fingerprint = model.fingerprint
        self._state = state

    @classmethod
    def create(cls, folder, model, recall_target=0.98, exact_below=20_000):
        """Makes an empty gallery and saves it.

        Args:
            folder: Path. New or empty.
            model: See the class.
            recall_target: Float in (0, 1]. Share of the true best
                candidates that ScaNN must find; what is measured is said at
                `calibration.calibrate`.
            exact_below: Int, at least 256. Smaller galleries are searched
                exactly.

        Returns:
            A `Gallery`.
        """
        folder = Path(folder).absolute()
        check_model(model)
        settings = Settings(recall_target, exact_below)
        storage.claim_folder(folder)
        nothing = Vectors(np.empty((0, 0), np.float32), index=None)
        state = save_state(
            folder, model.fingerprint, settings, nothing, Items()
        )
        return cls(folder, model, state)

    @classmethod
    def open(cls, folder, model):
        """Opens a saved gallery; every file is checked against its checksum.

        Args:
            folder: Path. May have been moved since.
            model: The model that the gallery was made with.

        Returns:
            A `Gallery`. Its saved vectors stay on disk, memory-mapped.
        """
        folder = Path(folder).absolute()
        check_model(model)
        return cls(folder, model, load_state(folder, model.fingerprint))

    def add(self, images, ids=None, metadata=None, strict=False, verbose=1):
        """Embeds images and makes them searchable; all or nothing.

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
        inputs = checked_inputs(self._items, images, ids, metadata)
        check_fingerprint(
            self.folder, self._fingerprint, self._model.fingerprint
        )
        vectors, rows, summary = embed_images(
            self._model, inputs, self._vectors.dim, strict, verbose
        )
        if rows:
            self._vectors.append(vectors)
            for row in rows:
                self._items.append(*row)
        return summary

    def search(
        self,
        reference=None,
        modification=None,
        k=10,
        exclude=(),
        reference_id=None,
    ):
        """Finds the images that are the reference with the change asked for.

        Args:
            reference: Path, PIL image or uint8 array. Not needed where
                `reference_id` was added from a file.
            modification: String, the change in words.
            k: Int. Number of results.
            exclude: Sequence of ids not to return.
            reference_id: Id in the gallery. Says which candidate the
                reference is, so that it is not returned; a reference given
                as a path is recognised by itself.

        Returns:
            List of `k` `Hit`s, the best first.
        """
        return self.search_batch(
            [reference], [modification], k, [reference_id], [exclude]
        )[0]

    def search_batch(
        self,
        references,
        modifications,
        k=10,
        reference_ids=None,
        exclude=None,
    ):
        """`search` for many queries at once.

        Args:
            references: List as long as `modifications`, or an uint8 array
                of shape `(n, height, width, 3)`, or `None`.
            modifications: List of strings.
            k: Int.
            reference_ids: List of ids or `None`s, or `None`.
            exclude: List of sequences of ids, or `None`.

        Returns:
            List with one list of `k` `Hit`s per query.
        """
        images, texts, rows = resolve_batch(
            self._items, references, modifications, reference_ids, exclude
        )
        exclusion = Exclusion(rows)
        check_k(k, len(self), exclusion)
        if not images:
            return []
        queries = embed_queries(self._model, images, texts)
        what, dim = "The model's query embeddings", self._vectors.dim
        queries = unit_rows(queries, what, rows=len(images), dim=dim)
        indices, scores = self._vectors.search(queries, k, exclusion)
        found = zip(indices.tolist(), scores.tolist(), strict=True)
        return [hits_of(self._items, *places) for places in found]

    def search_vectors(self, queries, k, exclude=None):
        """Searches with query embeddings.

        Args:
            queries: Float array of shape `(n, dim)`; scaled to length 1.
            k: Int.
            exclude: List with one sequence of row numbers per query, or
                `None`. Rows are numbered in order of addition.

        Returns:
            Rows, int64 of shape `(n, k)`, and cosines, float32.
        """
        queries = unit_rows(queries, "`queries`", dim=self._vectors.dim)
        exclusion = Exclusion.checked(exclude, len(queries), len(self))
        check_k(k, len(self), exclusion)
        return self._vectors.search(queries, int(k), exclusion)

    def save(self, recall_target=None):
        """Makes all additions durable; rebuilds the ScaNN index if one is due.

        Writes all rows anew, and nothing when nothing has changed.

        Args:
            recall_target: Float in (0, 1], or `None` to keep it.
        """
        settings = self._state.settings
        if recall_target is not None:
            settings = replace(settings, recall_target=recall_target)
        if settings == self._state.settings and not self._vectors.num_fresh:
            return
        check_unchanged(self.folder, self._state.generation)
        self._state = save_state(
            self.folder, self._fingerprint, settings, self._vectors, self._items
        )

    def stats(self):
        """Size and engine of the gallery, as a dict."""
        return {
            "count": len(self),
            "unsaved": self._vectors.num_fresh,
            "dim": self._vectors.dim,
            "engine": self.engine,
            "reason": self._state.engine.reason,
            "calibration": self._state.engine.calibration,
            "fingerprint": self._fingerprint,
            **asdict(self._state.settings),
        }

    @property
    def engine(self):
        """`"exact"` or `"scann"`: what searches the saved images."""
        return self._state.engine.name

    @property
    def ids(self):
        """Ids of all images, in order of addition."""
        return tuple(self._items.ids)

    def __len__(self):
        return len(self._items)

    def __contains__(self, id):
        return id in self._items

    def __repr__(self):
        return (
            f"Gallery({str(self.folder)!r}, {len(self)} images, "
            f"{self._vectors.num_fresh} unsaved, engine={self.engine!r})"
        )

    @property
    def _vectors(self):
        return self._state.vectors

    @property
    def _items(self):
        return self._state.items
