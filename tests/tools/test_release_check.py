"""The look at built files sees what should not be there, or should."""

import zipfile

import pytest

from tools import release_check


def wheel(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return path


@pytest.fixture
def tracked(monkeypatch):
    names = {"keras_cmr/__init__.py", "keras_cmr/py.typed"}
    monkeypatch.setattr(release_check, "tracked", lambda: names)
    return names


def faults(tmp_path, names, direct=None):
    a = wheel(tmp_path / "a.whl", names)
    b = wheel(tmp_path / "b.whl", names if direct is None else direct)
    return list(release_check.wheel_faults(a, b))


def test_a_wheel_as_it_should_be(tmp_path, tracked):
    assert faults(tmp_path, {*tracked, "k.dist-info/METADATA"}) == []


def test_what_git_does_not_know(tmp_path, tracked):
    names = {*tracked, "tests/test_a.py"}
    assert faults(tmp_path, names) == ["tests/test_a.py is in the wheel"]


def test_what_is_left_out(tmp_path, tracked):
    assert faults(tmp_path, ["keras_cmr/__init__.py"]) == [
        "keras_cmr/py.typed is not in the wheel",
        "py.typed is not in the wheel",
    ]


def test_sdist_gives_another_wheel(tmp_path, tracked):
    names = {*tracked, "k.dist-info/METADATA"}
    assert faults(tmp_path, names, direct=tracked) == [
        "k.dist-info/METADATA differs between checkout and sdist"
    ]


def test_too_heavy(tmp_path, tracked, monkeypatch):
    monkeypatch.setattr(release_check, "MOST_BYTES", 10)
    (fault,) = faults(tmp_path, tracked)
    assert fault.endswith("bytes, more than 10")


def test_versions_agree():
    from keras_cmr.version import __version__

    name = f"keras_cmr-{__version__}-py3-none-any.whl"
    assert list(release_check.version_faults(release_check.Path(name))) == []
    other = release_check.Path("keras_cmr-9.9.9-py3-none-any.whl")
    assert len(list(release_check.version_faults(other))) == 1
