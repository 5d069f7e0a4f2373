"""A gallery's state on disk: read whole, written whole."""

from dataclasses import asdict
from typing import NamedTuple

from keras_cmr.retrieval import storage
from keras_cmr.retrieval.engine import Engine
from keras_cmr.retrieval.engine import build_engine
from keras_cmr.retrieval.engine import load_engine
from keras_cmr.retrieval.items import Items
from keras_cmr.retrieval.manifest import read_manifest
from keras_cmr.retrieval.settings import Settings
from keras_cmr.retrieval.vectors import Vectors


class State(NamedTuple):
    """One saved state, opened.

    Args:
        generation: String, name of the generation's folder.
        settings: `Settings`.
        vectors: `Vectors`, the saved ones memory-mapped.
        items: `Items`.
        engine: `Engine` of the saved vectors.
    """

    generation: str
    settings: Settings
    vectors: Vectors
    items: Items
    engine: Engine


def save_state(folder, fingerprint, settings, vectors, items):
    """Writes all rows, builds their engine and commits.

    Args:
        folder: Path of the gallery.
        fingerprint: String, the model's.
        settings: `Settings`.
        vectors: `Vectors`.
        items: `Items`, one per row.

    Returns:
        The `State` that is on disk now.
    """
    with storage.new_generation(folder) as generation:
        storage.write_rows(
            generation, vectors.blocks(), vectors.dim or 0, items
        )
        saved = storage.map_vectors(generation)
        engine = build_engine(saved, settings)
        if engine.index is not None:
            engine.index.save(generation / "scann")
        manifest = {
            "generation": generation.name,
            "fingerprint": fingerprint,
            "count": len(items),
            "dim": vectors.dim,
            **asdict(settings),
            "engine": engine.name,
            "reason": engine.reason,
            "calibration": engine.calibration,
            "artifacts": storage.seal(generation),
        }
    storage.commit(folder, manifest)
    vectors = Vectors(saved, engine.index)
    return State(generation.name, settings, vectors, items, engine)


def load_state(folder, fingerprint):
    """Reads the saved state; damage and another model are errors.

    Args:
        folder: Path of the gallery.
        fingerprint: String, that of the model at hand.

    Returns:
        A `State`.
    """
    manifest = read_manifest(folder)
    check_fingerprint(folder, manifest["fingerprint"], fingerprint)
    generation = folder / manifest["generation"]
    vectors, items = storage.read_rows(generation, manifest["artifacts"])
    engine = load_engine(generation, manifest)
    return State(
        manifest["generation"],
        Settings(manifest["recall_target"], manifest["exact_below"]),
        Vectors(vectors, engine.index),
        items,
        engine,
    )


def check_fingerprint(folder, expected, received):
    """Refuses a model whose embeddings do not belong to the gallery's."""
    if received != expected:
        raise ValueError(
            f"Gallery of another model: {folder} was made with the model of "
            f"fingerprint {expected[:12]}. Received: `model` with fingerprint "
            f"{received[:12]}"
        )


def check_unchanged(folder, generation):
    """Refuses to overwrite what another program saved meanwhile."""
    if read_manifest(folder)["generation"] != generation:
        raise ValueError(
            f"{folder} was saved by another program since it was opened "
            "here. Open it again and repeat the additions"
        )
