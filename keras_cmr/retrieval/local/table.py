"""The truth of a local gallery: a Lance table."""

import datetime
from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.columns import from_arrow
from keras_cmr.retrieval.local.columns import to_arrow
from keras_cmr.retrieval.local.lance import lance_module
from keras_cmr.retrieval.local.lance import reading
from keras_cmr.retrieval.local.lance import writing
from keras_cmr.retrieval.local.pages import map_vectors
from keras_cmr.retrieval.local.seal import NO_ROWS
from keras_cmr.retrieval.local.seal import check_tails
from keras_cmr.retrieval.local.seal import read_seal
from keras_cmr.retrieval.local.seal import write_seal

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
# Lance names a version by how far it lies below the largest uint64.
_LAST = (1 << 64) - 1


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

    A commit counts when it is sealed (see `seal`): what a kill or a full
    disk left unsealed is never read, and dropped by the next commit.

    Args:
        path: `pathlib.Path` of the table.
        dataset: `lance.LanceDataset`, or `None` before the first row.
        seal: `Seal` of the dataset's version.
    """

    def __init__(self, path, dataset=None, seal=NO_ROWS):
        self.path = path
        self._dataset = dataset
        self._seal = seal
        self._counted = seal.version

    @classmethod
    def create(cls, path):
        """Makes an empty table; nothing of it is there yet but its seal."""
        lance_module()
        write_seal(path)
        return cls(path)

    @classmethod
    def open(cls, path):
        """Opens the newest version that was sealed."""
        seal = read_seal(path)
        if not seal.version:
            return cls(path)
        check_tails(path, seal)
        with reading(path):
            dataset = lance_module().dataset(str(path), version=seal.version)
        return cls(path, dataset, seal)

    @property
    def version(self):
        """Int that grows with every commit; `0` before the first."""
        return 0 if self._dataset is None else self._dataset.version

    @property
    def latest_version(self):
        """The version that counts, whoever wrote it."""
        return read_seal(self.path).version

    @property
    def dim(self):
        """Width of the vectors, also of a table whose rows are all gone."""
        if self._dataset is None:
            return None
        return self._dataset.schema.field("vector").type.list_size

    def commit(self, columns=None, removed=None):
        """Adds and removes rows in one step; an error leaves all as it was.

        Args:
            columns: `Columns` to add, or `None`.
            removed: Int64 array of serials of living rows, or `None`.
        """
        with writing(self.path):
            self._drop_unsealed()
            self._commit(columns, removed)
            self._set_seal()

    def _commit(self, columns, removed):
        lance = lance_module()
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

    def _drop_unsealed(self):
        """Removes later versions than the sealed one; their files wait."""
        for path in self.path.glob("_versions/*.manifest"):
            if _LAST - int(path.stem) > self._seal.version:
                path.unlink()

    def _set_seal(self):
        names = [f"_versions/{_LAST - self.version:020d}.manifest"]
        for fragment in self._dataset.get_fragments():
            metadata = fragment.metadata
            names += [f"data/{file.path}" for file in metadata.files]
            if metadata.deletion_file is not None:
                names.append(metadata.deletion_file.path(metadata.id))
        self._seal = write_seal(self.path, self._seal, self.version, names)

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
        with reading(self.path):
            return self._load()

    def _load(self):
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
        return from_arrow(table, flat.reshape(len(table), self.dim))

    def _scan(self, **options):
        names = ["serial", "id", "path", "metadata", "checksum"]
        return self._dataset.scanner(
            columns=names, scan_in_order=True, **options
        ).to_table()

    def tidy(self):
        """Joins small files, and drops old versions, if there are many."""
        if self._dataset is None:
            return
        fragments = self._dataset.get_fragments()
        small = sum(f.physical_rows < _FEW_ROWS for f in fragments)
        if small >= _MANY_FILES:
            self._rewrite(
                target_rows_per_fragment=_FEW_ROWS, materialize_deletions=False
            )
        before, self._counted = self._counted, self.version
        if before // _VERSIONS_BETWEEN < self.version // _VERSIONS_BETWEEN:
            self._forget()

    def compact(self):
        """Writes the living rows into as few files as can be."""
        if self._dataset is not None:
            self._rewrite(
                target_rows_per_fragment=_ROWS_PER_FILE,
                materialize_deletions_threshold=0.0,
                batch_size=_ROWS_PER_BLOCK,
            )
            self._forget()

    def _rewrite(self, **options):
        with writing(self.path):
            self._drop_unsealed()
            self._dataset.optimize.compact_files(**options)
            self._set_seal()

    def _forget(self):
        """Drops old versions, and files that only they need."""
        with writing(self.path):
            self._dataset.cleanup_old_versions(older_than=_KEPT)
