"""How many answers a query has, and what is missing."""

import numpy as np

from keras_cmr.evaluation.auditing.finding import Finding
from keras_cmr.evaluation.auditing.finding import found

EXAMPLES = 3


def several_answers(split):
    """Queries with more than one right image.

    Args:
        split: `Split` with public answers.

    Returns:
        `Finding`.
    """
    texts = split.queries.modifications.tolist()
    counts = np.array([len(own) for own in split.queries.targets])
    several = counts > 1
    return found(
        "several right images",
        "note",
        several.sum(),
        len(counts),
        f"test queries; {counts.mean():.1f} right images on average, "
        f"{counts.max()} at most. A rule by id counts only the first.",
        [
            f"{texts[i]!r}: {counts[i]} images"
            for i in np.flatnonzero(several)[:EXAMPLES]
        ],
    )


def twin_answers(split, contents):
    """Queries whose right image has a copy that counts as wrong.

    Args:
        split: `Split` with public answers.
        contents: Int array `(images,)`, equal for equal content.

    Returns:
        `Finding`.
    """
    copies: dict[int, list[int]] = {}
    for image, content in enumerate(contents.tolist()):
        copies.setdefault(content, []).append(image)
    queries, spoilt = split.queries, []
    for query, own in enumerate(queries.targets):
        # A copy of one right image spoils the query only if every right
        # image has one.
        right = {*own, int(queries.references[query])}
        if own and all(set(copies[contents[image]]) - right for image in own):
            spoilt.append(query)
    share = len(spoilt) / len(queries)
    return found(
        "copies of the right image",
        "note",
        len(spoilt),
        len(queries),
        "test queries each of whose right images has a copy that counts as "
        "wrong. Ties count against the model, so R@1 is at most "
        f"{100 * (1 - share):.2f} %.",
        [
            f"{str(queries.modifications[query])!r}: "
            + " = ".join(
                str(split.images.ids[image])
                for image in copies[contents[queries.targets[query][0]]][:4]
            )
            for query in spoilt[:EXAMPLES]
        ],
    )


def reference_is_right(split):
    """Queries that name their own reference as right.

    Args:
        split: `Split` with public answers.

    Returns:
        `Finding`.
    """
    queries = split.queries
    own = [
        i
        for i, targets in enumerate(queries.targets)
        if queries.references[i] in targets
    ]
    return found(
        "reference is right",
        "note",
        len(own),
        len(queries),
        "test queries that count their own reference as right. Rules that "
        "remove it can't find it; rules that keep it give it away.",
        [repr(str(queries.modifications[i])) for i in own[:EXAMPLES]],
    )


def missing_images(split):
    """What is not on the disk, and what that does to a figure.

    Args:
        split: `Split`.

    Returns:
        `Finding`.
    """
    missing, lost = len(split.missing), split.lost_queries
    total = len(split.queries) + lost
    text = f"images of {split.name}"
    if missing:
        share = lost / total if total else 0.0
        text += (
            f"; {lost:,} of {total:,} queries are lost with them. A figure F "
            f"stands for {1 - share:.4f} F (all lost were misses) to "
            f"{1 - share:.4f} F + {100 * share:.2f} points (all were hits), "
            "and a gallery without them is easier to search."
        )
    else:
        text += "; nothing is missing."
    return Finding(
        f"missing images, {split.name}",
        "note" if missing else "ok",
        missing,
        missing + len(split.images),
        text,
        tuple(split.missing[:EXAMPLES]),
    )
