"""Label files and test queries of Fashion200k to rows."""

import dataclasses
import os
from pathlib import Path

from keras_cmr.datasets.annotation_file import read_lines
from keras_cmr.datasets.fashion200k.captions import changed_words
from keras_cmr.datasets.fashion200k.captions import clean
from keras_cmr.datasets.fashion200k.captions import replacement
from keras_cmr.datasets.image_folder import checked_relative
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow

_ENDING = "_{split}_detect_all.txt"


@dataclasses.dataclass(frozen=True)
class Annotations:
    """What the files say, whether the images exist or not.

    Args:
        train: List of `ImageRow`s, in the order of the sorted label files.
        test: List of `ImageRow`s.
        queries: List of `QueryRow`s of the test split.
    """

    train: list[ImageRow]
    test: list[ImageRow]
    queries: list[QueryRow]


def parse(data_dir: str | os.PathLike) -> Annotations:
    """Reads `labels/*_{train,test}_detect_all.txt` and `test_queries.txt`.

    Raises:
        FileNotFoundError: If a file is missing, with what it should hold.
        ValueError: Naming the file and the line.
    """
    root = Path(data_dir).expanduser().resolve()
    train, test = (_images(root, split) for split in ("train", "test"))
    known = {row.caption for row in train}
    return Annotations(train, test, _queries(root, test, known))


def _images(root: Path, split: str) -> list[ImageRow]:
    ending = _ENDING.format(split=split)
    files = sorted(root.glob(f"labels/*{ending}"))
    if not files:
        raise FileNotFoundError(
            f"There is no file {root}/labels/*{ending}. These label files "
            "hold a line for each image: its path, the detection score and "
            "the caption, with tabs between."
        )
    rows: dict[str, ImageRow] = {}
    for file in files:
        category = file.name.removesuffix(ending)
        for number, line in read_lines(file):
            place = f"{file}, line {number}"
            columns = line.split("\t")
            if len(columns) != 3 or not columns[2].strip():
                raise ValueError(
                    f"{place}: it must hold a path, a score and a caption, "
                    f"with tabs between. Received: {line[:120]!r}"
                )
            path = _path(place, columns[0])
            if path in rows:
                raise ValueError(
                    f"{place}: every image must have one line. "
                    f"Received: a second one for {path!r}"
                )
            caption = clean(columns[2])
            rows[path] = ImageRow(
                id=path,
                path=path,
                caption=caption,
                label=caption,
                attributes={"category": category},
            )
    if not rows:
        raise ValueError(f"{files[0]}: no line with an image.")
    return list(rows.values())


def _queries(
    root: Path, test: list[ImageRow], known: set[str]
) -> list[QueryRow]:
    file = root / "test_queries.txt"
    if not file.exists():
        raise FileNotFoundError(
            f"There is no file {file}. It holds the test queries, a line "
            "each: the path of the reference image, a blank, the path of the "
            "target image. The authors of TIRG made it; the page of "
            "github.com/google/tirg links to it."
        )
    images = {row.id: row for row in test}
    queries = []
    for number, line in read_lines(file):
        place = f"{file}, line {number}"
        paths = line.split()
        if len(paths) != 2:
            raise ValueError(
                f"{place}: it must hold the paths of a reference and of a "
                f"target image. Received: {line[:120]!r}"
            )
        pair = []
        for path in paths:
            row = images.get(_path(place, path))
            if row is None:
                raise ValueError(
                    f"{place}: the label files of the test split must hold "
                    f"both images. Received: {path!r}, which they lack"
                )
            pair.append(row)
        reference, target = pair
        try:
            words = changed_words(reference.caption, target.caption)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        queries.append(
            QueryRow(
                reference=reference.id,
                modification=replacement(*words),
                targets=(target.id,),
                kind=target.attributes["category"],
                seen=target.caption in known,
            )
        )
    if not queries:
        raise ValueError(f"{file}: no line with a query.")
    return queries


def _path(place: str, path: str) -> str:
    try:
        return checked_relative(path.strip())
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
