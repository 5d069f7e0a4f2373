"""Chooses the engine of the saved rows: exact search or ScaNN."""

import warnings
from typing import NamedTuple

from keras_cmr.retrieval.calibration import calibrate
from keras_cmr.retrieval.scann import ScannIndex
from keras_cmr.retrieval.scann import Setting
from keras_cmr.retrieval.scann import load_scann


class Engine(NamedTuple):
    """The choice and its grounds.

    Args:
        index: `ScannIndex` over the saved rows; `None` for exact search.
        calibration: Dict from `calibration.calibrate`, or `None`.
        reason: String. Why it is this one.
    """

    index: ScannIndex | None
    calibration: dict | None
    reason: str

    @property
    def name(self):
        return "exact" if self.index is None else "scann"


def build_engine(vectors, settings):
    """Builds and calibrates a ScaNN index where that pays.

    Args:
        vectors: Float32 array of shape `(rows, dim)`, unit rows.
        settings: `Settings`.

    Returns:
        An `Engine`; a warning says so if ScaNN was due but cannot be used.
    """
    if len(vectors) < settings.exact_below:
        reason = f"fewer saved images than exact_below={settings.exact_below}"
        return Engine(None, None, reason)
    try:
        load_scann()
    except ImportError as error:
        return Engine(None, None, _fall_back(str(error)))
    index = ScannIndex.build(vectors)
    calibration = calibrate(index, vectors, settings.recall_target)
    if not calibration["reached"]:
        reason = _fall_back(
            f"ScaNN did not reach recall_target={settings.recall_target} on "
            "these embeddings"
        )
        return Engine(None, calibration, reason)
    reason = f"exact_below={settings.exact_below} saved images or more"
    return Engine(index, calibration, reason)


def load_engine(generation, manifest):
    """Loads the engine that a manifest names.

    Args:
        generation: Path of the saved generation, checked.
        manifest: Dict.

    Returns:
        An `Engine`; a warning says so if this machine cannot run ScaNN.
    """
    calibration = manifest["calibration"]
    if manifest["engine"] == "exact":
        return Engine(None, calibration, manifest["reason"])
    try:
        load_scann()
    except ImportError as error:
        return Engine(None, calibration, _fall_back(str(error)))
    settings = [
        Setting(result["k"], result["leaves"], result["reorder"])
        for result in calibration["results"]
    ]
    index = ScannIndex.load(generation / "scann", manifest["count"], settings)
    return Engine(index, calibration, manifest["reason"])


def _fall_back(problem):
    # The stack level is that of the call of `Gallery.open` or `.save`.
    warnings.warn(f"Exact search is used: {problem}", stacklevel=5)
    return problem
