"""From what annotation files say to the tables of a split."""

import dataclasses
import warnings
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split


# Not frozen: of 100,000 rows, making them would take as long as all the rest.
@dataclasses.dataclass(slots=True)
class ImageRow:
    """An image as the annotations name it.

    Args:
        id: String, distinct within the split.
        path: String, below the images' folder, with or without its ending.
        caption: String, the content in words, or `""`.
        label: String. Images with equal labels have equal content. `""`
            for a content of its own.
        attributes: Dict of name -> string; the same names for every image.
        metadata: Dict or `None`.
    """

    id: str
    path: str
    caption: str = ""
    label: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    metadata: dict | None = None


@dataclasses.dataclass(slots=True)
class QueryRow:
    """A query as the annotations state it.

    Args:
        reference: String, id of an image.
        modification: String.
        targets: Tuple of ids of the images named as right, the first is the
            one made for this query. Empty where the answer is not public.
        target_label: String, the label of the wanted content, for a query
            that names no image of it; or `""`.
        kind: String, the slice it is counted in, or `""`.
        seen: Bool or `None`, see `keras_cmr.datasets.Queries`.
        id: String, or `""`.
        subset: Tuple of ids, without the reference, or `()`.
    """

    reference: str
    modification: str
    targets: tuple[str, ...] = ()
    target_label: str = ""
    kind: str = ""
    seen: bool | None = None
    id: str = ""
    subset: tuple[str, ...] = ()


def build_split(
    name: str,
    images: Iterable[ImageRow],
    queries: Iterable[QueryRow],
    folder: ImageFolder,
    image_size: int,
    *,
    vocabulary: Sequence[str] = (),
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Split:
    """The tables of a split, with what is missing counted.

    An image that the folder does not hold is left out, and so are the
    queries that start from it or whose targets are all missing. A warning
    counts them, `Split.missing` lists the images and `Split.lost_queries`
    keeps the number.

    Args:
        name: string. Name of the split.
        images: `ImageRow`s.
        queries: `QueryRow`s. The ids in them must be those of `images`.
        folder: The `ImageFolder` of the files.
        image_size: int. Height and width of the pixels.
        vocabulary: Sequence of the words of the *training* modifications.
        strict: bool. If True, a missing image is an error.
        verify: bool. If True, every file is decoded once, and one that can't
            be is treated as missing. If False, such a file is an error,
            which names it, when it is read.
        verbose: int. `0` hides progress bars.

    Returns:
        A `Split`. A query with one target, or with a label alone, has all
        images of that label as targets, its own first; one with several has
        those that it names.
    """
    images, queries = list(images), list(queries)
    _check_ids(name, images, queries)
    paths, reasons = _find(images, folder, image_size, verify, verbose)
    kept = [i for i in range(len(images)) if i not in reasons]
    rows = [images[i] for i in kept]
    carriers: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        carriers.setdefault(_label(row), []).append(i)
    index = {row.id: i for i, row in enumerate(rows)}
    left = [query for query in queries if _answerable(query, index, carriers)]
    if reasons:
        _report(name, len(images), len(queries), len(left), reasons, strict)
    files = ImageFiles([paths[i] for i in kept], image_size)
    return Split(
        name=name,
        images=_image_table(rows, list(carriers), files),
        queries=_query_table(left, rows, index, carriers),
        vocabulary=tuple(vocabulary),
        missing=tuple(reasons[i] for i in sorted(reasons)),
        lost_queries=len(queries) - len(left),
    )


def _find(images, folder, image_size, verify, verbose):
    """Paths by image, and the reason by index of each that is missing."""
    paths = [folder.find(image.path) for image in images]
    reasons = {
        i: folder.why_missing(images[i].path)
        for i, path in enumerate(paths)
        if path is None
    }
    if verify:
        present = [i for i in range(len(images)) if i not in reasons]
        files = ImageFiles([paths[i] for i in present], image_size)
        for i, reason in files.broken(verbose).items():
            reasons[present[i]] = reason
    return paths, reasons


def _label(row: ImageRow) -> str:
    # An id of its own that can't be a label: labels are text.
    return row.label or f"\0{row.id}"


def _answerable(query, index, carriers) -> bool:
    if query.reference not in index:
        return False
    if query.target_label:
        return query.target_label in carriers
    named = query.targets
    return not named or any(target in index for target in named)


def _image_table(rows, labels, files) -> Images:
    numbers = {label: number for number, label in enumerate(labels)}
    names = rows[0].attributes if rows else ()
    return Images(
        ids=np.array([row.id for row in rows], str),
        labels=np.array([numbers[_label(row)] for row in rows], "int32"),
        captions=np.array([row.caption for row in rows], str),
        pixels=files,
        metadata=(
            [row.metadata for row in rows]
            if any(row.metadata for row in rows)
            else ()
        ),
        attributes={
            name: np.array([row.attributes[name] for row in rows], str)
            for name in names
        },
    )


def _query_table(queries, rows, index, carriers) -> Queries:
    numbers = {label: number for number, label in enumerate(carriers)}
    whole = {label: tuple(images) for label, images in carriers.items()}
    targets, wanted = [], []
    for query in queries:
        label = query.target_label
        own = [index[target] for target in query.targets if target in index]
        if own and not label:
            label = _label(rows[own[0]])
        wanted.append(numbers[label] if label else -1)
        # By content: whoever else carries the label is right as well.
        others = whole[label] if label and len(query.targets) < 2 else ()
        if not own:
            targets.append(others)  # one tuple for all queries of a label
        else:
            rest = tuple(image for image in others if image != own[0])
            targets.append((*own, *rest))
    return Queries(
        references=np.array([index[q.reference] for q in queries], "int32"),
        modifications=np.array([q.modification for q in queries], str),
        target_labels=np.array(wanted, "int32"),
        targets=tuple(targets),
        kinds=_column(queries, "kind", "", str),
        seen=_column(queries, "seen", None, bool),
        ids=_column(queries, "id", "", str),
        subsets=(
            tuple(
                tuple(index[image] for image in q.subset if image in index)
                for q in queries
            )
            if any(q.subset for q in queries)
            else None
        ),
    )


def _column(queries, name, nothing, kind):
    """The field of all queries, or `None` if no query has it."""
    values = [getattr(query, name) for query in queries]
    if all(value == nothing for value in values):
        return None
    return np.array(values, kind)


def _check_ids(name, images, queries):
    known = {image.id for image in images}
    if len(known) < len(images):
        seen = set()
        twice = next(i.id for i in images if i.id in seen or seen.add(i.id))
        raise ValueError(
            f"The image ids of the split {name!r} must be distinct. "
            f"Received: {twice!r} twice"
        )
    for query in queries:
        for image in (query.reference, *query.targets, *query.subset):
            if image not in known:
                raise ValueError(
                    f"Each query of the split {name!r} must name images of "
                    f"the split. Received: {image!r} in the query from "
                    f"{query.reference!r}, {query.modification!r}"
                )


def _report(name, images, queries, left, reasons, strict):
    needing = f", and {queries - left:,} of {queries:,} queries need them"
    found = (
        f"{len(reasons):,} of {images:,} images of the split {name!r} could "
        f"not be read{needing if queries else ''}. "
        f"The first is {reasons[min(reasons)]}."
    )
    if strict or (queries and not left) or len(reasons) == images:
        raise ValueError(found)
    warnings.warn(
        f"{found} They are left out; `Split.missing` lists them.",
        stacklevel=3,
    )
