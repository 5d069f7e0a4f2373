"""Saved models back into memory."""

import zipfile
from pathlib import Path

import keras


def load(path):
    """A `ComposedRetriever` from its `.keras` file or the folder of its run.

    The file holds everything a ranking needs: encoders, fusion, vocabulary
    and preprocessing. `keras.saving.load_model` reads it too, once
    `keras_cmr.models` is imported.

    Args:
        path: Path of a file written by `model.save("....keras")`, or of a
            folder that `keras-cmr train` wrote, which holds `model.keras`.

    Raises:
        ValueError: If there is no such file, it is damaged, or it holds
            another kind of model.
    """
    # Registers what the file may name.
    from keras_cmr import layers  # noqa: F401
    from keras_cmr import losses  # noqa: F401
    from keras_cmr import metrics  # noqa: F401
    from keras_cmr.models.composed_retriever import ComposedRetriever

    path = Path(path)
    if path.is_dir():
        path = path / "model.keras"
    if not path.is_file():
        raise ValueError(f"No such model: {path}")
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        raise ValueError(
            f"`path` must be a .keras file. Received: {path}, which is not "
            "one, or is damaged."
        )
    try:
        model = keras.saving.load_model(path)
    except (
        OSError,
        KeyError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"Can't load the model {path}: {reason}") from error
    if not isinstance(model, ComposedRetriever):
        raise ValueError(
            f"{path} must hold a ComposedRetriever. "
            f"Received: {type(model).__name__}"
        )
    return model
