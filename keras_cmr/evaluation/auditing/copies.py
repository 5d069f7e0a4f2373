"""The same picture more than once: byte for byte."""

import dataclasses
import hashlib

import numpy as np

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.evaluation.auditing.finding import found

EXAMPLES = 3


@dataclasses.dataclass(frozen=True)
class Group:
    """Pictures that are the same or look alike.

    Args:
        images: Tuple of `(split, index)`, name of the split and row of its
            images.
    """

    images: tuple[tuple[str, int], ...]

    @property
    def splits(self):
        return {split for split, _ in self.images}


def contents(splits, verbose=0):
    """A number for the content of each image, equal for equal content.

    Files are compared by all their bytes, arrays by their pixels, through
    SHA-256.

    Args:
        splits: Dict of name -> `Split`.
        verbose: `0` or `1`. Progress bars.

    Returns:
        Dict of name -> int array `(images,)`.
    """
    numbers: dict[bytes, int] = {}
    return {
        name: np.array(
            [
                numbers.setdefault(digest, len(numbers))
                for digest in _digests(split.images.pixels, verbose)
            ],
            dtype=int,
        )
        for name, split in splits.items()
    }


def _digests(pixels, verbose):
    if isinstance(pixels, ImageFiles):
        return pixels.hashes(verbose)
    return [
        hashlib.sha256(np.ascontiguousarray(image)).digest() for image in pixels
    ]


def copy_groups(numbers):
    """Groups of images of equal content, in one split or across the border.

    The server's split of a benchmark may search the very images of the test
    split: that is no copy, so a pair of test and server image does not make
    a group.

    Args:
        numbers: Dict of split -> content numbers, as `contents` gives it.

    Returns:
        List of `Group`.
    """
    members: dict[int, list] = {}
    for split, own in numbers.items():
        for index, number in enumerate(own.tolist()):
            members.setdefault(number, []).append((split, index))
    return [
        Group(tuple(images))
        for images in members.values()
        if len(images) > 1 and _is_copy(images)
    ]


def _is_copy(images):
    names = [split for split, _ in images]
    return len(set(names)) < len(names) or "train" in names


def copy_findings(splits, groups):
    """Copies across the border between training and test, and within splits.

    Args:
        splits: Dict of name -> `Split`.
        groups: List of `Group`, as `copy_groups` gives it.

    Returns:
        List of `Finding`.
    """
    across = [
        (split, index, group)
        for group in groups
        if "train" in group.splits
        for split, index in group.images
        if split != "train"
    ]
    held_out = sum(
        len(s.images) for name, s in splits.items() if name != "train"
    )
    repeated, within = 0, []
    for group in groups:
        for split in sorted(group.splits):
            own = [image for image in group.images if image[0] == split]
            if len(own) > 1:
                repeated += len(own) - 1
                within.append(own)
    everything = sum(len(split.images) for split in splits.values())
    return [
        found(
            "copies across splits",
            "leak",
            len(across),
            held_out,
            "test images that are also, byte for byte, in train. A model "
            "may have learnt them by heart.",
            [
                f"{name_of(splits, (split, index))} = "
                f"{name_of(splits, first_of(group, 'train'))}"
                for split, index, group in across[:EXAMPLES]
            ],
        ),
        found(
            "copies within a split",
            "note",
            repeated,
            everything,
            f"images that repeat another of their split, byte for byte; "
            f"{len(groups):,} groups over all splits. A rule that counts by "
            "id calls the copy of a right image wrong.",
            [
                " = ".join(name_of(splits, image) for image in own[:4])
                for own in within[:EXAMPLES]
            ],
        ),
    ]


def name_of(splits, image):
    """`"test:12_0.jpg"` for a `(split, index)`."""
    split, index = image
    return f"{split}:{splits[split].images.ids[index]}"


def first_of(group, split):
    """The group's first image of a split."""
    return next(image for image in group.images if image[0] == split)
