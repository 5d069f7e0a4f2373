"""Parts embedded by the workers of a Ray cluster."""

import contextlib
import logging
import os
import pickle
import sys
import warnings
from pathlib import Path

from keras_cmr.retrieval.backend import NewRows
from keras_cmr.retrieval.bulk.ray_worker import PartEmbedder
from keras_cmr.retrieval.images import file_key

# What changes the numbers a model gives, if it is set here.
_SAME_THERE = ("TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS")


def embed_parts_on_ray(parts, model, dim, strict, cluster, progress):
    """As `engine.embed_parts`; the parts must be of image files."""
    parts = {number: (part, _paths(part)) for number, part in parts}
    if not parts:
        return
    with _connected(cluster) as ray:
        for number, result in _results(ray, parts, model, cluster):
            part, _ = parts.pop(number)
            rows, skipped = _unpacked(part, result)
            if skipped and strict:
                raise ValueError(
                    "`source` must be readable with `strict=True`. Received: "
                    f"{skipped[0][0]!r} ({skipped[0][1]})"
                )
            if rows.ids:
                dim = dim or rows.vectors.shape[1]
                if rows.vectors.shape[1] != dim:
                    raise ValueError(
                        f"The model's target embeddings must have width {dim}."
                        f" Received: shape={rows.vectors.shape}"
                    )
            progress(len(part.ids))
            yield number, part, rows, skipped


def _results(ray, parts, model, cluster):
    """Number and result of each part, in order."""
    import ray.data

    # It tells its plans and where its logs lie.
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    makes_model = cluster.load_model is not None
    packed = ray.put(_pickled(ray, cluster.load_model or model))
    results = ray.data.from_items(
        [
            {"number": number, "paths": paths}
            for number, (_, paths) in parts.items()
        ],
        # A block is what a worker is given at a time.
        override_num_blocks=len(parts),
    ).map(
        PartEmbedder,
        fn_constructor_args=(
            packed,
            makes_model,
            model.fingerprint,
            _environ(cluster.cpus),
            2 * cluster.cpus,
        ),
        compute=ray.data.ActorPoolStrategy(size=cluster.workers),
        num_cpus=cluster.cpus,
        num_gpus=cluster.gpus or None,
    )
    for row in results.iter_rows():
        yield row["number"], row["result"]


@contextlib.contextmanager
def _connected(cluster):
    """Ray, connected for as long as it is needed."""
    # Ray reports to its makers otherwise.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError as error:
        raise ImportError(
            '`RayCluster` needs Ray: run `pip install "keras-cmr[ray]"`'
        ) from error
    if ray.is_initialized():
        yield ray
        return
    with warnings.catch_warnings():
        # Ray's processes are new programs: nothing of Lance is left in them.
        warnings.filterwarnings("ignore", "lance is not fork-safe")
        _connect(ray, cluster)
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray, cluster):
    own = {}
    if cluster.address == "local":
        # Workers that were asked for shall not wait for processors.
        own = {
            "num_cpus": cluster.workers * cluster.cpus,
            "include_dashboard": False,
        }
    try:
        ray.init(
            cluster.address, log_to_driver=False, logging_level="ERROR", **own
        )
    except (ConnectionError, ValueError) as error:
        raise ValueError(
            "`address` must be that of a Ray cluster. Received: "
            f"{cluster.address!r} ({error})"
        ) from error


def _pickled(ray, thing):
    try:
        return ray.cloudpickle.dumps(thing)
    except Exception as error:
        raise TypeError(
            "`model` must be such that it can be pickled, or `load_model` of "
            f"`RayCluster` must be given. Received: {thing!r} ({error})"
        ) from error


def _environ(cpus):
    """Variables of a worker; Ray sets one thread a processor for OpenMP,
    and TensorFlow would take all processors of the machine."""
    environ = {
        name: os.environ[name] for name in _SAME_THERE if name in os.environ
    }
    environ |= {
        "OMP_NUM_THREADS": str(cpus),
        "TF_NUM_INTRAOP_THREADS": str(cpus),
        "TF_NUM_INTEROP_THREADS": str(cpus),
    }
    if "keras" in sys.modules:
        environ["KERAS_BACKEND"] = sys.modules["keras"].config.backend()
    return environ


def _paths(part):
    for image in part.images:
        if not isinstance(image, Path):
            raise TypeError(
                "`source` must be of image files to be embedded on a cluster. "
                f"Received: images of type {type(image).__name__}"
            )
    return [str(image.absolute()) for image in part.images]


def _unpacked(part, result):
    places, vectors, skipped = pickle.loads(result)
    places = list(map(int, places))
    rows = NewRows(
        [part.ids[place] for place in places],
        vectors,
        [file_key(part.images[place]) for place in places],
        [part.metadata[place] for place in places],
    )
    return rows, [(part.ids[int(place)], reason) for place, reason in skipped]
