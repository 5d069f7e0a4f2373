"""Which cluster embeds, and with what."""

from collections.abc import Callable
from dataclasses import dataclass

from keras_cmr.retrieval.counts import check_count


@dataclass(frozen=True)
class RayCluster:
    """Where `index_images` and `embed_images` start workers, by Ray Data.

    Each worker is a process with a model of its own. It is sent the model
    itself, pickled (a Keras model is pickled as its `.keras` file), unless
    `load_model` says how to make it there. The machines must see the image
    files under the same paths as this one, and must have this package; what
    is written is written here.

    Args:
        address: String. `"auto"` for the cluster that this machine belongs
            to, `"host:6379"` for one of several, `"local"` to start workers
            on this machine alone. Not `"ray://..."`: Ray Data does not work
            through Ray's client; from outside a cluster, use `ray job submit`.
        workers: Int. Number of workers. Those that find no room in the
            cluster wait for it.
        cpus: Int. Processors of a worker: threads for decoding and for the
            model.
        gpus: Float. GPUs of a worker.
        load_model: Callable without arguments, which can be pickled, such as
            `functools.partial(keras_cmr.models.load, "/shared/model.keras")`.
            The model must have the fingerprint of the one here.

    Reference:
    - [Ray Data](https://docs.ray.io/en/latest/data/data.html)
    """

    address: str
    workers: int = 1
    cpus: int = 1
    gpus: float = 0
    load_model: Callable | None = None

    def __post_init__(self):
        if not isinstance(self.address, str) or not self.address:
            raise TypeError(
                "`address` must be 'auto', 'local' or 'host:port'. "
                f"Received: {self.address!r}"
            )
        if self.address.startswith("ray://"):
            raise ValueError(
                "`address` must be 'auto', 'local' or 'host:port': Ray Data "
                "does not work through Ray's client. Run this on a machine of "
                "the cluster, or by `ray job submit`. Received: "
                f"{self.address!r}"
            )
        for name in ("workers", "cpus"):
            check_count(getattr(self, name), name)
        if self.gpus < 0:
            raise ValueError(
                f"`gpus` must be at least 0. Received: {self.gpus}"
            )


def check_cluster(cluster):
    """Raises unless `cluster` is a `RayCluster` or `None`."""
    if cluster is not None and not isinstance(cluster, RayCluster):
        raise TypeError(
            "`cluster` must be a `keras_cmr.retrieval.RayCluster` or None. "
            f"Received: {cluster!r}"
        )
