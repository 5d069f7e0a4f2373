"""PyTorch's legacy weight files, read without PyTorch."""

import collections
import pickle
from typing import NamedTuple

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}


class _View(NamedTuple):
    """A tensor before the numbers are read, which come last in the file."""

    key: str
    offset: int
    shape: tuple
    strides: tuple

    def of(self, storages):
        numbers = storages[self.key]
        end = self.offset + 1
        for length, stride in zip(self.shape, self.strides, strict=True):
            end += (length - 1) * stride
        if min((self.offset, *self.shape, *self.strides)) < 0 or (
            0 not in self.shape and end > len(numbers)
        ):
            raise ValueError("a tensor reaches outside its storage")
        # The strides matter: some weights are stored transposed.
        size = numbers.itemsize
        return np.lib.stride_tricks.as_strided(
            numbers[self.offset :],
            self.shape,
            [stride * size for stride in self.strides],
        ).copy()


def _view(key, offset, shape, strides, *unused):
    return _View(key, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    """Admits ordered dicts and tensors, nothing else."""

    def __init__(self, file):
        super().__init__(file, encoding="utf-8")
        self.dtypes = {}

    def find_class(self, module, name):
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, saved_id):
        kind, dtype, key, _, count, view = saved_id
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"it asks for a {kind}")
        self.dtypes[key] = (dtype, count)
        return key


def read_torch_file(path) -> dict:
    """The tensors of a `.pth` file as PyTorch up to 1.5 wrote it.

    Nothing but tensors in an ordered dict is admitted: a file that asks for any
    other class or function is refused before it is called.

    Args:
        path: Path of the file.

    Returns:
        Dict from name to NumPy array.

    Raises:
        ValueError: If the file is of another kind or damaged.
    """
    try:
        with open(path, "rb") as file:
            return _read(file)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        raise ValueError(
            f"{path} must be a PyTorch weight file of the legacy format, and "
            f"was not read: {error}"
        ) from error


def _read(file):
    head = [_Unpickler(file).load() for _ in range(3)]
    if head[:2] != [_MAGIC, _PROTOCOL] or not head[2].get("little_endian"):
        raise ValueError("its head is not that of such a file")
    unpickler = _Unpickler(file)
    views = unpickler.load()
    storages = {}
    for key in _Unpickler(file).load():
        dtype, expected = unpickler.dtypes[key]
        count = int.from_bytes(file.read(8), "little")
        content = file.read(expected * dtype.itemsize)
        if count != expected or len(content) != expected * dtype.itemsize:
            raise ValueError("it ends too early")
        storages[key] = np.frombuffer(content, dtype)
    return {name: view.of(storages) for name, view in views.items()}
