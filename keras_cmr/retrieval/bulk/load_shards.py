"""Shards into a gallery."""

import time

import numpy as np
from tqdm import tqdm

from keras_cmr.retrieval.bulk.index_images import write_rows
from keras_cmr.retrieval.bulk.shard_file import read_shard
from keras_cmr.retrieval.bulk.shard_folder import ShardFolder
from keras_cmr.retrieval.bulk.shard_folder import check_same_model
from keras_cmr.retrieval.bulk.summary import BulkSummary

# Embeddings of one image on two machines differ by less.
_SAME = 1e-4


def load_shards(gallery, shards, replace=False, verbose=1):
    """Adds the shards that `embed_images` made to a gallery, resumably.

    Each shard is written at once; after a kill, run it again: images that are
    in the gallery with the same file, metadata and embedding are left as they
    are. Build the index afterwards, by `gallery.compact()`.

    Args:
        gallery: `Gallery` of the model that the shards were made with.
        shards: Path of a folder that `embed_images` has finished.
        replace: Bool. Whether images that are there with other content are
            replaced. Otherwise they are an error.
        verbose: Int. `0` hides the progress bar.

    Returns:
        `BulkSummary`.
    """
    start = time.perf_counter()
    folder = ShardFolder.open(shards)
    backend = gallery._backend
    check_same_model(shards, folder.plan["fingerprint"], backend.fingerprint)
    count = folder.plan["shards"]
    if count is None:
        raise ValueError(
            "`shards` must be finished; run `embed_images` again. "
            f"Received: {shards}"
        )
    written = kept = 0
    skipped = []
    with tqdm(
        total=count, desc="Loading", unit="shard", disable=not verbose
    ) as bar:
        for number in range(count):
            path = folder.shard_path(number)
            if not path.exists():
                raise ValueError(
                    f"`shards` must hold {count} shards. Received: no {path}"
                )
            shard = read_shard(path)
            check_same_model(path, shard.fingerprint, backend.fingerprint)
            rows = _without_known(backend, shard.rows, replace)
            write_rows(backend, rows)
            written += len(rows.ids)
            kept += len(shard.rows.ids) - len(rows.ids)
            skipped += shard.skipped
            bar.update()
    return BulkSummary(written, kept, skipped, time.perf_counter() - start)


def _without_known(backend, rows, replace):
    """The rows that the gallery lacks or, with `replace`, has otherwise."""
    known = backend.present(rows.ids)
    there = [i for i, id in enumerate(rows.ids) if id in known]
    ids = [rows.ids[i] for i in there]
    same = set()
    if there:
        vectors = backend.vectors(ids)
        records = backend.records(ids)
        for i, vector, record in zip(there, vectors, records, strict=True):
            if (
                record.path == rows.paths[i]
                and record.metadata == rows.metadata[i]
                and np.abs(vector - rows.vectors[i]).max() < _SAME
            ):
                same.add(i)
            elif not replace:
                raise ValueError(
                    "`shards` must not have other content for ids that are "
                    "in the gallery, unless `replace=True`. Received: "
                    f"{rows.ids[i]!r} of {rows.paths[i]}"
                )
    return rows.take([i for i in range(len(rows.ids)) if i not in same])
