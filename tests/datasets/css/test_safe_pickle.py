import os
import pickle
import subprocess

import numpy as np
import pytest

from keras_cmr.datasets.css.safe_pickle import read_pickle

PLAIN = {
    "train": [1, 2.5, "red", None, True, (1, 2)],
    "array": np.arange(6, dtype="int16").reshape(2, 3),
    "scalar": np.float64(0.25),
    "objects": np.array([{"a": 1}, "b"], dtype=object),
}


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def same(a, b):
    assert a.keys() == b.keys()
    for key in a:
        assert type(a[key]) is type(b[key])
        if isinstance(a[key], np.ndarray):
            assert a[key].dtype == b[key].dtype
            assert a[key].tolist() == b[key].tolist()
        else:
            assert a[key] == b[key]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles(tmp_path, protocol):
    path = tmp_path / "plain.pickle"
    path.write_bytes(pickle.dumps(PLAIN, protocol=protocol))
    same(read_pickle(path), PLAIN)


def test_npy(tmp_path):
    np.save(tmp_path / "a.npy", np.array(PLAIN, dtype=object))
    same(read_pickle(tmp_path / "a.npy"), PLAIN)


def test_python_2_pickle(tmp_path):
    # {'pos': [numpy.float64(0.5)], 'color': 'gr\xe5'} as Python 2 wrote it:
    # byte strings, and NumPy's old module name.
    raw = (
        b"\x80\x02}q\x00(U\x03pos]cnumpy.core.multiarray\nscalar\n"
        b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNN"
        b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"U\x08\x00\x00\x00\x00\x00\x00\xe0?\x86RaU\x05colorU\x03gr\xe5u."
    )
    (tmp_path / "old").write_bytes(raw)
    assert read_pickle(tmp_path / "old") == {"pos": [0.5], "color": "grå"}


@pytest.mark.parametrize(
    "payload",
    [
        Call(os.system, "touch owned"),
        Call(subprocess.run, ["touch", "owned"]),
        Call(eval, "open('owned', 'w')"),
        Call(exec, "open('owned', 'w')"),
        Call(open, "owned", "w"),
        Call(getattr, "text", "upper"),
        Call(np.load, "owned"),
        {"train": [Call(os.system, "touch owned")]},
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("as_npy", [False, True])
def test_a_pickle_that_calls_is_refused(
    tmp_path, monkeypatch, payload, protocol, as_npy
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.npy"
    if as_npy:
        np.save(path, np.array(payload, dtype=object))
    else:
        path.write_bytes(pickle.dumps(payload, protocol=protocol))
    with pytest.raises(ValueError, match=r"bad\.npy .* it asks for "):
        read_pickle(path)
    assert not (tmp_path / "owned").exists()


def test_other_codecs_are_refused(tmp_path):
    path = tmp_path / "bad"
    path.write_bytes(b"c_codecs\nencode\n(Vabc\nVrot13\ntR.")
    with pytest.raises(ValueError, match="encodes text as 'rot13'"):
        read_pickle(path)


@pytest.mark.parametrize(
    "raw", [b"", b"\x93NUMPY", b"\x93NUMPY\x07\x00abc", b"hello", b"\x80\x05"]
)
def test_files_of_another_kind(tmp_path, raw):
    (tmp_path / "bad").write_bytes(raw)
    with pytest.raises(ValueError, match="bad must be a pickle"):
        read_pickle(tmp_path / "bad")


def test_plain_arrays_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(ValueError, match=r"an array of shape \(3,\)"):
        read_pickle(tmp_path / "a.npy")


def test_damaged_pickles_are_named(tmp_path):
    good = pickle.dumps(PLAIN, protocol=2)
    path = tmp_path / "damaged"
    for length in range(0, len(good), 7):
        path.write_bytes(good[:length])
        with pytest.raises(ValueError, match="damaged must be a pickle"):
            read_pickle(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_pickle(tmp_path / "none")
