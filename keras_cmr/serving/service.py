"""Searches as a server does them: a gallery, its model, and their health."""

import time

from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.serving.batched_model import BatchedModel
from keras_cmr.serving.browsing import Browsing
from keras_cmr.serving.health import Health
from keras_cmr.serving.limits import Limits
from keras_cmr.serving.metrics import Metrics
from keras_cmr.serving.pictures import thumbnail
from keras_cmr.serving.pictures import uploaded_picture
from keras_cmr.serving.refused import Refused


class Service:
    """A gallery that is searched from several threads; knows no HTTP.

    Example:

    ```python
    import tempfile
    import numpy as np
    import keras_cmr
    from keras_cmr import serving

    class MeanColour:
        fingerprint = "mean-colour"

        def embed_targets(self, images):
            return np.stack([np.mean(i, axis=(0, 1)) for i in images])

        def embed_queries(self, images, modifications):
            return self.embed_targets(images)

    folder = tempfile.mkdtemp()
    keras_cmr.retrieval.Gallery.create(folder, MeanColour())
    service = serving.Service.open(folder, MeanColour())
    app = serving.application(service)  # for any server of ASGI
    ```

    Args:
        open_gallery: Callable from a model to a `Gallery`.
        model: As of `Gallery`; called from one thread only.
        limits: `Limits`.
        refresh_seconds: Float. How often what other programs wrote is taken
            in, and the gallery is tried.
        show_paths: Bool. Whether hits say where their files lie.
    """

    def __init__(
        self,
        open_gallery,
        model,
        limits=None,
        refresh_seconds=10.0,
        show_paths=False,
    ):
        self.limits = limits or Limits()
        self.metrics = Metrics()
        self.show_paths = show_paths
        self._model = BatchedModel(model, self.metrics)
        self._gallery = open_gallery(self._model)
        self.health = Health(
            self._gallery,
            self._model,
            self.limits.threads,
            self.metrics,
            refresh_seconds,
        )
        self._browsing = Browsing(self._gallery, self.limits)
        self._name = _name_of(model)

    @classmethod
    def open(cls, location, model, **kwargs):
        """Opens a gallery for serving.

        Args:
            location, model: As of `Gallery.open`.
            **kwargs: As of the class.
        """
        return cls(
            lambda batched: Gallery.open(location, batched), model, **kwargs
        )

    def search(self, question):
        """Answers a `Question`; takes its time, call it in a thread.

        Returns:
            Dict fit for JSON.

        Raises:
            Refused: 413 or 422.
        """
        start = time.perf_counter()
        self._check(question)
        image = question.image
        if image is not None:
            image = uploaded_picture(image, self.limits.pixels)
        self._model.seconds_waited()
        searching = time.perf_counter()
        try:
            hits = self._gallery.search(
                image,
                question.text,
                k=question.k,
                exclude=question.exclude,
                reference_id=question.reference_id,
                where=question.where,
            )
        except Exception as error:
            if isinstance(error.__cause__, UnreadableImage):
                raise Refused(
                    422, "The picture of `reference_id` can't be read here."
                ) from None
            # Perhaps an id has been removed since it was looked up.
            self._check(question)
            raise
        end = time.perf_counter()
        embedding = self._model.seconds_waited()
        searched = end - searching - embedding
        self.metrics.search_seconds.observe(searched)
        return {
            "hits": [self._hit(hit) for hit in hits],
            "reason": hits.reason,
            "seconds": {
                "embedding": round(embedding, 6),
                "search": round(searched, 6),
                "total": round(end - start, 6),
            },
        }

    def picture(self, id, side):
        """A small JPEG of an image of the gallery, bytes.

        Raises:
            Refused: 404.
        """
        record = self._gallery.records([id])[0]
        if record is None or record.path is None:
            raise Refused(404, "There is no picture of this id.")
        try:
            return thumbnail(record.path, side)
        except UnreadableImage:
            raise Refused(
                404, "The picture of this id can't be read here."
            ) from None

    def about(self):
        """What a page must know to ask well, a dict fit for JSON."""
        return {
            "status": self.health.trouble or "ready",
            "images": self.health.images,
            "model": self._name,
            "texts_alone": hasattr(self._model, "embed_texts"),
            "limits": self._browsing.limits(),
            "filters": self._browsing.facets(),
        }

    def some(self, k, seed, where):
        """As of `Browsing.some`."""
        return self._browsing.some(k, seed, where)

    def _check(self, question):
        """Refuses what this gallery and this model can't answer."""
        ids, reference_id = list(question.exclude), question.reference_id
        if reference_id is not None:
            ids.append(reference_id)
        records = self._gallery.records(ids) if ids else []
        for id, record in zip(ids, records, strict=True):
            if record is None:
                name = "reference_id" if id == reference_id else "exclude"
                raise Refused(422, f"`{name}` must be in the gallery.")
        if question.image is not None:
            return
        if reference_id is None:
            if not hasattr(self._model, "embed_texts"):
                raise Refused(
                    422,
                    "This model needs `image` or `reference_id` beside `text`.",
                )
        elif records[-1].path is None:
            raise Refused(
                422,
                "`reference_id` has no picture here: send it as `image` too.",
            )

    def _hit(self, hit):
        shown = {
            "id": hit.id,
            "score": round(hit.score, 6),
            "rank": hit.rank,
            "metadata": hit.metadata,
            "picture": hit.path is not None,
        }
        return {**shown, "path": hit.path} if self.show_paths else shown


def _name_of(model):
    """What people call a model: by its own word, or by its fusion."""
    title = getattr(model, "title", None)
    if isinstance(title, str):
        return title
    return type(getattr(model, "fusion", model)).__name__
