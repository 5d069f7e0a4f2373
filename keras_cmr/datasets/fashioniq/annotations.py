"""FashionIQ's annotation files, without its images."""

from collections.abc import Callable
from pathlib import Path

from keras_cmr.datasets.annotation_file import read_json
from keras_cmr.datasets.annotation_file import read_records
from keras_cmr.datasets.annotation_file import text_list
from keras_cmr.datasets.annotation_text import BLANK
from keras_cmr.datasets.annotation_text import image_path
from keras_cmr.datasets.annotation_text import known_image
from keras_cmr.datasets.annotation_text import trimmed
from keras_cmr.datasets.assemble import Parsed
from keras_cmr.datasets.fashioniq.captions import corrected
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow


def captions_path(folder: Path, category: str, split: str) -> Path:
    return folder / "captions" / f"cap.{category}.{split}.json"


def parse(
    folder: Path,
    category: str,
    split: str,
    rule: Callable[[list[str]], list[str]],
    spelling: dict[str, str] | None = None,
    prefix: str = "",
) -> Parsed:
    """One split of one category.

    Args:
        folder: Path that holds `captions/` and `image_splits/`.
        category: string. `"dress"`, `"shirt"` or `"toptee"`.
        split: string. `"train"`, `"val"` or `"test"`; the last has no
            targets.
        rule: One of `captions.RULES`.
        spelling: Dict of word -> words, or `None` to leave texts as they are.
        prefix: string. Put before the images' paths.

    Returns:
        A `Parsed` named `"dress.val"` and so on. The gallery is the official
        list of the split, whether a query names an image or not.
    """
    name = f"{category}.{split}"
    names = _names(folder / "image_splits" / f"split.{name}.json")
    known, queries = set(names), []
    path = captions_path(folder, category, split)
    for place, record in read_records(path):
        roles = ("candidate",) if split == "test" else ("candidate", "target")
        reference, *targets = (
            known_image(place, record.get(role), known) for role in roles
        )
        captions = text_list(place, record, "captions")
        if len(captions) != 2:
            raise ValueError(
                f"{place}: `captions` must hold two texts. "
                f"Received: {len(captions)}"
            )
        for text in _texts(place, captions, rule, spelling):
            queries.append(QueryRow(reference, text, tuple(targets)))
    images = [ImageRow(id=asin, path=prefix + asin) for asin in names]
    return Parsed(name, images, queries)


def read_spelling(folder: Path, category: str) -> dict[str, str]:
    """The dictionary of the category: next to the captions, or beside."""
    name = f"correction_dict_{category}.json"
    path = folder / "captions" / name
    if not path.exists():
        path = folder / "correction_dict" / name
    spelling = read_json(path)
    if not isinstance(spelling, dict):
        raise ValueError(
            f"{path} must hold a JSON object of word to words. "
            f"Received: {str(spelling)[:80]!r}"
        )
    for word, words in spelling.items():
        if not isinstance(words, str):
            raise ValueError(
                f"{path}: the entry {word[:80]!r} must be a string. "
                f"Received: {str(words)[:80]!r}"
            )
    return spelling


def _names(path):
    names = read_json(path)
    if not isinstance(names, list) or not names:
        raise ValueError(
            f"{path} must hold a JSON list of images, at least one. "
            f"Received: {str(names)[:80]!r}"
        )
    seen = set()
    for number, name in enumerate(names, start=1):
        place = f"{path}, entry {number}"
        if image_path(place, name) in seen:
            raise ValueError(
                f"{place}: the images must be distinct. "
                f"Received: {name[:80]!r} twice"
            )
        seen.add(name)
    return names


def _texts(place, captions, rule, spelling):
    texts = [trimmed(place, caption) for caption in captions]
    if spelling is not None:
        texts = [trimmed(place, corrected(text, spelling)) for text in texts]
    # One of the two says nothing in 17 real items: the other speaks alone.
    said = [text for text in texts if text]
    return rule(said) if said else [BLANK]
