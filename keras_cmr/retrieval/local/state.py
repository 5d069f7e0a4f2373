"""One opened state of a local gallery: what a search reads."""

from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval.local.blocks import Blocks
from keras_cmr.retrieval.local.engine import Engine
from keras_cmr.retrieval.local.engine import load_engine
from keras_cmr.retrieval.local.metadata_columns import MetadataColumns
from keras_cmr.retrieval.local.rows import Rows
from keras_cmr.retrieval.settings import Settings


class State(NamedTuple):
    """Rows, vectors and engine that belong together.

    Args:
        manifest: Dict.
        settings: `Settings`.
        rows: `Rows`.
        blocks: `Blocks`, numbered like the rows.
        metadata: `MetadataColumns` of the rows.
        engine: `Engine`.
    """

    manifest: dict
    settings: Settings
    rows: Rows
    blocks: Blocks
    metadata: MetadataColumns
    engine: Engine

    @classmethod
    def load(cls, folder, manifest, table):
        """Reads the table's version and the index that fits it."""
        settings = Settings(
            manifest["recall_target"],
            manifest["exact_below"],
            manifest["reorder"],
        )
        rows, blocks = read_rows(table)
        engine = load_engine(folder, manifest, rows, blocks, settings)
        return cls.of(manifest, settings, rows, blocks, engine)

    @classmethod
    def of(cls, manifest, settings, rows, blocks, engine):
        """A state without its metadata columns, which are made here."""
        metadata = MetadataColumns(rows.metadata)
        return cls(manifest, settings, rows, blocks, metadata, engine)

    def apply(self, removed=None, columns=None, blocks=()):
        """Follows a commit to the table.

        Args:
            removed: Int64 array of rows, or `None`.
            columns: `Columns` of new rows, or `None`.
            blocks: List of arrays, their vectors.
        """
        if removed is not None:
            self.rows.kill(removed)
        if columns is not None:
            self.rows.append(columns)
            for block in blocks:
                self.blocks.append(block)

    def changes(self, table):
        """What `apply` must be given to follow the commits of others.

        Returns:
            A tuple, or `None` if the table has to be read anew.
        """
        living = self.rows.living()
        mine, theirs = self.rows.serials[living], table.serials()
        if not len(self.rows):
            return None
        removed = living[~np.isin(mine, theirs)]
        columns = table.newer_than(self.rows.serials.max())
        if len(living) - len(removed) + len(columns.ids) != len(theirs):
            return None
        return removed, columns, [columns.vectors] if columns.ids else []

    def stats(self, dim):
        """What `Backend.stats` tells."""
        fresh = self.rows.alive[self.engine.num_indexed :]
        return {
            "count": self.rows.count,
            "dim": dim,
            "engine": self.engine.name,
            "reason": self.engine.reason,
            "unindexed": int(np.count_nonzero(fresh)),
            "removed": len(self.rows) - self.rows.count,
            "calibration": self.engine.calibration,
            **asdict(self.settings),
        }


def read_rows(table):
    """`Rows` and `Blocks` of a `LanceTable`."""
    snapshot = table.load()
    return Rows(snapshot), Blocks(snapshot.blocks)
