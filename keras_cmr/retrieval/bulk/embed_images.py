"""A folder, a table or a data set to files of embeddings."""

import time
from typing import Any

from tqdm import tqdm

from keras_cmr.embedder import Embedder
from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.bulk.as_source import as_source
from keras_cmr.retrieval.bulk.engine import embed_parts
from keras_cmr.retrieval.bulk.parts import cut
from keras_cmr.retrieval.bulk.parts import digest
from keras_cmr.retrieval.bulk.ray_cluster import RayCluster
from keras_cmr.retrieval.bulk.ray_cluster import check_cluster
from keras_cmr.retrieval.bulk.shard_file import Shard
from keras_cmr.retrieval.bulk.shard_folder import ShardFolder
from keras_cmr.retrieval.bulk.summary import BulkSummary
from keras_cmr.retrieval.counts import check_count
from keras_cmr.retrieval.query import check_model


def embed_images(
    source: Any,
    model: Embedder,
    out: PathLike,
    shard_size: int = 2048,
    cluster: RayCluster | None = None,
    strict: bool = False,
    verbose: int = 1,
) -> BulkSummary:
    """Embeds many images into a folder of shards, resumably.

    For one gallery, `index_images` is all you need. Shards are for what comes
    between: embeddings made on one machine and searched on another, or loaded
    into several galleries (`load_shards`). After a kill at any instant, run it
    again: finished shards are checked and left as they are.

    Args:
        source: As in `index_images`.
        model: As in `Gallery`.
        out: Path of a new folder, or of one that this source and model were
            embedded into before.
        shard_size: Int. Images a file, and the most that a kill can lose.
        cluster: As in `index_images`.
        strict: As in `index_images`.
        verbose: Int. `0` hides the progress bar.

    Returns:
        `BulkSummary`. Unreadable images are also in `out/skipped.jsonl`.

    Example:

    ```python
    import pathlib
    import numpy as np
    from PIL import Image
    import keras_cmr

    class MeanColour:
        fingerprint = "mean-colour"

        def embed_targets(self, images):
            return np.stack([np.mean(i, axis=(0, 1)) for i in images])

        def embed_queries(self, images, modifications):
            return self.embed_targets(images)

    pathlib.Path("photos").mkdir()
    for red in (60, 200):
        Image.new("RGB", (8, 8), (red, 90, 9)).save(f"photos/{red}.png")
    keras_cmr.retrieval.embed_images("photos", MeanColour(), "shards")
    np.load("shards/shard-000000.npz")["vectors"].shape    # (2, 3)
    ```
    """
    check_model(model)
    check_count(shard_size, "shard_size")
    check_cluster(cluster)
    source = as_source(source)
    start = time.perf_counter()
    folder = ShardFolder.claim(out, model.fingerprint, shard_size)
    run = _Run(folder, verbose, source.count)
    with folder.writing(), run.bar:
        for number, part, rows, skipped in embed_parts(
            run.unfinished(cut(source.pictures(), shard_size)),
            model,
            None,
            strict,
            cluster,
            run.bar.update,
        ):
            run.write(number, part, rows, skipped)
        folder.finish(run.count, run.all_skipped())
    return BulkSummary(
        run.written, run.kept, run.all_skipped(), time.perf_counter() - start
    )


class _Run:
    """What is done and what is to do."""

    def __init__(self, folder, verbose, total):
        self.folder = folder
        self.count = self.written = self.kept = self.unreadable = 0
        self._skipped = {}
        self._digests = {}
        self.bar = tqdm(
            total=total, desc="Embedding", unit="image", disable=not verbose
        )

    def unfinished(self, parts):
        """Number and part of each shard that is not there yet."""
        for number, part in enumerate(parts):
            self.count = number + 1
            own = digest(part)
            shard = self.folder.finished(number, own)
            if shard is None:
                self._digests[number] = own
                yield number, part
                continue
            self.kept += len(shard.rows.ids)
            self._skipped[number] = shard.skipped
            if self.bar.total is not None:
                # The rate is that of the work of this run.
                self.bar.total -= len(part.ids)

    def write(self, number, part, rows, skipped):
        self.folder.write(
            number,
            Shard(
                self.folder.plan["fingerprint"],
                self._digests.pop(number),
                rows,
                skipped,
            ),
        )
        self._skipped[number] = skipped
        self.written += len(rows.ids)
        self.unreadable += len(skipped)
        self.bar.set_postfix(unreadable=self.unreadable, refresh=False)

    def all_skipped(self):
        return [
            entry
            for number in sorted(self._skipped)
            for entry in self._skipped[number]
        ]
