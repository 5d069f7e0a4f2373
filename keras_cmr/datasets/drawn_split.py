"""A training split whose queries are drawn, not named."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import build_split
from keras_cmr.datasets.sampler import Sampler
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.words import distinct_words


def build_drawn_split(
    name: str,
    images: Sequence[ImageRow],
    make_sampler: Callable[[Sequence[ImageRow]], Sampler],
    folder: ImageFolder,
    image_size: int,
    *,
    kind: str,
    **kwargs,
) -> Split:
    """The tables of a training split with a sampler.

    `queries` are what the sampler draws in epoch 0 with seed 0. The
    vocabulary is that of all texts which can be drawn if every image is
    there, so that it does not depend on a user's disk.

    Args:
        name: string. Name of the split.
        images: `ImageRow`s.
        make_sampler: Callable from `ImageRow`s to their `Sampler`.
        folder: The `ImageFolder` of the files.
        image_size: int. Height and width of the pixels.
        kind: string. Attribute of the target image that is the query's kind.
        **kwargs: `strict`, `verify` and `verbose` of
            `keras_cmr.datasets.rows.build_split`.

    Returns:
        A `Split`. `lost_queries` is how many images can't be a reference for
        want of files.
    """
    whole = sampler = make_sampler(images)
    split = build_split(name, images, (), folder, image_size, **kwargs)
    if split.missing:
        left = set(split.images.ids.tolist())
        sampler = make_sampler([row for row in images if row.id in left])
    return dataclasses.replace(
        split,
        queries=_drawn_queries(sampler, split.images, kind),
        vocabulary=distinct_words(whole.texts),
        lost_queries=len(whole) - len(sampler),
        sampler=sampler,
    )


def _drawn_queries(sampler: Sampler, images: Images, kind: str) -> Queries:
    references, modifications, targets = sampler.draw(
        np.random.default_rng([0, 0])
    )
    carriers: dict[int, list[int]] = {}
    places = []
    for image, label in enumerate(images.labels.tolist()):
        alike = carriers.setdefault(label, [])
        places.append(len(alike))
        alike.append(image)
    wanted = images.labels[targets]

    def own_first(own: int, label: int) -> tuple[int, ...]:
        alike, place = carriers[label], places[own]
        return (own, *alike[:place], *alike[place + 1 :])

    return Queries(
        references=references,
        modifications=modifications,
        target_labels=wanted,
        targets=tuple(map(own_first, targets.tolist(), wanted.tolist())),
        kinds=images.attributes[kind][targets],
    )
