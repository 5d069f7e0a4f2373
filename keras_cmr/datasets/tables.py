"""Tables: what a benchmark holds, in plain NumPy."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Images:
    """The images of a split, one row an image.

    Args:
        ids: String array `(n,)`, distinct names such as `css_train_000000`.
        labels: Int32 array `(n,)`. Images of equal content have equal labels.
        captions: String array `(n,)`, the content in words.
        pixels: Uint8 array `(n, height, width, 3)`.
        metadata: Sequence of `n` dicts, or empty. What they hold is said by
            the benchmark; for CSS it is the list of drawn objects.
    """

    ids: np.ndarray
    labels: np.ndarray
    captions: np.ndarray
    pixels: np.ndarray
    metadata: Sequence[dict] = ()

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Queries:
    """The queries of a split, one row a query.

    Args:
        references: Int32 array `(q,)`, indices into the images.
        modifications: String array `(q,)`, the wanted change in words.
        target_labels: Int32 array `(q,)`, the label of the wanted content.
        targets: Tuple of `q` tuples: the indices of all images with that
            label, the one made for this query first.
        kinds: String array `(q,)`, the slice a query is counted in.
        seen: Bool array `(q,)`, True if the target holds nothing that the
            training split lacks.
    """

    references: np.ndarray
    modifications: np.ndarray
    target_labels: np.ndarray
    targets: tuple[tuple[int, ...], ...]
    kinds: np.ndarray
    seen: np.ndarray

    def __len__(self) -> int:
        return len(self.references)


@dataclasses.dataclass(frozen=True)
class Split:
    """Images and queries of one split of a benchmark.

    Args:
        name: String, such as `"train"`.
        images: An `Images` table.
        queries: A `Queries` table.
        vocabulary: Tuple of strings, the sorted words of the *training*
            modifications, whichever split this is.
        missing: Tuple of strings, one line for each image that the files
            name but that could not be read. Such images, and the queries
            that need them, are not in the tables.
    """

    name: str
    images: Images
    queries: Queries
    vocabulary: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of captions, texts, references, targets and pixels."""
        words = {
            "captions": self.images.captions.tolist(),
            "modifications": self.queries.modifications.tolist(),
            "references": self.queries.references.tolist(),
            "targets": self.queries.targets,
            "shape": self.images.pixels.shape,
        }
        digest = hashlib.sha256(json.dumps(words).encode())
        digest.update(np.ascontiguousarray(self.images.pixels))
        return digest.hexdigest()

    def batches(
        self,
        batch_size: int,
        *,
        tokenize: Callable[[Sequence[str]], np.ndarray] | None = None,
        group_size: int = 1,
        shuffle: bool = True,
        seed: int = 0,
        drop_remainder: bool = True,
        initial_epoch: int = 0,
    ):
        """Batches of training triplets: see `keras_cmr.datasets.batches`."""
        # TensorFlow takes seconds to import and only batches need it.
        from keras_cmr.datasets.batches import batches

        return batches(
            self,
            batch_size,
            tokenize=tokenize,
            group_size=group_size,
            shuffle=shuffle,
            seed=seed,
            drop_remainder=drop_remainder,
            initial_epoch=initial_epoch,
        )


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A training and a test split and the rules that may judge them.

    Args:
        name: String, the name that `keras_cmr.datasets.load` takes.
        train: A `Split`.
        test: A `Split`.
        protocols: Tuple of strings, names of the evaluation protocols that
            fit this benchmark.
    """

    name: str
    train: Split
    test: Split
    protocols: tuple[str, ...]

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the fingerprints of both splits."""
        both = self.train.fingerprint + self.test.fingerprint
        return hashlib.sha256(both.encode()).hexdigest()
