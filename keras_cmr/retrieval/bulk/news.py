"""Which pictures of a source a gallery does not have yet."""

from itertools import islice

from keras_cmr.retrieval.images import file_key

_ASKED_AT_ONCE = 1000


class News:
    """Leaves out the pictures whose ids are in a gallery.

    Args:
        backend: `Backend` of the gallery.
        update: Bool. Whether to let all pass.
        bar: Progress bar, whose total shrinks by those left out: its rate is
            that of the work.

    Attributes:
        kept: Int. How many were left out so far.
    """

    def __init__(self, backend, update, bar):
        self._backend = backend
        self._update = update
        self._bar = bar
        self.kept = 0

    def of(self, pictures):
        """Yields the `Picture`s that are to be embedded."""
        if self._update:
            yield from pictures
            return
        while some := list(islice(pictures, _ASKED_AT_ONCE)):
            there = self._backend.present([p.id for p in some])
            self._check_files([p for p in some if p.id in there])
            self.kept += len(there)
            if self._bar.total is not None:
                self._bar.total -= len(there)
            yield from (p for p in some if p.id not in there)

    def _check_files(self, pictures):
        records = self._backend.records([p.id for p in pictures])
        for picture, record in zip(pictures, records, strict=True):
            path = file_key(picture.image)
            if path != record.path:
                raise ValueError(
                    f"`source` must not have the id {picture.id!r}, under "
                    f"which the gallery holds {record.path}. Received: it is "
                    f"that of {path}. If the files have moved, "
                    "`update=True` replaces them"
                )
