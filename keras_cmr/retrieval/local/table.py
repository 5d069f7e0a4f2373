"""The truth of a local gallery, a Lance table; the only importer of lance."""

import datetime
import warnings
from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.columns import from_arrow
from keras_cmr.retrieval.local.columns import to_arrow
from keras_cmr.retrieval.local.pages import map_vectors

# Files of fewer rows are joined when there are this many of them, so that a
# write never rewrites a large gallery.
_MANY_FILES = 64
_FEW_ROWS = 1 << 14
_ROWS_PER_FILE = 1 << 20
_ROWS_PER_BLOCK = 1 << 16
# Long enough for a reader to finish opening the version it began with.
_KEPT = datetime.timedelta(minutes=1)
# Forgetting looks at every version there is: not too often.
_VERSIONS_BETWEEN = 1000
# A row's address: the number of its fragment, and its place in it.
_FRAGMENT = np.uint64(32)
_OFFSET = np.uint64(0xFFFFFFFF)


class Snapshot(NamedTuple):
    """One version of the table; removed rows are still in its files.

    Args:
        places: Int64 array. Row of `blocks`, one after another, of each
            living row.
        columns: `Columns` of the living rows; `vectors` is `None`.
        blocks: List of memory-mapped float32 arrays.
    """

    places: np.ndarray
    columns: Columns
    blocks: list[np.ndarray]


class LanceTable:
    """Rows in a folder, changed in atomic commits.

    Args:
        path: `pathlib.Path` of the table.
        dataset: `lance.LanceDataset`, or `None` before the first row.
    """

    def __init__(self, path, dataset=None):
        self.path = path
        self._dataset = dataset
        self._last_forgotten = -_VERSIONS_BETWEEN

    @classmethod
    def open(cls, path):
        """Opens the newest version; a table that is not there is empty."""
        if not path.exists():
            return cls(path)
        return cls(path, _lance().dataset(str(path)))

    @property
    def version(self):
        """Int that grows with every commit; `0` before the first."""
        return 0 if self._dataset is None else self._dataset.version

    @property
    def latest_version(self):
        """The version that is on disk, whoever wrote it."""
        if self._dataset is None:
            return LanceTable.open(self.path).version
        return self._dataset.latest_version

    def commit(self, columns=None, removed=None):
        """Adds and removes rows in one step.

        Args:
            columns: `Columns` to add, or `None`.
            removed: Int64 array of serials of living rows, or `None`.
        """
        lance = _lance()
        if self._dataset is None:
            self._dataset = lance.write_dataset(
                to_arrow(columns),
                str(self.path),
                max_rows_per_file=_ROWS_PER_FILE,
            )
            return
        new = []
        if columns is not None:
            new = lance.fragment.write_fragments(
                to_arrow(columns),
                self._dataset,
                max_rows_per_file=_ROWS_PER_FILE,
            )
        updated, emptied = self._without(removed)
        self._dataset = lance.LanceDataset.commit(
            self._dataset,
            lance.LanceOperation.Update(
                removed_fragment_ids=emptied,
                updated_fragments=updated,
                new_fragments=new,
                fields_modified=[],
            ),
            read_version=self._dataset.version,
        )

    def newest_blocks(self, count):
        """The vectors of the last `count` rows committed, mapped."""
        blocks = []
        for fragment in reversed(self._dataset.get_fragments()):
            blocks = map_vectors(self.path, fragment) + blocks
            if sum(map(len, blocks)) >= count:
                return blocks

    def _without(self, removed):
        """Fragments as they are without some rows, and those left empty."""
        if removed is None or not len(removed):
            return [], []
        table = self._dataset.scanner(
            columns=["serial"], with_row_address=True
        ).to_table()
        chosen = np.isin(table["serial"].to_numpy(), removed)
        addresses = table["_rowaddr"].to_numpy()[chosen]
        if len(addresses) != len(removed):
            raise ValueError(
                f"{self.path} must hold the rows to remove. Received: "
                f"{len(removed)} rows, {len(addresses)} found"
            )
        updated, emptied = [], []
        fragments = addresses >> _FRAGMENT
        for number in np.unique(fragments).tolist():
            fragment = self._dataset.get_fragment(number)
            offsets = addresses[fragments == number] & _OFFSET
            left = fragment.delete_rows(offsets.tolist())
            if left is None:
                emptied.append(number)
            else:
                updated.append(left)
        return updated, emptied

    def load(self):
        """Reads all but the vectors, which are mapped: a `Snapshot`."""
        if self._dataset is None:
            none = np.empty(0, np.int64)
            return Snapshot(none, Columns(none, [], [], [], none, None), [])
        fragments = self._dataset.get_fragments()
        blocks, starts = [], {}
        for fragment in fragments:
            starts[fragment.fragment_id] = sum(map(len, blocks))
            blocks += map_vectors(self.path, fragment)
        table = self._scan(with_row_address=True)
        addresses = table["_rowaddr"].to_numpy()
        numbers, inverse = np.unique(
            addresses >> _FRAGMENT, return_inverse=True
        )
        offsets = np.array([starts[n] for n in numbers.tolist()], np.int64)
        places = offsets[inverse] + (addresses & _OFFSET).astype(np.int64)
        return Snapshot(places, from_arrow(table, None), blocks)

    def serials(self):
        """Serials of the living rows, an int64 array."""
        if self._dataset is None:
            return np.empty(0, np.int64)
        return self._dataset.to_table(columns=["serial"])["serial"].to_numpy()

    def newer_than(self, serial):
        """`Columns` of the living rows above a serial, vectors in memory."""
        where = f"serial > {int(serial)}"
        table = self._scan(filter=where)
        vectors = self._dataset.to_table(
            columns=["vector"], filter=where, scan_in_order=True
        )["vector"].combine_chunks()
        flat = vectors.flatten().to_numpy()
        return from_arrow(table, flat.reshape(len(table), -1))

    def _scan(self, **options):
        names = ["serial", "id", "path", "metadata", "checksum"]
        return self._dataset.scanner(
            columns=names, scan_in_order=True, **options
        ).to_table()

    def tidy(self):
        """Joins small files when there are many of them."""
        if self._dataset is None:
            return
        fragments = self._dataset.get_fragments()
        small = sum(f.physical_rows < _FEW_ROWS for f in fragments)
        if small < _MANY_FILES:
            return
        self._dataset.optimize.compact_files(
            target_rows_per_fragment=_FEW_ROWS, materialize_deletions=False
        )
        if self.version - self._last_forgotten >= _VERSIONS_BETWEEN:
            self._forget()

    def compact(self):
        """Writes the living rows into as few files as can be."""
        if self._dataset is not None:
            self._dataset.optimize.compact_files(
                target_rows_per_fragment=_ROWS_PER_FILE,
                materialize_deletions_threshold=0.0,
                batch_size=_ROWS_PER_BLOCK,
            )
            self._forget()

    def _forget(self):
        """Drops old versions, and files that only they need."""
        self._dataset.cleanup_old_versions(older_than=_KEPT)
        self._last_forgotten = self.version


def _lance():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import lance
    except ImportError as error:
        raise ImportError(
            "A gallery in a folder needs Lance: run "
            '`pip install "keras-cmr[retrieval]"`'
        ) from error
    return lance
