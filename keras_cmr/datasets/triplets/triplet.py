"""One row of a table: what it says, checked without looking at images."""

import dataclasses
import unicodedata

from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report
from keras_cmr.words import split_words

SPLITS = ("train", "val", "test")
# A page of text. More is a quote that was never closed.
_MOST_CHARACTERS = 4000


@dataclasses.dataclass(frozen=True, slots=True)
class Triplet:
    """A query as a table states it.

    Args:
        place: String, "file, line n".
        reference: String, name of an image.
        modification: String in Unicode's form NFC.
        targets: Tuple of names of images, at least one.
        label: String, the content of the targets, or `""`.
        kind: String, the slice it is counted in, or `""`.
        id: String, or `""`.
        split: `"train"`, `"val"`, `"test"` or `""`.
    """

    place: str
    reference: str
    modification: str
    targets: tuple[str, ...]
    label: str = ""
    kind: str = ""
    id: str = ""
    split: str = ""


def parse_triplet(place: str, record: dict, report: Report) -> Triplet | None:
    """The triplet of a record, or `None` after a fault was reported.

    Args:
        place: str. Where the record stands.
        record: Dict of column -> value, with all required columns. Values
            are strings; numbers are taken for names; `target` may be a list.
        report: Function that is told of each fault.
    """
    faults = []

    def text(name, value):
        problem = _problem(value)
        if problem:
            faults.append(Fault("broken value", place, f"`{name}` {problem}"))
            return ""
        return _clean(value)

    target = record["target"]
    named = target if isinstance(target, list) else [target]
    triplet = Triplet(
        place,
        text("reference", record["reference"]),
        text("modification", record["modification"]),
        tuple(text("target", value) for value in named),
        *(
            text(name, record.get(name))
            for name in ("label", "kind", "id", "split")
        ),
    )
    if not faults:
        faults += _faults(triplet)
    for fault in faults:
        report(fault)
    return None if faults else triplet


def _problem(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return f"must be a text. Received: {str(value)[:60]!r}"
    try:
        value = str(value)
        value.encode()
    except ValueError:  # half a character, or a number beyond all bounds
        return "must be a text that UTF-8 can hold."
    if "\0" in value:
        return "holds a NUL character."
    if len(value) > _MOST_CHARACTERS:
        return (
            f"must have at most {_MOST_CHARACTERS:,} characters. Received: "
            f"{len(value):,}. Is a double quote missing?"
        )
    return ""


def _clean(value) -> str:
    # One form, or words and names that look the same would differ: macOS
    # writes file names decomposed, most keyboards composed.
    text = "" if value is None else str(value)
    return unicodedata.normalize("NFC", text).strip()


def _faults(triplet):
    place = triplet.place
    if not split_words(triplet.modification):
        yield Fault(
            "empty modification",
            place,
            "`modification` must have at least one word. "
            f"Received: {triplet.modification!r}",
        )
    for name, value in (
        ("reference", triplet.reference),
        *(("target", target) for target in triplet.targets or ("",)),
    ):
        if not value:
            yield Fault("broken value", place, f"`{name}` names no image.")
    if triplet.split not in ("", *SPLITS):
        yield Fault(
            "broken value",
            place,
            "`split` must be 'train', 'val' or 'test'. "
            f"Received: {triplet.split!r}",
        )
