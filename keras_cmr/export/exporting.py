"""A retriever as files that other programs run."""

import json
import warnings
from pathlib import Path

import keras

from keras_cmr.export.candidates import ENGINES
from keras_cmr.export.candidates import Candidates
from keras_cmr.export.card import write_card
from keras_cmr.export.folder import whole_folder
from keras_cmr.export.litert import write_litert
from keras_cmr.export.onnx import write_onnx
from keras_cmr.export.preprocessing import preprocessing
from keras_cmr.export.saved_model import write_saved_model

FORMATS = ("saved_model", "onnx", "litert")
# TensorFlow Serving looks for versions in folders with such names.
_VERSION = "1"


def export_model(
    model,
    out,
    formats=("saved_model",),
    int8=False,
    text_length=None,
    gallery=None,
    engine="exact",
    command=None,
):
    """Exports query and target tower.

    `saved_model/1` takes bytes of JPEG or PNG files and plain texts;
    `onnx/` and `litert/` take pixels and token ids, and `preprocessing.json`
    says how to make these. All give embeddings of length 1. `export.json` has
    the model's fingerprint, inputs, outputs, versions and checksums. The
    folder is there whole or, after an error or a kill, not at all; a kill may
    leave a hidden one beside it.

    Args:
        model: `keras_cmr.models.ComposedRetriever` on TensorFlow.
        out: Path of a new or empty folder.
        formats: Sequence of `"saved_model"`, `"onnx"` and `"litert"`.
            Defaults to `("saved_model",)`.
        int8: bool. Weights as int8, as each format has it: Keras' `quantize`
            for a SavedModel, dynamic quantisation for the others. `model`
            stays as it is. Defaults to `False`.
        text_length: int. Token ids a row in LiteRT. Defaults to 32, or to
            the longest the text encoder reads if that is less.
        gallery: `keras_cmr.retrieval.Gallery` of this model, whose images the
            SavedModel shall search, or `None`.
        engine: `"exact"`, or `"scann"`, whose ops a server must have.
            Defaults to `"exact"`.
        command: String for the card, or `None`.

    Returns:
        `pathlib.Path`, `out`.

    Example:

    ```python
    import keras_cmr

    model = keras_cmr.models.ComposedRetriever(
        keras_cmr.models.ImageEncoder(keras_cmr.models.small_resnet(), 32),
        keras_cmr.models.LSTMTextEncoder(["make", "red"]),
        fusion=keras_cmr.layers.TIRG(),
    )
    keras_cmr.export.export_model(model, "exported")
    keras_cmr.export.read_card("exported")["fingerprint"]
    ```
    """
    formats = _checked(formats)
    out = Path(out)
    if keras.config.backend() != "tensorflow":
        raise ValueError(
            "Exports are made on TensorFlow: set KERAS_BACKEND=tensorflow and "
            "load the same .keras file. Received: "
            f"{keras.config.backend()}"
        )
    if engine not in ENGINES:
        raise ValueError(
            f"`engine` must be one of {ENGINES}. Received: {engine!r}"
        )
    if gallery is not None and "saved_model" not in formats:
        raise ValueError(
            "`gallery` can be in a SavedModel alone. Received: "
            f"formats={formats}"
        )
    if gallery is not None and int8:
        raise ValueError(
            "`gallery` holds embeddings of the float model: export it with "
            "`int8=False`"
        )
    text_length = _text_length(model, text_length)
    fingerprint = model.fingerprint
    if gallery is not None:
        found = gallery.stats()["fingerprint"]
        if found != fingerprint:
            raise ValueError(
                "`gallery` must be of this model, whose fingerprint is "
                f"{fingerprint[:12]}. Received: one of {found[:12]}"
            )
    with whole_folder(out) as folder:
        content = {}
        if "saved_model" in formats:
            place = folder / "saved_model" / _VERSION
            candidates = None
            if gallery is not None:
                candidates = Candidates(gallery, engine)
            served = _int8(model) if int8 else model
            content["saved_model"] = {
                "path": f"saved_model/{_VERSION}",
                "signatures": write_saved_model(served, place, candidates),
            }
            if candidates is not None:
                content["saved_model"]["gallery"] = candidates.card
        if "onnx" in formats:
            place = folder / "onnx"
            place.mkdir()
            files = write_onnx(model, place, int8)
            content["onnx"] = {"path": "onnx", "files": files}
        if "litert" in formats:
            place = folder / "litert"
            place.mkdir()
            files = write_litert(model, place, text_length, int8)
            content["litert"] = {"path": "litert", "files": files}
        text = json.dumps(preprocessing(model), indent=1, ensure_ascii=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")
        write_card(
            folder,
            fingerprint=fingerprint,
            weights="int8" if int8 else "as the model's",
            image_size=model.image_size,
            embedding_dim=model.target_encoder.output.shape[-1],
            formats=content,
            command=command,
        )
    return out


def _checked(formats):
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ValueError(
            f"`formats` must be among {FORMATS}, at least one. "
            f"Received: {formats}"
        )
    return formats


def _text_length(model, text_length):
    longest = getattr(model.text_encoder, "sequence_length", None)
    if text_length is None:
        fixed = getattr(model.text_encoder, "_tokenize", None)
        if getattr(fixed, "fixed_length", False):
            return longest
        return min(32, longest or 32)
    if (
        isinstance(text_length, bool)
        or not isinstance(text_length, int)
        or text_length < 1
        or (longest and text_length > longest)
    ):
        raise ValueError(
            "`text_length` must be an integer of at least 1, and at most what "
            f"the text encoder reads ({longest or 'any'}). "
            f"Received: {text_length!r}"
        )
    return text_length


def _int8(model):
    """A copy, quantised."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    with warnings.catch_warnings():
        # Keras names each layer, such as Conv2D, that stays as it is.
        warnings.filterwarnings(
            "ignore", message=r"Layer \w+ does not have a `quantize` method"
        )
        copy.quantize("int8")
    return copy
