"""What the page needs to know before anybody searches."""

import random
import threading
import time

from keras_cmr.serving.facets import facets_of
from keras_cmr.serving.pictures import FORMATS

# Rows looked at for filters, however large the gallery.
_SAMPLE = 2000
_SECONDS_KEPT = 60


class Browsing:
    """Some of a gallery's pictures, and what they may be filtered by.

    Args:
        gallery: `Gallery`.
        limits: `Limits`.
    """

    def __init__(self, gallery, limits):
        self._gallery = gallery
        self._limits = limits
        self._lock = threading.Lock()
        self._facets = []
        self._until = 0.0

    def some(self, k, seed, where):
        """Pictures to begin from, drawn at random.

        Args:
            k: Int.
            seed: Int.
            where: Dict or `None`.

        Returns:
            Dict with `images`, a list of dicts with `id` and `metadata`.
            Rows without a file can't be a reference, and are left out.
        """
        records = self._gallery.sample(2 * k, seed, where)
        records = [record for record in records if record.path is not None]
        # The first ones would be of what was added first.
        shown = random.Random(seed).sample(records, min(k, len(records)))
        images = [{"id": r.id, "metadata": r.metadata} for r in shown]
        return {"images": images}

    def facets(self):
        """As of `facets_of`, of a sample; looked at once a minute."""
        with self._lock:
            if time.monotonic() >= self._until:
                records = self._gallery.sample(_SAMPLE)
                self._facets = facets_of([r.metadata for r in records])
                self._until = time.monotonic() + _SECONDS_KEPT
            return self._facets

    def limits(self):
        """Limits that a page should know before it asks, a dict."""
        names = ("body_bytes", "pixels", "k", "text_chars", "image_side")
        found = {name: getattr(self._limits, name) for name in names}
        formats = [f"image/{name.lower()}" for name in FORMATS]
        return {**found, "seconds": self._limits.seconds, "formats": formats}
