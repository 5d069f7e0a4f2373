"""Whether searches can be answered, tried before anybody asks."""

import logging
import threading
import time

import numpy as np

_log = logging.getLogger(__name__)
# A check that takes longer than that, beside its interval, hangs.
_HANGS_AFTER = 60.0


class Health:
    """Takes in what other programs wrote, and searches, time and again.

    A thread of its own calls `gallery.refresh()` and then searches with a made
    up picture, beside all other searches. What it found last is the health: a
    model or a store that breaks is seen without a client's loss, and so is
    its recovery. The first check warms the model up.

    Args:
        gallery: `Gallery`, of `model`.
        model: `BatchedModel`.
        max_batch: Int. Largest batch of the model.
        metrics: `Metrics`.
        seconds: Float. Between checks.
    """

    def __init__(self, gallery, model, max_batch, metrics, seconds):
        if not seconds > 0:
            raise ValueError(
                "`refresh_seconds` must be over 0. "
                f"Received: refresh_seconds={seconds}"
            )
        self._gallery = gallery
        self._model = model
        self._max_batch = max_batch
        self._seconds = seconds
        self._stop = threading.Event()
        self._trouble = "starting"
        self._checked = time.monotonic()
        self.images = len(gallery)
        metrics.images.set_function(lambda: self.images)
        metrics.ready.set_function(lambda: self.trouble is None)
        # Not black: a model may have nothing to say about that.
        self._picture = np.random.default_rng(0).integers(
            0, 256, (64, 64, 3), dtype=np.uint8
        )

    @property
    def trouble(self):
        """What is wrong, in a word or two, or `None`."""
        late = time.monotonic() - self._checked - self._seconds
        if late > _HANGS_AFTER and self._trouble is None:
            return "searches hang"
        return self._trouble

    def start(self):
        """Starts checking."""
        threading.Thread(target=self._run, name="health", daemon=True).start()

    def stop(self):
        """Ends checking; a check that runs is not waited for."""
        self._stop.set()

    def _run(self):
        warm = False
        while not self._stop.is_set():
            trouble = "the model fails"
            try:
                if not warm:
                    self._model.warm_up(self._picture, self._max_batch)
                    warm = True
                trouble = "the gallery can't be refreshed"
                self._gallery.refresh()
                trouble = "searches fail"
                self._gallery.search(self._picture, "picture", k=1)
                self.images = len(self._gallery)
                trouble = None
            except Exception:
                if trouble != self._trouble:
                    _log.exception("Not ready: %s", trouble)
            if trouble is None and self._trouble is not None:
                _log.info("Ready: %s images", f"{self.images:,}")
            self._trouble = trouble
            self._checked = time.monotonic()
            self._stop.wait(self._seconds)
