"""The devices that a config trains on, and who writes its files."""

import atexit
import contextlib
import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import keras


@dataclasses.dataclass(frozen=True)
class Devices:
    """Devices that train one model together.

    Attributes:
        count: int. How many.
        building: Function to the context that a model is built in.
        fitting: Function to the context that `fit` is called in.
        place: Function from the folder of a run to the one to write.
    """

    count: int = 1
    building: Callable = contextlib.nullcontext
    fitting: Callable = contextlib.nullcontext
    place: Callable = Path


def find_devices(config):
    """The `Devices` of a config.

    Call it before anything else runs on the devices: workers wait for each
    other here.

    Args:
        config: `Config`.

    Raises:
        ValueError: If the backend has no such devices, or `batch_size` does
            not divide by their number.
    """
    if config.devices == "one":
        return Devices()
    backend = keras.config.backend()
    kinds = {
        ("tensorflow", "all"): _all_on_tensorflow,
        ("tensorflow", "workers"): _workers_on_tensorflow,
        ("jax", "all"): _all_on_jax,
    }
    if (backend, config.devices) not in kinds:
        raise ValueError(
            "`devices` must be 'one' or 'all' on JAX and 'one' on Torch. "
            f"Received: devices={config.devices!r} on {backend}"
        )
    devices = kinds[backend, config.devices]()
    if config.batch_size % devices.count:
        raise ValueError(
            "`batch_size` is that of all devices together and must divide by "
            f"their number. Received: batch_size={config.batch_size} on "
            f"{devices.count} devices"
        )
    return devices


def is_chief():
    """Whether this process is the one of several workers that writes."""
    place = json.loads(os.environ.get("TF_CONFIG") or "{}")
    chief = "chief" if "chief" in place.get("cluster", {}) else "worker"
    task = place.get("task", {"type": chief})
    return task["type"] == chief and task.get("index", 0) == 0


def folder_to_write(out):
    """`out` for the chief of the workers, for others one that goes as they do.

    To save a model its metrics are read, which all workers do together. So
    all of them write, but only one where it is wanted.
    """
    if is_chief():
        return Path(out)
    folder = tempfile.mkdtemp(prefix="keras-cmr-worker-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "run"


# Two strategies of one process would take each other's messages for theirs.
@functools.cache
def _all_on_tensorflow():
    import tensorflow as tf

    return _of_strategy(tf.distribute.MirroredStrategy())


@functools.cache
def _workers_on_tensorflow():
    import tensorflow as tf

    if not os.environ.get("TF_CONFIG"):
        raise ValueError(
            "`devices: workers` needs TF_CONFIG, which tells a worker its "
            "place: see docs/guides/many_devices.md. Received: no TF_CONFIG"
        )
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    devices = _of_strategy(strategy)
    return dataclasses.replace(devices, place=folder_to_write)


def _of_strategy(strategy):
    # `fit` knows the strategy of a model. Within its scope a callback would
    # spread the embedding of a gallery over the workers, too.
    return Devices(strategy.num_replicas_in_sync, strategy.scope)


def _all_on_jax():
    distribution = keras.distribution.DataParallel()
    return Devices(
        distribution.device_mesh.devices.size,
        distribution.scope,
        distribution.scope,
    )
