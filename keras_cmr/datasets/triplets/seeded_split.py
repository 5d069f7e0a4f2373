"""One table to a training and a test split that share no image."""

import hashlib
from collections.abc import Sequence

from keras_cmr.datasets.triplets.triplet import Triplet


def check_share(test_share: float, seed: int) -> None:
    """Raise `ValueError` for arguments that `seeded_split` cannot take."""
    if (
        isinstance(test_share, bool)
        or not isinstance(test_share, (int, float))
        or not 0 < test_share < 1
    ):
        raise ValueError(
            "`test_share` must be a number between 0 and 1. "
            f"Received: test_share={test_share!r}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"`seed` must be an integer. Received: seed={seed!r}")


def seeded_split(
    triplets: Sequence[Triplet], test_share: float, seed: int
) -> list[str]:
    """`"train"` or `"test"` for each triplet.

    Triplets that share an image, as reference or as target, belong together,
    and so does all that hangs together through them. Each such group is
    named by the first of its images in sorted order, and the groups are put
    into the order of the SHA-256 of "<seed>:<name>". They go to the test
    split in this order, but for those that would lift it over `test_share`
    of the triplets (rounded, at least one). So the order of the rows does not
    matter, and new rows leave most of the others where they are.

    Args:
        triplets: Sequence of `Triplet`.
        test_share: float. Greatest share of test triplets.
        seed: int.
    """
    leader: dict[str, str] = {}

    def find(image):
        while leader.setdefault(image, image) != image:
            # Halving the path keeps it short, however long the chain.
            leader[image] = leader[leader[image]]
            image = leader[image]
        return image

    for triplet in triplets:
        for target in triplet.targets:
            one, other = find(triplet.reference), find(target)
            # The smaller name leads, so that it names the group.
            leader[max(one, other)] = min(one, other)
    groups: dict[str, list[int]] = {}
    for i, triplet in enumerate(triplets):
        groups.setdefault(find(triplet.reference), []).append(i)
    room = max(1, round(test_share * len(triplets)))
    splits = ["train"] * len(triplets)
    for name in sorted(groups, key=lambda name: _order(seed, name)):
        if len(groups[name]) <= room:
            room -= len(groups[name])
            for i in groups[name]:
                splits[i] = "test"
    return splits


def _order(seed, name):
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
