"""Towers as ONNX files: pixels and token ids in, embeddings out."""

import contextlib
import logging
import warnings

import tensorflow as tf

from keras_cmr.export.towers import towers

INSTALL = 'pip install "keras-cmr[export]"'
NAMES = ("query", "target")
_OPSET = 18


def write_onnx(model, folder, int8=False):
    """Writes `query.onnx` and `target.onnx`.

    Args:
        model: `ComposedRetriever` on the TensorFlow backend, in float32.
        folder: `pathlib.Path` of a folder that is there.
        int8: bool. Weights of matrix products and convolutions as int8.
            Defaults to `False`.

    Returns:
        Dict from a file's name to its inputs and outputs.
    """
    tf2onnx = _converter()
    policies = {layer.compute_dtype for layer in model._flatten_layers()}
    if policies - {"float32", None}:
        raise ValueError(
            "ONNX needs a model that computes in float32. Received: layers in "
            f"{sorted(policies - {None})}"
        )
    described = {}
    for name in NAMES:
        tower = towers(model)[name]
        specs = list(tower.named_inputs().values())
        function = tf.function(
            tower.call, input_signature=specs, autograph=False
        )
        path = folder / f"{name}.onnx"
        with _quiet():
            tf2onnx.convert.from_function(
                function, specs, opset=_OPSET, output_path=str(path)
            )
            if int8:
                _quantize(path)
        described[path.name] = tower.described()
    return described


def _converter():
    try:
        with warnings.catch_warnings():
            # Keras gives NumPy 2 back a name that tf2onnx asks for.
            warnings.filterwarnings("ignore", message=".*np.object")
            import tf2onnx
            from keras.src.export.tf2onnx_lib import patch_tf2onnx

            patch_tf2onnx()
    except ImportError as error:
        raise ImportError(
            f"ONNX files need packages that are not installed: run `{INSTALL}` "
            f"({error})"
        ) from None
    return tf2onnx


@contextlib.contextmanager
def _quiet():
    """Without remarks on each table and tensor that stays as it is."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _quantize(path):
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization import quantize_dynamic

    whole = path.with_name("float." + path.name)
    path.rename(whole)
    quantize_dynamic(whole, path, weight_type=QuantType.QInt8)
    whole.unlink()
