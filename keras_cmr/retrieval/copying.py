"""A gallery moved from one place to another: a folder, a server."""

from tqdm import tqdm

from keras_cmr.retrieval.counts import check_count
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.known_rows import sift
from keras_cmr.retrieval.query import check_fingerprint


def copy_gallery(
    source: Gallery,
    destination: Gallery,
    batch_size: int = 5_000,
    verbose: int = 1,
) -> int:
    """Adds all images of one gallery to another, without embedding them anew.

    Rows go in order of addition, `batch_size` at a time, each time durably.
    A copy that was cut short goes on where it was when it is called again;
    images that are there already are compared, not written. Nothing of
    `source` is changed. Call `destination.compact()` afterwards.

    Args:
        source: `Gallery` to read. It must not be written to meanwhile.
        destination: `Gallery` of the same model, empty or with a part of
            `source`.
        batch_size: Int. Rows that are read and written at once.
        verbose: Int. `0` hides the progress bar.

    Returns:
        Int, the number of images written.

    Example:

    ```python
    import tempfile
    import numpy as np
    import keras_cmr

    class Model:
        fingerprint = "some-model"
        embed_targets = embed_queries = None

    folders = tempfile.mkdtemp(), tempfile.mkdtemp()
    source, destination = (
        keras_cmr.retrieval.Gallery.create(folder, Model())
        for folder in folders
    )
    source.add_embeddings(np.eye(4, dtype="float32"), ids=["a", "b", "c", "d"])
    keras_cmr.retrieval.copy_gallery(source, destination, verbose=0)
    ```
    """
    check_count(batch_size, "batch_size")
    here, there = source._backend, destination._backend
    check_fingerprint(there.location, there.fingerprint, here.fingerprint)
    written = 0
    with tqdm(
        total=len(here), desc="Copying", unit="image", disable=not verbose
    ) as bar:
        for rows in here.rows(batch_size):
            new, changed = sift(there, rows)
            if changed:
                raise ValueError(
                    "`destination` must hold the images of `source` and no "
                    f"others. Received: {there.location} with another "
                    f"{rows.ids[changed[0]]!r}"
                )
            if new:
                there.add(rows.take(new))
            written += len(new)
            bar.update(len(rows.ids))
    if len(there) != len(here):
        raise ValueError(
            "`destination` must hold the images of `source` and no others. "
            f"Received: {there.location} with {len(there)} images for "
            f"{len(here)}"
        )
    return written
