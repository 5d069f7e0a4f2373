"""Shards into a gallery."""

import time

from tqdm import tqdm

from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.bulk.index_images import write_rows
from keras_cmr.retrieval.bulk.shard_file import read_shard
from keras_cmr.retrieval.bulk.shard_folder import ShardFolder
from keras_cmr.retrieval.bulk.summary import BulkSummary
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.known_rows import sift
from keras_cmr.retrieval.query import check_fingerprint


def load_shards(
    gallery: Gallery,
    shards: PathLike,
    replace: bool = False,
    verbose: int = 1,
) -> BulkSummary:
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
    check_fingerprint(
        shards, folder.plan["fingerprint"], backend.fingerprint, "Shards"
    )
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
            check_fingerprint(
                path, shard.fingerprint, backend.fingerprint, "Shards"
            )
            new, changed = sift(backend, shard.rows)
            if changed and not replace:
                first = shard.rows.take(changed[:1])
                raise ValueError(
                    "`shards` must not have other content for ids that are "
                    "in the gallery, unless `replace=True`. Received: "
                    f"{first.ids[0]!r} of {first.paths[0]}"
                )
            rows = shard.rows.take(sorted(new + changed))
            write_rows(backend, rows)
            written += len(rows.ids)
            kept += len(shard.rows.ids) - len(rows.ids)
            skipped += shard.skipped
            bar.update()
    return BulkSummary(written, kept, skipped, time.perf_counter() - start)
