"""From a folder, a table or a data set to a searchable gallery."""

import time
from typing import Any

from tqdm import tqdm

from keras_cmr.embedder import Embedder
from keras_cmr.retrieval.argument_types import PathLike
from keras_cmr.retrieval.backend import Changes
from keras_cmr.retrieval.bulk.as_source import as_source
from keras_cmr.retrieval.bulk.engine import embed_parts
from keras_cmr.retrieval.bulk.news import News
from keras_cmr.retrieval.bulk.parts import cut
from keras_cmr.retrieval.bulk.ray_cluster import RayCluster
from keras_cmr.retrieval.bulk.ray_cluster import check_cluster
from keras_cmr.retrieval.bulk.summary import BulkSummary
from keras_cmr.retrieval.counts import check_count
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.locations import holds_gallery
from keras_cmr.retrieval.query import check_model


def index_images(
    source: Any,
    location: PathLike,
    model: Embedder,
    update: bool = False,
    strict: bool = False,
    shard_size: int = 2048,
    cluster: RayCluster | None = None,
    verbose: int = 1,
) -> tuple[Gallery, BulkSummary]:
    """Makes many images searchable, or takes in those that are new.

    One line from a folder to a gallery. Images are decoded in threads ahead
    of the model, embedded, and written `shard_size` at a time; each write is
    durable. So this is also what to do after a kill, and what to do each day:
    run it again, and images whose ids are in the gallery are left as they
    are. Images that have left the source stay; see `Gallery.remove`. At the
    end the index is built (`Gallery.compact`).

    Args:
        source: One of
            - the path of a folder: all pictures below it; an id is the path
              below the folder, as `"shoes/17.jpg"`;
            - the path of a table, `.csv` or `.jsonl`, with a column `path`
              and maybe `id` and metadata: see `image_table`;
            - a list of paths, which are also the ids;
            - a split of a benchmark, or its table of images:
              `keras_cmr.datasets.load("css").test`;
            - a data set of TFDS whose records have an `image` and an `id` or
              `tfds_id`; of these, one shard's images are in memory at once.
        location: As of `Gallery.create`. A gallery is made if there is none.
        model: As in `Gallery`. If it has `prepare_image(image)`, that reads
            the images, in threads; they are passed on as it gives them.
        update: Bool. Whether images whose ids are in the gallery are embedded
            again and replaced, with their metadata. Otherwise they are left,
            and it is an error if such an id came from another file.
        strict: Bool. Whether an unreadable image is an error. Otherwise it is
            skipped, listed in the summary, and tried again by the next run.
        shard_size: Int. Images a write, and the most that a kill can lose.
        cluster: `RayCluster`, or `None` to embed in this process. On a
            cluster a shard is also what one worker does at a time.
        verbose: Int. `0` hides the progress bar.

    Returns:
        `(gallery, summary)`, a `Gallery` and a `BulkSummary`.

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
    gallery, summary = keras_cmr.retrieval.index_images(
        "photos", "gallery", MeanColour()
    )
    gallery.search("photos/60.png", "brighter")[0].id    # "200.png"
    ```
    """
    check_model(model)
    check_count(shard_size, "shard_size")
    check_cluster(cluster)
    source = as_source(source)
    start = time.perf_counter()
    if holds_gallery(location):
        gallery = Gallery.open(location, model)
    else:
        gallery = Gallery.create(location, model)
    backend = gallery._backend
    written, skipped = 0, []
    with tqdm(
        total=source.count, desc="Embedding", unit="image", disable=not verbose
    ) as bar:
        news = News(backend, update, bar)
        for _, _, rows, unreadable in embed_parts(
            enumerate(cut(news.of(source.pictures()), shard_size)),
            model,
            backend.dim,
            strict,
            cluster,
            bar.update,
        ):
            write_rows(backend, rows)
            written += len(rows.ids)
            skipped += unreadable
            bar.set_postfix(unreadable=len(skipped), refresh=False)
    if len(gallery) and (written or _needs_compacting(gallery.stats())):
        gallery.compact()
    return gallery, BulkSummary(
        written, news.kept, skipped, time.perf_counter() - start
    )


def write_rows(backend, rows):
    """Adds `NewRows`, or replaces those that are there."""
    known = backend.present(rows.ids)
    old = rows.take([i for i, id in enumerate(rows.ids) if id in known])
    new = rows.take([i for i, id in enumerate(rows.ids) if id not in known])
    if old.ids:
        backend.update(Changes(*old))
    if new.ids:
        backend.add(new)


def _needs_compacting(stats):
    """Whether a run that was killed, or another program, left that to do."""
    calibration = stats["calibration"]
    if calibration is None:
        return stats["count"] >= stats["exact_below"]
    # What failed on these very rows would fail again.
    return calibration["reached"] and stats.get("unindexed", 0) > 0
