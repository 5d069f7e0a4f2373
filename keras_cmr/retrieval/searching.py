"""The reading half of a gallery: from a question to hits."""

from collections.abc import Iterable
from collections.abc import Sequence

from numpy.typing import ArrayLike

from keras_cmr.retrieval.argument_types import Conditions
from keras_cmr.retrieval.argument_types import ImageLike
from keras_cmr.retrieval.argument_types import ImagesLike
from keras_cmr.retrieval.counts import check_count
from keras_cmr.retrieval.embeddings import unit_rows
from keras_cmr.retrieval.query import embed_queries
from keras_cmr.retrieval.query import resolve_batch
from keras_cmr.retrieval.query import resolve_exclude
from keras_cmr.retrieval.results import Hits
from keras_cmr.retrieval.where import Where


class Searching:
    """The searches of `keras_cmr.retrieval.Gallery`."""

    def search(
        self,
        reference: ImageLike | None = None,
        modification: str | None = None,
        k: int = 10,
        exclude: Iterable[str] = (),
        reference_id: str | None = None,
        where: Conditions | None = None,
    ) -> Hits:
        """Finds the images that are the reference with the change asked for.

        Without a modification, finds images like the reference; without a
        reference, images that the text describes, as well as text and images
        were aligned in training.

        Args:
            reference: Path, PIL image or uint8 array. Not needed where
                `reference_id` was added from a file.
            modification: String, the change in words.
            k: Int. Number of results.
            exclude: Sequence of ids not to return.
            reference_id: Id in the gallery. Says which candidate the
                reference is, so that it is not returned; a reference given
                as a path is recognised by itself.
            where: Dict of conditions on the metadata of candidates: a value,
                a list of values of which one must match, or operators:
                `{"brand": "x", "year": [2023, 2024], "price": {"$lt": 50}}`.
                Operators are `$gt`, `$gte`, `$lt`, `$lte`, `$ne`, `$in`, and
                `$contains` for lists.

        Returns:
            `Hits`, a list of `Hit`s, the best first. Where there are fewer
            than `k`, its `reason` says why.
        """
        return self.search_batch(
            [reference], [modification], k, [reference_id], [exclude], where
        )[0]

    def search_batch(
        self,
        references: ImagesLike | Sequence[ImageLike | None] | None,
        modifications: Sequence[str | None],
        k: int = 10,
        reference_ids: Sequence[str | None] | None = None,
        exclude: Sequence[Iterable[str]] | None = None,
        where: Conditions | None = None,
    ) -> list[Hits]:
        """`search` for many queries at once.

        Args:
            references: List as long as `modifications`, or an uint8 array
                of shape `(n, height, width, 3)`, or `None`.
            modifications: List of strings or `None`s.
            k: Int.
            reference_ids: List of ids or `None`s, or `None`.
            exclude: List of sequences of ids, or `None`.
            where: As in `search`, for all queries.

        Returns:
            List with one `Hits` per query.
        """
        check_count(k, "k")
        where = Where.parse(where)
        images, texts, excluded = resolve_batch(
            self._backend, references, modifications, reference_ids, exclude
        )
        if not images:
            return []
        queries = embed_queries(self._model, images, texts)
        queries = unit_rows(
            queries,
            "The model's query embeddings",
            rows=len(images),
            dim=self._backend.dim,
        )
        return self._search(queries, k, excluded, where)

    def search_embeddings(
        self,
        queries: ArrayLike,
        k: int = 10,
        exclude: Sequence[Iterable[str]] | None = None,
        where: Conditions | None = None,
    ) -> list[Hits]:
        """Searches with query embeddings made elsewhere.

        Args:
            queries: Float array of shape `(n, dim)`; scaled to length 1.
            k: Int.
            exclude: List of sequences of ids, one per query, or `None`.
            where: As in `search`.

        Returns:
            List with one `Hits` per query.
        """
        check_count(k, "k")
        where = Where.parse(where)
        queries = unit_rows(queries, "`queries`", dim=self._backend.dim)
        excluded = resolve_exclude(self._backend, exclude, len(queries))
        return self._search(queries, k, excluded, where)

    def _search(self, queries, k, excluded, where):
        if not len(queries):
            return []
        if not len(self):
            return [Hits(reason="the gallery is empty") for _ in queries]
        found = self._backend.search(queries, int(k), excluded, where)
        return [
            Hits.of(one, k, len(out), where)
            for one, out in zip(found, excluded, strict=True)
        ]
