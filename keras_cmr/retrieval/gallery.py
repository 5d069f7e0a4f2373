"""Images made searchable by reference and modification."""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import Self

from numpy.typing import ArrayLike

from keras_cmr.embedder import Embedder
from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.backend import Backend
from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.backend import Record
from keras_cmr.retrieval.counts import check_count
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.images import listed
from keras_cmr.retrieval.locations import create_backend
from keras_cmr.retrieval.locations import open_backend
from keras_cmr.retrieval.query import check_fingerprint
from keras_cmr.retrieval.query import check_model
from keras_cmr.retrieval.searching import Searching
from keras_cmr.retrieval.settings import Settings
from keras_cmr.retrieval.where import Where
from keras_cmr.retrieval.writing import Writing


class Gallery(Searching, Writing):
    """Embedded images, kept in a folder or on a server, and searched.

    Made by `Gallery.create` or `Gallery.open`. Every write is durable when it
    returns: a kill at any instant leaves the state before it or after it.
    Candidates are ranked by the cosine of query and target embedding, equal
    scores in order of addition.

    In a folder, rows are a Lance table. `compact` builds a ScaNN index,
    calibrated to `recall_target`; images added since then are searched
    exactly beside it, and in galleries under `exact_below` images every
    candidate is scored. `stats()` says which is in use and why.

    The query's own reference is never returned, and neither it nor `exclude`
    nor `where` costs a result: there are `k`, or as many as there are
    candidates and a `reason`. Pixels are not kept, only the paths of image
    files. One program writes at a time, any number read; searches may run in
    several threads beside a writer.

    The model is known by `embed_targets(images)` and `embed_queries(images,
    modifications)`, which take lists of PIL images or uint8 arrays and return
    float arrays of shape `(n, dim)`, by `fingerprint`, a string, and, for
    queries without a reference, by `embed_texts(texts)`. A model with another
    fingerprint is refused; `search` does not look again, so do not train the
    model while it serves a gallery.

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
    shops = [{"shop": "a"}, {"shop": "b"}] * 10
    gallery.add(images, metadata=shops)
    hits = gallery.search(
        images[3], "in red", k=5, reference_id="3", where={"shop": "a"}
    )
    ```

    Reference:
    - [Guo et al., 2020](https://arxiv.org/abs/1908.10396), ScaNN
    - [Sun et al., 2024](https://arxiv.org/abs/2404.00774), SOAR
    - [Lance](https://lance.org), the table format
    """

    def __init__(self, backend: Backend, model: Embedder | None):
        self._backend = backend
        self._given_model = model

    @classmethod
    def create(
        cls,
        location: PathLike,
        model: Embedder,
        recall_target: float = 0.98,
        exact_below: int = 20_000,
        reorder: str = "mapped",
    ) -> Self:
        """Makes an empty gallery.

        Args:
            location: Path of a new or empty folder, or
                `"milvus://host:port/collection"`.
            model: See the class.
            recall_target: Float in (0, 1]. Share of the true best
                candidates that an index must find; what is measured is said
                at `calibration.calibrate`.
            exact_below: Int, at least 256. Smaller galleries are searched
                exactly.
            reorder: String. By what the candidates of an index in a folder
                are ordered first: `"mapped"`, the vectors on disk, or a copy
                in memory as `"bfloat16"` or `"int8"`, for disks on which a
                hundred short reads a query are slow.

        Returns:
            A `Gallery`.
        """
        check_model(model)
        settings = Settings(recall_target, exact_below, reorder)
        backend = create_backend(location, model.fingerprint, settings)
        return cls(backend, model)

    @classmethod
    def open(cls, location: PathLike, model: Embedder | None = None) -> Self:
        """Opens a gallery.

        Args:
            location: As in `create`. A folder may have been moved since.
            model: The model that the gallery was made with. Without one,
                everything works but what embeds: `add`, `update` of images,
                `search` and `search_batch`.

        Returns:
            A `Gallery`. Vectors stay on disk, memory-mapped.
        """
        if model is None:
            return cls(open_backend(location, None), None)
        check_model(model)
        return cls(open_backend(location, model.fingerprint), model)

    def compact(
        self,
        recall_target: float | None = None,
        queries: ArrayLike | None = None,
    ) -> None:
        """Makes room of removed rows and an index over all rows.

        Readers go on with what they had. On 1M images it takes minutes.

        Args:
            recall_target: Float in (0, 1], or `None` to keep it.
            queries: Float array of shape `(n, dim)`, query embeddings to
                calibrate the index on. Defaults to gallery vectors with
                noise; true queries are harder or easier.
        """
        if queries is not None:
            queries = unit_rows(queries, "`queries`", dim=self._backend.dim)
            if not len(queries):
                raise ValueError(
                    "`queries` must hold at least one row. Received: "
                    f"shape={queries.shape}"
                )
        self._backend.compact(recall_target, queries)

    def verify(self) -> dict[str, int]:
        """Reads everything and compares checksums; damage is an error.

        Returns:
            Dict of counts.
        """
        return self._backend.verify()

    def refresh(self) -> bool:
        """Takes in what another program wrote since.

        Returns:
            Bool, whether there was anything.
        """
        return self._backend.refresh()

    def stats(self) -> dict[str, Any]:
        """Size, engine and its calibration, as a dict."""
        return {
            "location": self._backend.location,
            **self._backend.stats(),
            "fingerprint": self._backend.fingerprint,
        }

    def records(self, ids: Sequence[str]) -> list[Record | None]:
        """What is known of images: id, path and metadata.

        Args:
            ids: List of strings.

        Returns:
            List of `Record`s; `None` where an id is not in the gallery.
        """
        return self._backend.records(listed(ids, "ids"))

    def sample(
        self, count: int, seed: int = 0, where: dict[str, Any] | None = None
    ) -> list[Record]:
        """Draws images at random, to look at or to begin from.

        Args:
            count: Int.
            seed: Int, not negative. The same draws the same images.
            where: As in `search`.

        Returns:
            List of at most `count` `Record`s, in order of addition.
        """
        check_count(count, "count")
        return self._backend.sample(int(count), seed, Where.parse(where))

    def rows(self, batch_size: int = 10_000) -> Iterator[NewRows]:
        """All rows with their embeddings, for other programs.

        Args:
            batch_size: Int. Rows at a time.

        Yields:
            Named tuples of `ids`, `vectors` (float32, `(n, dim)`, rows of
            length 1), `paths` and `metadata`, in order of addition.
        """
        check_count(batch_size, "batch_size")
        return self._backend.rows(int(batch_size))

    def with_model(self, model: Embedder) -> Self:
        """The same gallery, asked by another model of the same fingerprint.

        For models whose queries can be made in several ways while candidates
        are the same, such as `keras_cmr.models.LateFusion.weighted`.

        Args:
            model: See the class.
        """
        check_model(model)
        check_fingerprint(
            self._backend.location, self._backend.fingerprint, model.fingerprint
        )
        return type(self)(self._backend, model)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all images, in order of addition."""
        return tuple(self._backend.ids())

    def __len__(self) -> int:
        return len(self._backend)

    def __contains__(self, id: str) -> bool:
        return id in self._backend

    def __repr__(self) -> str:
        return (
            f"Gallery({self._backend.location!r}, {len(self)} images, "
            f"engine={self._backend.stats()['engine']!r})"
        )

    @property
    def _model(self):
        if self._given_model is None:
            raise TypeError(
                "This needs the model: `Gallery.open(location, model)`. "
                "Received: a gallery that was opened without one"
            )
        return self._given_model
