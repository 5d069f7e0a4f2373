import json

import pytest

from keras_cmr import durable
from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local import seal as seals
from keras_cmr.retrieval.local import table as tables
from tests.retrieval.dictionary import random_rows
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal


@pytest.fixture
def table(tmp_path):
    """A table of two files, the second longer than what is compared."""
    table = tmp_path / "rows.lance"
    table.mkdir()
    (table / "a").write_bytes(b"hello")
    (table / "b").write_bytes(bytes(100_000))
    return table


def test_what_was_sealed_is_read_and_compared(table):
    assert seals.write_seal(table) == seals.read_seal(table) == seals.NO_ROWS
    seal = seals.write_seal(table, seals.NO_ROWS, 3, ["a", "b"])
    assert seals.read_seal(table) == seal
    assert seal.version == 3 and list(seal.files) == ["a", "b"]
    assert seal.files["a"] == durable.checksum(table / "a")
    seals.check_tails(table, seal)
    seals.check_files(table, seal)
    for at, seen in ((99_999, True), (40_000, True), (30_000, False)):
        changed = bytearray(100_000)
        changed[at] = 1
        (table / "b").write_bytes(changed)
        with pytest.raises(ValueError, match="lance/b does not match"):
            seals.check_files(table, seal)
        if seen:
            with pytest.raises(ValueError, match="lance/b does not match"):
                seals.check_tails(table, seal)
        else:
            seals.check_tails(table, seal)
    (table / "b").unlink()
    for check in (seals.check_tails, seals.check_files):
        with pytest.raises(ValueError, match="lance/b is missing"):
            check(table, seal)


def test_only_new_files_are_read_and_waited_for(table, monkeypatch):
    old = seals.write_seal(table, seals.NO_ROWS, 1, ["a"])
    waited = []
    monkeypatch.setattr(seals, "sync", waited.append)
    (table / "a").unlink()
    seal = seals.write_seal(table, old, 2, ["a", "b"])
    assert waited == [table / "b", table]
    assert seal.files["a"] == old.files["a"]


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"version": 1}'])
def test_a_seal_that_is_none_is_refused(table, text):
    seals.write_seal(table)
    table.with_name("rows.json").write_text(text)
    with pytest.raises(ValueError, match=r"Damaged.*rows\.json is not read"):
        seals.read_seal(table)


def test_another_content_is_refused(table):
    seals.write_seal(table, seals.NO_ROWS, 3, ["a"])
    path = table.with_name("rows.json")
    path.write_text(path.read_text().replace('"version": 3', '"version": 2'))
    with pytest.raises(ValueError, match=r"rows\.json does not match"):
        seals.read_seal(table)
    path.unlink()
    with pytest.raises(ValueError, match=r"rows\.json is missing"):
        seals.read_seal(table)


@pytest.mark.parametrize("first", [True, False])
def test_a_commit_counts_only_once_it_is_sealed(
    tmp_path, model, monkeypatch, first
):
    """A full disk at the last moment: Lance has committed, the seal not."""
    gallery = Gallery.create(tmp_path / "g", model)
    other = Gallery.open(tmp_path / "g", model)
    if not first:
        gallery.add_embeddings(random_rows(3, 8), list("abc"))
    before = content(gallery)

    def full(*_):
        raise OSError(28, "No space left on device")

    for write in (
        lambda g: g.add_embeddings(random_rows(2, 8, 1), ["x", "y"]),
        lambda g: g.remove(["a"]),
        lambda g: g.update(["b"], metadata=[{"n": 1}]),
        lambda g: g.compact(),
    )[: 1 if first else 4]:
        monkeypatch.setattr(tables, "write_seal", full)
        with pytest.raises(OSError, match=r"rows.lance cannot.*No space"):
            write(gallery)
        monkeypatch.undo()
        assert equal(content(gallery), before)
        opened = Gallery.open(tmp_path / "g", model)
        assert equal(content(opened), before)
        opened.verify()
    # Either goes on as if nothing had been.
    for number, one in enumerate((gallery, other)):
        one.add_embeddings(random_rows(1, 8, 2), [f"new {number}"])
    assert "x" not in other and other.ids[-2:] == ("new 0", "new 1")
    opened = Gallery.open(tmp_path / "g", FakeModel())
    opened.verify()
    assert equal(content(opened), content(other))
    kept = json.loads((tmp_path / "g" / "rows.json").read_text())["version"]
    manifests = (tmp_path / "g" / "rows.lance" / "_versions").glob("*.manifest")
    assert max((1 << 64) - 1 - int(p.stem) for p in manifests) == kept
