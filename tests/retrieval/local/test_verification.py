"""Damage to any file is an error that names it, or changes no answer."""

import shutil

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local.pages import map_vectors
from keras_cmr.retrieval.local.seal import write_seal
from keras_cmr.retrieval.local.table import LanceTable
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original") / "g"
    gallery = Gallery.create(folder, FakeModel(), 0.5, exact_below=256)
    gallery.add_embeddings(
        clustered_rows(300, 8),
        [f"id {i}" for i in range(300)],
        [{"n": i} for i in range(300)],
        [f"/p/{i}" if i % 2 else None for i in range(300)],
    )
    gallery.compact()
    gallery.remove(["id 3", "id 5"])
    gallery.update(["id 7"], metadata=[{"n": "changed"}])
    gallery.add_embeddings(random_rows(2, 8), ["a", "b"])
    return folder


def damages(size, bits):
    yield "cut", lambda content: content[:-3]
    rng = np.random.default_rng(size)
    for at in rng.integers(0, size, bits):

        def flip(content, at=at):
            content = bytearray(content)
            content[at] ^= 1 << (at % 8)
            return bytes(content)

        yield f"bit at {at}", flip
    yield "missing", None
    if bits > 1:
        yield "empty", lambda content: b""
        yield "longer", lambda content: content + b"xyz"


def told(call, *arguments):
    """What a call returned, and the words of the `ValueError` it raised."""
    try:
        return call(*arguments), None
    except ValueError as error:
        assert "\n" not in str(error)
        return None, str(error)


@pytest.mark.filterwarnings("ignore:Exact search is used")
@pytest.mark.parametrize("bits", [1, pytest.param(40, marks=pytest.mark.large)])
def test_damage_is_named_or_harmless(original, tmp_path, bits):
    want = content(Gallery.open(original, FakeModel()))
    files = [
        path.relative_to(original)
        for path in sorted(original.rglob("*"))
        if path.is_file()
    ]
    named = set()
    for name in files:
        whole = (original / name).read_bytes()
        for kind, damage in damages(max(1, len(whole)), bits):
            folder = tmp_path / "g"
            shutil.copytree(original, folder)
            if damage is None:
                (folder / name).unlink()
            elif whole:
                (folder / name).write_bytes(damage(whole))
            gallery, words = told(Gallery.open, folder, FakeModel())
            if words is None:
                # What opens answers right: the index is searched only whole.
                assert equal(content(gallery), want), (name, kind)
                _, words = told(gallery.verify)
            if words is None:
                gallery.add_embeddings(random_rows(1, 8), ["more"])
                gallery.verify()
                assert len(Gallery.open(folder, FakeModel())) == 301
            else:
                assert name.name in words, (name, kind)
                named.add(name)
            shutil.rmtree(folder)
    harmless = {str(name) for name in files if name not in named}
    # Old versions, and what Lance notes for itself: no row depends on them.
    sealed = LanceTable.open(original / "rows.lance")._seal.files
    used = {f"rows.lance/{name}" for name in sealed}
    used |= {"manifest.json", "rows.json"}
    used |= {str(name) for name in files if name.parts[0][:6] == "index-"}
    assert harmless == {str(name) for name in files} - used


@pytest.mark.parametrize("column", ["vector", "id", "metadata"])
def test_a_row_that_is_not_as_written_is_named(original, tmp_path, column):
    """Damage that the files' own checksums were taken over."""
    folder = tmp_path / "g"
    shutil.copytree(original, folder)
    table = LanceTable.open(folder / "rows.lance")
    fragment = table._dataset.get_fragments()[0]
    name = folder / "rows.lance" / "data" / fragment.data_files()[0].path
    file = bytearray(name.read_bytes())
    if column == "vector":
        row = np.asarray(map_vectors(table.path, fragment)[0][9]).tobytes()
        file[file.index(row)] ^= 1
    elif column == "id":
        at = file.index(b"id 8id 9")
        file[at + 7] = ord("x")
    else:
        at = file.index(b'{"n": 8}{"n": 9}')
        file[at + 14] = ord("5")
    name.write_bytes(file)
    seal = table._seal
    write_seal(table.path, version=seal.version, names=seal.files)
    opened = Gallery.open(folder, FakeModel())
    wrong = "id x" if column == "id" else "id 9"
    assert wrong in opened
    with pytest.raises(ValueError, match=f"1 rows of .*rows.lance.*'{wrong}'"):
        opened.verify()


def test_a_sound_gallery_is_counted(original, scann):
    gallery = Gallery.open(original, FakeModel())
    assert gallery.verify() == {"rows": 300, "index_files": 8}
