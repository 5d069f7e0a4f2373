"""Tables: what a benchmark holds, in plain NumPy."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.sampler import Sampler


@dataclasses.dataclass(frozen=True)
class Images:
    """The images of a split, one row an image.

    Args:
        ids: String array `(n,)`, distinct names such as `css_train_000000`.
        labels: Int32 array `(n,)`. Images of equal content have equal labels.
        captions: String array `(n,)`, the content in words; `""` where the
            benchmark says nothing about an image.
        pixels: Uint8 array `(n, height, width, 3)`, or an
            `keras_cmr.datasets.ImageFiles` that reads what is asked for.
        metadata: Sequence of `n` dicts, or empty. What they hold is said by
            the benchmark; for CSS it is the list of drawn objects.
        attributes: Dict from a name such as `"noun"` to a string array
            `(n,)`: other ways in which images can be alike.
        reference_pixels: Array like `pixels`: the images as they look when a
            query starts from them, or `None` where they look the same. In
            CSS 2D to 3D they are drawings of what the candidates show.
    """

    ids: np.ndarray
    labels: np.ndarray
    captions: np.ndarray
    pixels: np.ndarray | ImageFiles
    metadata: Sequence[dict] = ()
    attributes: Mapping[str, np.ndarray] = dataclasses.field(
        default_factory=dict
    )
    reference_pixels: np.ndarray | ImageFiles | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Queries:
    """The queries of a split, one row a query.

    Args:
        references: Int32 array `(q,)`, indices into the images.
        modifications: String array `(q,)`, the wanted change in words.
        target_labels: Int32 array `(q,)`, the label of the wanted content;
            -1 where the organisers keep the answer to themselves.
        targets: Tuple of `q` tuples: the indices of all right images, the
            one made for this query first. Where the benchmark counts by
            content these are all images with the label, otherwise those it
            names. Empty where the answer is not public.
        kinds: String array `(q,)`, the slice a query is counted in, or
            `None`.
        seen: Bool array `(q,)`, True if the target holds nothing that the
            training split lacks, or `None`.
        ids: String array `(q,)`, the benchmark's own names of the queries
            (CIRR's `pairid`, CIRCO's `id`), or `None`.
        subsets: Tuple of `q` tuples of image indices, or `None`. The few
            images among which CIRR's subset recall ranks, the reference not
            among them.
    """

    references: np.ndarray
    modifications: np.ndarray
    target_labels: np.ndarray
    targets: tuple[tuple[int, ...], ...]
    kinds: np.ndarray | None = None
    seen: np.ndarray | None = None
    ids: np.ndarray | None = None
    subsets: tuple[tuple[int, ...], ...] | None = None

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
        lost_queries: int. How many queries are not in the tables for that.
        sampler: The `Sampler` that draws the queries of each epoch of
            training, or `None` where the benchmark names them. With it,
            `queries` holds what it draws for epoch 0 with seed 0.
    """

    name: str
    images: Images
    queries: Queries
    vocabulary: tuple[str, ...]
    missing: tuple[str, ...] = ()
    lost_queries: int = 0
    sampler: Sampler | None = None

    @property
    def reference_pixels(self) -> np.ndarray | ImageFiles:
        """The images as references; row `i` belongs to image `i`."""
        own = self.images.reference_pixels
        return self.images.pixels if own is None else own

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of captions, texts, references, targets, subsets and pixels.

        Image files are hashed as they are, every byte of them: that takes a
        minute for tens of gigabytes.
        """
        words = {
            "captions": self.images.captions.tolist(),
            "modifications": self.queries.modifications.tolist(),
            "references": self.queries.references.tolist(),
            "targets": self.queries.targets,
            "shape": self.images.pixels.shape,
        }
        if self.queries.subsets is not None:
            words["subsets"] = self.queries.subsets
        digest = hashlib.sha256(json.dumps(words).encode())
        for pixels in (self.images.pixels, self.images.reference_pixels):
            if isinstance(pixels, ImageFiles):
                digest.update(pixels.digest().encode())
            elif pixels is not None:
                digest.update(np.ascontiguousarray(pixels))
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
        augment: Callable | None = None,
        hard_negatives=None,
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
            augment=augment,
            hard_negatives=hard_negatives,
        )


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """The splits of a benchmark and the rules that may judge them.

    Args:
        name: String, the name that `keras_cmr.datasets.load` takes.
        train: A `Split`, or `None` where there is nothing to train on
            (CIRCO) or its files are not there.
        test: A `Split`, the one whose answers are public: the validation
            split of FashionIQ, CIRR and CIRCO.
        protocols: Tuple of strings, names of the evaluation protocols that
            fit this benchmark.
        server: A `Split` without answers, for the organisers' server, or
            `None`.
        val: A `Split` to choose a model by, apart from `test`, or `None`.
    """

    name: str
    train: Split | None
    test: Split
    protocols: tuple[str, ...]
    server: Split | None = None
    val: Split | None = None

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the fingerprints of the splits."""
        splits = (self.train, self.test, self.server, self.val)
        both = "".join(split.fingerprint for split in splits if split)
        return hashlib.sha256(both.encode()).hexdigest()
