"""Reading a pickle from the internet without running what is in it."""

import pathlib
import pickle
from typing import Any
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy


def _encode(text: str, encoding: str) -> bytes:
    """`_codecs.encode` as pickles use it: bytes written as Latin-1 text."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it encodes text as {encoding!r}")
    return text.encode("latin1")


# NumPy rebuilds arrays and scalars with functions that have no public name;
# pickling shows which ones.
_reconstruct = np.empty(0).__reduce__()[0]
_frombuffer = np.empty(0).__reduce_ex__(5)[0]
_scalar = np.float64(0).__reduce__()[0]

# The names an array has in a pickle; NumPy 2 moved `numpy.core`.
_ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
    ("_codecs", "encode"): _encode,
}


class _PlainUnpickler(pickle.Unpickler):
    """Admits containers, strings, numbers and arrays, nothing else."""

    def find_class(self, module, name):
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ADMITTED[module, name]


def read_pickle(path: pathlib.Path) -> Any:
    """The plain data pickled in a file, by Python 2 or 3.

    Nothing but containers, strings, numbers and NumPy arrays is admitted: a
    pickle that asks for any other class or function is refused before it is
    called.

    Args:
        path: A pickle, or a `.npy` file that holds one Python object.

    Returns:
        The object. Byte strings of Python 2 are read as Latin-1 text.
    """
    try:
        with open(path, "rb") as file:
            return _read(file)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        raise ValueError(
            f"{path} must be a pickle of plain containers, strings, numbers "
            f"and arrays, and was not read: {error}"
        ) from error


def _read(file: BinaryIO) -> Any:
    if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
        file.seek(0)
        return _load(file)
    file.seek(0)
    version = npy.read_magic(file)
    if version == (1, 0):
        header = npy.read_array_header_1_0(file)
    elif version == (2, 0):
        header = npy.read_array_header_2_0(file)
    else:
        raise ValueError(f"it is a .npy file of the unknown version {version}")
    shape, _, dtype = header
    if shape != () or not dtype.hasobject:
        raise ValueError(
            "it is a .npy file that holds not one Python object but an array "
            f"of shape {shape} and type {dtype}"
        )
    return _load(file).item()


def _load(file):
    return _PlainUnpickler(file, encoding="latin1").load()
