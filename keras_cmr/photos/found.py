"""The pictures that a search found, to be looked at and kept."""

import functools
import io
import os
from collections.abc import Sequence
from pathlib import Path

from keras_cmr.durable import replace_file
from keras_cmr.visualization import ranked_pictures
from keras_cmr.visualization import search_example
from keras_cmr.visualization import write_html_report
from keras_cmr.visualization.hits_fragment import hits_fragment

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
PAGES = (".html", ".htm")


class FoundPictures(Sequence):
    """The hits of one search: a sequence of `keras_cmr.retrieval.Hit`.

    A notebook shows the pictures; `save` writes them as one picture or one
    page.

    Args:
        image: Path, PIL image, uint8 array or `None`. The reference.
        text: str or `None`. The text.
        hits: `keras_cmr.retrieval.Hits`.
        about: Dict of str to str. How they were found.

    Attributes:
        reason: str or `None`. Why there are fewer than were asked for.
    """

    def __init__(self, image, text, hits, about):
        self.image = image
        self.text = text
        self.hits = list(hits)
        self.reason = getattr(hits, "reason", None)
        self.about = dict(about)

    def picture(self):
        """Reference, text and hits in one row: a `PIL.Image.Image`."""
        return ranked_pictures([self._example])

    def save(self, path):
        """Writes the hits.

        Args:
            path: str or path that ends in `.png`, `.jpg` or `.webp`: one
                picture; or in `.html`: a page that holds all it shows.

        Returns:
            `pathlib.Path` of the file.
        """
        ending = checked_ending(path)
        path = Path(path)
        if ending in PAGES:
            return write_html_report(
                path,
                title=self.question,
                summary={"pictures found": len(self)},
                summary_note=self.reason or "",
                searches=[self._example],
                provenance=self.about,
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        self.picture().save(content, PICTURES[ending])
        replace_file(path, content.getvalue())
        return path

    @property
    def question(self):
        """What was asked, in a line."""
        parts = []
        if isinstance(self.image, str | os.PathLike):
            parts.append(Path(self.image).name)
        elif self.image is not None:
            parts.append("a picture")
        if self.text is not None:
            parts.append(f'"{self.text}"')
        return " and ".join(parts)

    @functools.cached_property
    def _example(self):
        return search_example(self.image, self.text or "", self.hits)

    def _repr_html_(self):
        return hits_fragment(self._example, "; ".join(self.about.values()))

    def __len__(self):
        return len(self.hits)

    def __getitem__(self, place):
        return self.hits[place]

    def __repr__(self):
        lines = [f"{len(self)} pictures for {self.question}"]
        lines += [f"{h.rank:3d}  {h.score:.4f}  {h.id}" for h in self.hits]
        return "\n".join([*lines, *([self.reason] if self.reason else [])])


def checked_ending(path):
    """How `path` ends, or the error that says how it may."""
    ending = Path(path).suffix.lower()
    if ending not in (*PICTURES, *PAGES):
        raise ValueError(
            f"`path` must end in {', '.join(PICTURES)} or .html. "
            f"Received: {path}"
        )
    return ending
