"""From parsed annotation files to a benchmark."""

import dataclasses
import warnings

from keras_cmr.datasets.annotation_text import BLANK
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow
from keras_cmr.datasets.rows import build_split
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Split
from keras_cmr.words import distinct_words


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What the annotation files say about one split.

    Args:
        name: String, the organisers' name of the split.
        images: List of `ImageRow`s.
        queries: List of `QueryRow`s.
    """

    name: str
    images: list[ImageRow]
    queries: list[QueryRow]


def assemble(
    name: str,
    protocols: tuple[str, ...],
    folder: ImageFolder,
    image_size: int,
    *,
    train: Parsed | None,
    test: Parsed,
    server: Parsed | None = None,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """The benchmark of what was parsed.

    The vocabulary is that of all training texts, whichever images are there.
    A training or server split of whose images the folder holds none is left
    out with a warning: many people fetch the images of one split only.

    Args:
        name: string. The name that `load` takes.
        protocols: Tuple of names of evaluation protocols.
        folder: The `ImageFolder` of the files.
        image_size: int. Height and width of the pixels.
        train: `Parsed` or `None`.
        test: `Parsed`, the split with public answers.
        server: `Parsed` or `None`.
        strict: bool. If True, a missing image is an error.
        verify: bool. If True, every image file is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `Benchmark`.
    """
    texts = [query.modification for query in train.queries] if train else []
    vocabulary = distinct_words(texts)

    def build(parsed: Parsed, optional: bool) -> Split | None:
        if optional and not strict and not _any_image(parsed, folder):
            warnings.warn(
                f"The split {parsed.name!r} is left out: {folder.root} holds "
                f"none of its {len(parsed.images):,} images.",
                stacklevel=4,
            )
            return None
        _report_blank(parsed)
        return build_split(
            parsed.name,
            parsed.images,
            parsed.queries,
            folder,
            image_size,
            vocabulary=vocabulary,
            strict=strict,
            verify=verify,
            verbose=verbose,
        )

    return Benchmark(
        name=name,
        train=build(train, optional=True) if train else None,
        test=build(test, optional=False),
        protocols=protocols,
        server=build(server, optional=True) if server else None,
    )


def _any_image(parsed, folder):
    return any(folder.find(image.path) for image in parsed.images)


def _report_blank(parsed):
    blank = sum(query.modification == BLANK for query in parsed.queries)
    if blank:
        warnings.warn(
            f"{blank:,} of {len(parsed.queries):,} queries of the split "
            f"{parsed.name!r} have a text without a word; it is read as "
            f"{BLANK!r}.",
            stacklevel=5,
        )
