"""The folder apart from the rows: index files, manifest, begin again."""

import json
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local import folder as files
from keras_cmr.retrieval.scann import ScannIndex
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.fake_model import FakeModel


@pytest.fixture
def indexed(tmp_path, model, scann):
    gallery = Gallery.create(tmp_path / "g", model, 0.5, exact_below=256)
    gallery.add_embeddings(clustered_rows(300), [str(i) for i in range(300)])
    gallery.compact()
    return gallery, tmp_path / "g"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


OTHERS = ["manifest.json", "rows.json", "rows.lance", "write.lock"]


def test_only_the_index_of_the_manifest_stays(indexed):
    gallery, folder = indexed
    assert names(folder) == ["index-000001", *OTHERS]
    gallery.compact()
    assert names(folder) == ["index-000002", *OTHERS]
    gallery.remove([str(i) for i in range(100)])
    gallery.compact()
    assert names(folder) == OTHERS


def test_the_manifest_lists_every_file_of_the_index(indexed):
    _, folder = indexed
    index = json.loads((folder / "manifest.json").read_text())["index"]
    on_disk = {
        path.relative_to(folder / index["folder"]).as_posix()
        for path in (folder / index["folder"]).rglob("*")
        if path.is_file()
    }
    assert set(index["artifacts"]) == on_disk and len(on_disk) >= 8
    assert np.load(folder / index["folder"] / "serials.npy").shape == (300,)


def test_what_a_kill_left_of_an_index_goes_first(indexed, monkeypatch):
    """Its room may be what the new index wants."""
    gallery, folder = indexed
    left = folder / "index-000007"
    left.mkdir()
    (left / "serials.npy").write_bytes(b"half")
    seen = []
    real = ScannIndex.save
    monkeypatch.setattr(
        ScannIndex,
        "save",
        lambda *a: (seen.append(names(folder)), real(*a)),
    )
    gallery.compact()
    assert seen == [["index-000001", "index-000002", *OTHERS]]
    assert names(folder) == ["index-000002", *OTHERS]


@pytest.mark.parametrize("error", [RuntimeError("pb"), OSError(28, "full")])
def test_an_index_that_cannot_be_written_changes_nothing(
    indexed, monkeypatch, error
):
    gallery, folder = indexed
    stats = gallery.stats()

    def fail(*_):
        raise error

    monkeypatch.setattr(ScannIndex, "save", fail)
    with pytest.raises(OSError, match=f"{folder} cannot be written; the index"):
        gallery.compact()
    assert names(folder) == ["index-000001", *OTHERS]
    assert gallery.stats() == stats
    assert Gallery.open(folder, FakeModel()).stats() == stats


def test_reading_begins_again_only_if_a_writer_was_at_work(tmp_path):
    (tmp_path / "manifest.json").write_text("1")
    calls = []

    def read(changes):
        calls.append(1)
        if len(calls) <= changes:
            (tmp_path / "rows.json").write_text(str(len(calls)))
        if len(calls) <= 3:
            raise ValueError("gone")
        return "read"

    assert files.settled(tmp_path, lambda: read(3)) == "read"
    assert len(calls) == 4
    calls.clear()
    with pytest.raises(ValueError, match="gone"):
        files.settled(tmp_path, lambda: read(1))
    assert len(calls) == 2


def test_damage_is_told_beside_a_busy_writer(tmp_path):
    calls = []

    def read():
        calls.append(1)
        (tmp_path / "rows.json").write_text(str(len(calls)))
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        files.settled(tmp_path, read)
    assert len(calls) == 5


@pytest.mark.parametrize("text", ["", "[]", "7", "null", '{"format": 2}'])
def test_a_manifest_that_is_none_is_refused(indexed, text):
    _, folder = indexed
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"Damaged.*manifest\.json"):
        Gallery.open(folder, FakeModel())


@pytest.mark.parametrize("version", [1, 3, "2"])
def test_another_format_is_refused(indexed, version):
    _, folder = indexed
    path = Path(folder / "manifest.json")
    body = json.loads(path.read_text())
    assert body["format"] == 2
    path.write_text(json.dumps({**body, "format": version}))
    with pytest.raises(ValueError, match=rf"another format.*{version}.*mat 2"):
        Gallery.open(folder, FakeModel())
