"""Chooses the engine of the rows at hand: exact search or ScaNN."""

import warnings
from typing import NamedTuple

import numpy as np

from keras_cmr.retrieval.exclusion import Exclusion
from keras_cmr.retrieval.local import planner
from keras_cmr.retrieval.local.calibration import calibrate
from keras_cmr.retrieval.local.calibration import sample_queries
from keras_cmr.retrieval.local.index import Index
from keras_cmr.retrieval.local.index import Setting
from keras_cmr.retrieval.local.manifest import read_manifest
from keras_cmr.retrieval.local.manifest import verify_artifacts
from keras_cmr.retrieval.scann import ScannIndex
from keras_cmr.retrieval.scann import load_scann


class Engine(NamedTuple):
    """The choice and its grounds.

    Args:
        index: `Index`, or `None` for exact search.
        calibration: Dict from `calibration.calibrate`, or `None`.
        reason: String. Why it is this one.
        num_indexed: Int. Rows from this one on are not in the index.
    """

    index: Index | None
    calibration: dict | None
    reason: str
    num_indexed: int = 0

    @property
    def name(self):
        return "exact" if self.index is None else "scann"


def build_engine(rows, blocks, settings, queries=None):
    """Builds and calibrates a ScaNN index where that pays.

    Args:
        rows: `Rows`.
        blocks: `Blocks`.
        settings: `Settings`.
        queries: Float32 unit rows to calibrate on, or `None`.

    Returns:
        An `Engine`; a warning says so if ScaNN was due but cannot be used.
    """
    if rows.count < settings.exact_below:
        reason = f"fewer images than exact_below={settings.exact_below}"
        return Engine(None, None, reason)
    try:
        load_scann()
    except ImportError as error:
        return Engine(None, None, _fall_back(str(error), 5))
    living = rows.living()
    parts = [part for _, part in blocks.parts()]
    whole = len(parts) == 1 and len(living) == len(blocks)
    vectors = parts[0] if whole else blocks.take(living)
    index = Index.build(vectors, living, blocks, settings.reorder)
    if queries is None:
        queries = sample_queries(blocks, living)

    def search_exactly(queries, k):
        return planner.search_exactly(
            blocks, queries, k, Exclusion.nothing(len(queries)), rows.alive
        )

    calibration = calibrate(
        index, search_exactly, queries, settings.recall_target
    )
    if not calibration["reached"]:
        reason = _fall_back(
            f"ScaNN did not reach recall_target={settings.recall_target} on "
            "these embeddings",
            5,
        )
        return Engine(None, calibration, reason)
    reason = f"exact_below={settings.exact_below} images or more"
    return Engine(index, calibration, reason, len(rows))


def load_engine(folder, manifest, rows, blocks, settings):
    """Loads the engine that a manifest names.

    Args:
        folder: Path of the gallery.
        manifest: Dict.
        rows: `Rows`.
        blocks: `Blocks`.
        settings: `Settings`.

    Returns:
        An `Engine`; a warning says so if the index cannot be used.
    """
    saved = manifest["index"]
    calibration, reason = manifest["calibration"], manifest["reason"]
    if saved is None:
        return Engine(None, calibration, reason)
    try:
        load_scann()
        verify_artifacts(folder / saved["folder"], saved["artifacts"])
        serials = np.load(folder / saved["folder"] / "serials.npy")
        scann = ScannIndex.load(
            folder / saved["folder"] / "scann", len(serials), settings.reorder
        )
    except ImportError as error:
        return Engine(None, calibration, _fall_back(str(error), 9))
    # ScaNN raises a `RuntimeError` over files of another version of it.
    except (OSError, RuntimeError, ValueError) as error:
        if read_manifest(folder) != manifest:
            raise  # a writer replaced the index meanwhile
        reason = f"{error}; `compact` builds the index anew"
        return Engine(None, calibration, _fall_back(reason, 9))
    settings = [
        Setting(result["k"], result["leaves"], result["depth"])
        for result in calibration["results"]
    ]
    living = rows.living()
    places = np.searchsorted(rows.serials[living], serials)
    candidates = np.append(living, -1)[places]
    there = np.append(rows.serials, -1)[candidates] == serials
    index = Index(scann, np.where(there, candidates, -1), blocks, settings)
    newer = np.searchsorted(rows.serials[living], serials[-1], side="right")
    num_indexed = int(np.append(living, len(rows))[newer])
    return Engine(index, calibration, reason, num_indexed)


def _fall_back(problem, stacklevel):
    # The level of the call of `Gallery.open` or `Gallery.compact`.
    warnings.warn(f"Exact search is used: {problem}", stacklevel=stacklevel)
    return problem
