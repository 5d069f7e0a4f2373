"""What a server counts, in the text form of Prometheus."""

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client import Histogram
from prometheus_client import ProcessCollector
from prometheus_client import generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of one application, in a registry of their own."""

    def __init__(self):
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "keras_cmr_requests",
            "Requests answered, by route and HTTP status.",
            ["route", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "keras_cmr_request_seconds",
            "From a request's headers to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "keras_cmr_requests_in_flight",
            "Requests that have no answer yet.",
            registry=registry,
        )
        self.images = Gauge(
            "keras_cmr_gallery_images",
            "Images in the gallery at the last check.",
            registry=registry,
        )
        self.ready = Gauge(
            "keras_cmr_ready",
            "1 while /healthz answers 200.",
            registry=registry,
        )
        self.embedding_seconds = Histogram(
            "keras_cmr_embedding_seconds",
            "Calls of the model; one call serves the searches that wait.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.embedding_batch = Histogram(
            "keras_cmr_embedding_batch",
            "Queries embedded in one call of the model.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self.search_seconds = Histogram(
            "keras_cmr_search_seconds",
            "Searches of the gallery, without embedding.",
            buckets=_SECONDS,
            registry=registry,
        )

    def text(self):
        """All numbers, bytes."""
        return generate_latest(self._registry)
