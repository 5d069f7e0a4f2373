"""The same picture more than once: to the eye, by a perceptual hash."""

import numpy as np
from PIL import Image
from tqdm import tqdm

from keras_cmr.evaluation.auditing.copies import EXAMPLES
from keras_cmr.evaluation.auditing.copies import Group
from keras_cmr.evaluation.auditing.copies import name_of
from keras_cmr.evaluation.auditing.finding import found

SIDE = 16
# Of 128 bits. The threshold of Ben Hoyt's article (see `difference_hash`).
MOST_BITS = 2
# Of 255, in any colour of any block of the thumbnail.
MOST_LEVELS = 24
AT_ONCE = 256
RULE = (
    f"at most {MOST_BITS} of the 128 bits of a difference hash (dHash) and no "
    f"block of a {SIDE} x {SIDE} thumbnail more than {MOST_LEVELS} of 255 "
    "levels apart"
)


def thumbnails(pixels, verbose=0):
    """Small pictures of a split: gray ones for the hash, coloured ones.

    Args:
        pixels: Uint8 array `(n, height, width, 3)` or `ImageFiles`.
        verbose: `0` or `1`. Progress bar.

    Returns:
        Tuple of uint8 arrays `(n, 9, 9)` and `(n, 16, 16, 3)`.
    """
    gray = np.empty((len(pixels), 9, 9), "uint8")
    colour = np.empty((len(pixels), SIDE, SIDE, 3), "uint8")
    bar = tqdm(
        total=len(pixels),
        desc="thumbnails",
        unit="image",
        disable=not verbose,
    )
    with bar:
        for start in range(0, len(pixels), AT_ONCE):
            block = pixels[start : start + AT_ONCE]
            for i, image in enumerate(block, start=start):
                picture = Image.fromarray(image)
                gray[i] = picture.convert("L").resize(
                    (9, 9), Image.Resampling.LANCZOS
                )
                colour[i] = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
            bar.update(len(block))
    return gray, colour


def difference_hash(gray):
    """128 bits a picture: does it get brighter to the right, and downwards.

    Args:
        gray: Uint8 array `(n, 9, 9)`.

    Returns:
        Uint64 array `(n, 2)`.

    Reference:
    - [Hoyt, 2017](https://github.com/benhoyt/dhash), after Neal Krawetz's
      dHash; near duplicates are found there with at most 2 bits
    """
    corner = gray[:, :8, :8]
    bits = np.stack([gray[:, :8, 1:] > corner, gray[:, 1:, :8] > corner], 1)
    return np.packbits(bits.reshape(len(gray), 128), axis=1).view("uint64")


def close_pairs(hashes, colour):
    """All pairs of rows that look alike by `RULE`.

    Hashes of 128 bits that differ in two agree in one of three parts, so
    only rows that agree in a part are compared.

    The hash alone finds too much: of 7,988 product photos 130 pairs, most of
    them another colour or another shoe. With the thumbnails 7 pairs are left,
    all equal to the eye; from 25 levels on there are products among them
    that differ.

    Args:
        hashes: Uint64 array `(n, 2)`.
        colour: Uint8 array `(n, 16, 16, 3)`.

    Returns:
        Sorted list of `(i, j)` with `i < j`.
    """
    flat = colour.reshape(len(colour), -1).astype("int16")
    octets = np.ascontiguousarray(hashes).view("uint8")
    pairs = set()
    for part in (slice(0, 5), slice(5, 10), slice(10, 16)):
        _, run = np.unique(octets[:, part], axis=0, return_inverse=True)
        order = np.argsort(run, kind="stable")
        stops = np.flatnonzero(np.diff(run[order], append=-1)) + 1
        start = 0
        for stop in stops.tolist():
            rows = order[start:stop]
            start = stop
            for at, row in enumerate(rows[:-1].tolist()):
                others = rows[at + 1 :]
                apart = np.bitwise_count(hashes[others] ^ hashes[row]).sum(1)
                others = others[apart <= MOST_BITS]
                levels = np.abs(flat[others] - flat[row]).max(axis=1, initial=0)
                others = others[levels <= MOST_LEVELS]
                pairs.update((row, other) for other in others.tolist())
    return sorted(pairs)


def look_alike_groups(splits, numbers, small):
    """Groups of different pictures that look alike, and the border pairs.

    Args:
        splits: Dict of name -> `Split`.
        numbers: Dict of name -> content numbers; of each content one image
            a side of the border is looked at.
        small: Dict of name -> tuple of thumbnails.

    Returns:
        Tuple of a list of `Group` (each picture stands in one: with the
        first that it is close to) and a list of pairs `(train image, other
        image)`.
    """
    images = _representatives(splits, numbers)
    gray, colour = (
        np.stack([small[split][which][index] for split, index in images])
        for which in (0, 1)
    )
    content = [numbers[split][index] for split, index in images]
    pairs = [
        (i, j)
        for i, j in close_pairs(difference_hash(gray), colour)
        if content[i] != content[j]
    ]
    leader: dict[int, int] = {}
    for i, j in pairs:
        if leader.setdefault(i, i) == i:
            leader.setdefault(j, i)
    members: dict[int, list] = {}
    for row in sorted(leader):
        members.setdefault(leader[row], []).append(images[row])
    groups = [Group(tuple(own)) for own in members.values() if len(own) > 1]
    border = [
        (images[i], images[j])
        for i, j in pairs
        if images[i][0] == "train" and images[j][0] != "train"
    ]
    return groups, border


def _representatives(splits, numbers):
    """One image of each content for train, and one for all the rest."""
    seen, images = set(), []
    # Training first, so that in a pair across the border it is the first.
    for split in sorted(splits, key=lambda name: name != "train"):
        for index, number in enumerate(numbers[split].tolist()):
            key = (split == "train", number)
            if key not in seen:
                seen.add(key)
                images.append((split, index))
    return images


def look_alike_findings(splits, groups, border):
    """Look-alikes across the border and within splits: people must look.

    Args:
        splits: Dict of name -> `Split`.
        groups, border: As `look_alike_groups` gives them.

    Returns:
        List of `Finding`.
    """
    suspects = dict.fromkeys(other for _, other in border)
    held_out = sum(
        len(s.images) for name, s in splits.items() if name != "train"
    )
    inside = sum(len(group.images) for group in groups)
    everything = sum(len(split.images) for split in splits.values())
    doubt = (
        "Simple drawings and products in front of white pass although they "
        "differ in a detail; cuts and mirror images are not seen. Look."
    )
    return [
        found(
            "look-alikes across splits",
            "note",
            len(suspects),
            held_out,
            f"test images like one in train: {RULE}. {doubt}",
            [
                f"{name_of(splits, other)} ~ {name_of(splits, own)}"
                for own, other in border[:EXAMPLES]
            ],
        ),
        found(
            "look-alikes in all",
            "note",
            inside,
            everything,
            f"different images in {len(groups):,} groups of look-alikes, by "
            "the same rule.",
            [
                " ~ ".join(name_of(splits, image) for image in group.images[:4])
                for group in groups[:EXAMPLES]
            ],
        ),
    ]
