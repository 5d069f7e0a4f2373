"""Rows in a Lance table, against a dictionary."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local import table as tables
from keras_cmr.retrieval.local.columns import Columns
from keras_cmr.retrieval.local.columns import from_arrow
from keras_cmr.retrieval.local.columns import to_arrow
from keras_cmr.retrieval.local.table import LanceTable
from tests.retrieval.dictionary import random_rows
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal


def columns(serials, dim=4):
    serials = np.array(serials, np.int64)
    return Columns(
        serials,
        [f"id {s}" for s in serials],
        [f"/{s}" if s % 2 else None for s in serials],
        [f'{{"n": {s}}}' for s in serials],
        serials.astype(np.uint32),
        np.stack([np.full(dim, s, np.float32) for s in serials]),
    )


def loaded(table):
    """Serial, id, path, metadata, checksum and a number of each vector."""
    snapshot = table.load()
    rows = snapshot.columns
    whole = np.concatenate([*snapshot.blocks, np.empty((0, 4), np.float32)])
    vectors = whole[snapshot.places]
    assert (np.diff(rows.serials) > 0).all()
    assert (vectors == vectors[:, :1]).all()
    assert table.serials().tolist() == rows.serials.tolist()
    return list(
        zip(
            rows.serials.tolist(),
            rows.ids,
            rows.paths,
            rows.metadata,
            rows.checksums.tolist(),
            vectors[:, 0].tolist(),
            strict=True,
        )
    )


def expected(serials):
    return [
        (s, f"id {s}", f"/{s}" if s % 2 else None, f'{{"n": {s}}}', s, float(s))
        for s in serials
    ]


@pytest.fixture
def table(tmp_path):
    return LanceTable.create(tmp_path / "rows.lance")


def test_arrow_carries_columns_unchanged():
    want = columns([3, 4, 9])
    arrow = to_arrow(want)
    got = from_arrow(arrow, want.vectors)
    assert got.ids == want.ids and got.paths == want.paths
    assert got.metadata == want.metadata
    assert got.serials.tolist() == [3, 4, 9]
    assert got.checksums.dtype == np.uint32
    flat = arrow["vector"].combine_chunks().flatten().to_numpy()
    assert flat.tolist() == want.vectors.ravel().tolist()


def test_an_empty_table(table):
    for one in (table, LanceTable.open(table.path)):
        assert loaded(one) == [] and one.dim is None
        assert one.version == one.latest_version == 0
        one.tidy()
        one.compact()


@pytest.mark.parametrize(("seed", "reopen"), [(0, False), (1, True)])
def test_commits_joins_and_compactions_keep_rows_and_their_order(
    table, seed, reopen, monkeypatch
):
    monkeypatch.setattr(tables, "_MANY_FILES", 4)
    monkeypatch.setattr(tables, "_VERSIONS_BETWEEN", 5)
    monkeypatch.setattr(tables, "_KEPT", timedelta(0))
    rng = np.random.default_rng(seed)
    living, next_serial, joined = [], 0, False
    for step in range(25):
        number = int(rng.integers(1, 5))
        new = list(range(next_serial, next_serial + number))
        next_serial += number
        gone = rng.choice(living, min(len(living), int(rng.integers(4))), False)
        if not living or step % 3 == 0:
            gone = gone[:0]
        before = table.version
        table.commit(
            columns(new) if step % 3 < 2 else None,
            np.array(gone, np.int64) if len(gone) else None,
        )
        assert table.version > before
        living = [s for s in living if s not in gone]
        living += new if step % 3 < 2 else []
        files = len(table._dataset.get_fragments())
        table.tidy()
        joined |= len(table._dataset.get_fragments()) < files
        if step == 17:
            table.compact()
            assert len(table._dataset.get_fragments()) == 1
        if reopen:
            table = LanceTable.open(table.path)
        assert loaded(table) == expected(living)
        assert table.version == table.latest_version
        if living:
            middle = living[len(living) // 2]
            newer = table.newer_than(middle)
            assert newer.serials.tolist() == [s for s in living if s > middle]
            assert newer.vectors[:, 0].tolist() == newer.serials.tolist()
    assert joined
    last = table.newer_than(living[-1])
    assert last.ids == [] and last.vectors.shape == (0, 4)


def test_a_row_that_is_not_there_cannot_be_removed(table):
    table.commit(columns([1, 2]))
    with pytest.raises(ValueError, match="2 rows, 1 found"):
        table.commit(removed=np.array([2, 3]))
    assert loaded(table) == expected([1, 2])


def test_newest_blocks_are_those_of_the_last_commit(table, monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_PER_FILE", 10)
    table.commit(columns([0, 1]))
    table.commit(columns(range(2, 37)))
    blocks = table.newest_blocks(35)
    assert np.concatenate(blocks)[:, 0].tolist() == list(range(2, 37))
    assert len(table._dataset.get_fragments()) == 5


def test_large_files_are_not_joined_with_small_ones(table, monkeypatch):
    monkeypatch.setattr(tables, "_FEW_ROWS", 6)
    monkeypatch.setattr(tables, "_MANY_FILES", 3)
    serial = 0
    for count in (8, 9, 7, 8):
        table.commit(columns(range(serial, serial + count)))
        serial += count
        table.tidy()
    assert len(table._dataset.get_fragments()) == 4
    large = {f.fragment_id for f in table._dataset.get_fragments()}
    for _ in range(3):
        table.commit(columns([serial]))
        serial += 1
        table.tidy()
    assert len(table._dataset.get_fragments()) == 5
    assert large < {f.fragment_id for f in table._dataset.get_fragments()}
    assert loaded(table) == expected(range(serial))


def test_old_versions_of_removals_go_too(table, monkeypatch):
    monkeypatch.setattr(tables, "_VERSIONS_BETWEEN", 10)
    monkeypatch.setattr(tables, "_KEPT", timedelta(0))
    table.commit(columns(range(40)))
    for serial in range(30):
        table = LanceTable.open(table.path)  # a process for each removal
        table.commit(removed=np.array([serial]))
        table.tidy()
    for folder in ("_versions/*.manifest", "_deletions/*"):
        assert len(list(table.path.glob(folder))) <= 12
    assert loaded(table) == expected(range(30, 40))


def test_every_file_of_a_commit_is_waited_for(table, monkeypatch):
    """Lance waits for no disk; a power cut must not take what it wrote."""
    waited = set()

    def sync(path):
        waited.add(Path(path))

    monkeypatch.setattr("keras_cmr.retrieval.local.seal.sync", sync)
    table.commit(columns([1, 2, 3]))
    table.commit(columns([4]), removed=np.array([2]))
    table.compact()
    sealed = {table.path / name for name in table._seal.files}
    assert sealed <= waited
    assert {p.parent for p in sealed} | {table.path.parent} <= waited


def test_many_small_commits_are_joined_in_a_gallery(tmp_path, model):
    gallery = Gallery.create(tmp_path / "g", model)
    for i in range(70):
        gallery.add_embeddings(random_rows(1, 8, i), [str(i)])
    gallery.remove(["0", "33"])
    gallery.update(["1"], metadata=[{"n": 1}])
    assert len(gallery._backend._table._dataset.get_fragments()) < 15
    opened = Gallery.open(tmp_path / "g", model)
    assert equal(content(opened), content(gallery))
    opened.verify()
