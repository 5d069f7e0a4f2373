"""What is installed, what fits together, and the command that mends it."""

import dataclasses
import importlib.metadata
import os
import platform

# What scann 1.4.2 was built against.
SCANN_TENSORFLOW = "2.20"

_REQUIRED = ("tensorflow", "keras", "keras-hub", "numpy", "pillow")
# Package, what it is for, the extra that brings it.
_OPTIONAL = {
    "pylance": ("galleries in a folder", "retrieval"),
    "scann": ("fast search in large galleries", "retrieval"),
    "uvicorn": ("galleries over HTTP", "serve"),
    "tensorboard": ("curves of training runs", "logs"),
    "tensorflow-datasets": ("benchmarks as TFDS builders", "datasets"),
}


@dataclasses.dataclass(frozen=True)
class Check:
    """One line of the diagnosis: `ok` is `None` for a mere remark."""

    name: str
    found: str
    ok: bool | None
    remedy: str = ""


def diagnose() -> list[Check]:
    """Checks this environment without changing it.

    Returns:
        List of `Check`; one with `ok=False` stops something from working and
        names the command that mends it.
    """
    checks = [
        Check("python", platform.python_version(), None),
        Check(
            "machine",
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            None,
        ),
    ]
    for package in _REQUIRED:
        version = _version(package)
        checks.append(
            Check(
                package,
                version or "missing",
                version is not None,
                "" if version else f'pip install "{package}"',
            )
        )
    for package, (purpose, extra) in _OPTIONAL.items():
        version = _version(package)
        checks.append(
            Check(
                package,
                version or f"missing: {purpose}",
                None,
                "" if version else f'pip install "keras-cmr[{extra}]"',
            )
        )
    checks.append(_backend())
    if _version("scann"):
        checks.append(_scann())
    return checks


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _backend():
    try:
        import keras
    except ImportError as error:
        return Check("backend", str(error), False, "pip install keras")
    name = keras.config.backend()
    if name != "tensorflow":
        return Check(
            "backend",
            f"{name}: training and input pipelines are tested on tensorflow",
            False,
            "export KERAS_BACKEND=tensorflow",
        )
    return Check("backend", name, True)


def _scann():
    """Whether the gallery can search with ScaNN here.

    The gallery loads ScaNN's NumPy interface, which runs beside any
    TensorFlow; a plain `import scann` only beside the one it was built with.
    """
    from keras_cmr.retrieval.scann import load_scann

    pair = f"scann {_version('scann')}, tensorflow {_version('tensorflow')}"
    try:
        load_scann()
    except ImportError as error:
        return Check("scann pairing", f"{pair}: {error}; exact search", None)
    if not str(_version("tensorflow")).startswith(SCANN_TENSORFLOW):
        return Check(
            "scann pairing",
            f"{pair}: galleries work, a plain `import scann` needs "
            f"TensorFlow {SCANN_TENSORFLOW}",
            None,
            'pip install "keras-cmr[retrieval]"',
        )
    return Check("scann pairing", f"{pair}: fit together", True)
