"""Several programs at one gallery: writers in turn, readers undisturbed."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval.local import engine
from keras_cmr.retrieval.local import table
from keras_cmr.retrieval.local import writing
from keras_cmr.write_lock import write_lock
from tests.retrieval.dictionary import clustered_rows
from tests.retrieval.dictionary import random_rows
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal

ROOT = Path(__file__).parents[3]


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def ids(gallery, query, k=10):
    return [hit.id for hit in gallery.search_embeddings(query, k)[0]]


@pytest.fixture
def pair(tmp_path, model):
    """A gallery of 40 rows, open twice."""
    gallery = Gallery.create(tmp_path / "g", model)
    gallery.add_embeddings(random_rows(40, 8), [str(i) for i in range(40)])
    return gallery, Gallery.open(tmp_path / "g", model)


def test_what_another_wrote_is_seen_after_refresh(pair):
    one, other = pair
    assert other.refresh() is False
    new = random_rows(1, 8, 5)
    one.add_embeddings(new, ["new"], [{"n": 1}], ["/a.png"])
    one.remove(["3"])
    one.update(["4"], metadata=[{"n": 2}])
    assert "new" not in other and len(other) == 40
    assert "3" in ids(other, new, 40)
    assert other.refresh() is True and other.refresh() is False
    assert equal(content(one), content(other))
    hit = other.search_embeddings(new, 1)[0][0]
    assert (hit.id, hit.metadata, hit.path) == ("new", {"n": 1}, "/a.png")
    where = other.search_embeddings(new, 40, where={"n": 2})[0]
    assert [hit.id for hit in where] == ["4"]
    one.remove(list(one.ids))
    assert other.refresh() and len(other) == 0
    one.add_embeddings(new, ["again"])
    assert other.refresh() and other.ids == ("again",)


def test_writers_take_in_what_others_wrote_first(pair):
    one, other = pair
    rows = random_rows(3, 8, 5)
    one.add_embeddings(rows[:1], ["a"])
    with pytest.raises(ValueError, match=r"already.*'a'"):
        other.add_embeddings(rows[:1], ["a"])
    other.add_embeddings(rows[1:2], ["b"])
    one.remove(["5", "b"])
    with pytest.raises(ValueError, match=r"`ids` must be in.*'5'"):
        other.update(["5"], metadata=[{}])
    other.remove(["6"])
    one.compact()
    other.add_embeddings(rows[2:], ["c"])
    one.refresh()
    assert equal(content(one), content(other))
    assert len(one) == 40 and one.ids[-2:] == ("a", "c")
    serials = one._backend._state.rows.serials[one._backend._state.rows.alive]
    assert (np.diff(serials) > 0).all()


def test_two_first_writers_agree_on_a_width(tmp_path, model):
    one = Gallery.create(tmp_path / "g", model)
    other = Gallery.open(tmp_path / "g", model)
    one.add_embeddings(random_rows(2, 8), ["a", "b"])
    with pytest.raises(ValueError, match=r"gallery's width, 8.*2, 5"):
        other.add_embeddings(random_rows(2, 5), ["c", "d"])
    other.add_embeddings(random_rows(2, 8), ["c", "d"])
    one.refresh()
    assert one.ids == other.ids == tuple("abcd")


def test_a_reader_sees_a_compact_of_another(tmp_path, model, scann):
    rows = clustered_rows(400)
    one = Gallery.create(tmp_path / "g", model, 1.0, exact_below=300)
    one.add_embeddings(rows, [str(i) for i in range(400)])
    other = Gallery.open(tmp_path / "g", model)
    want = ids(other, rows[:1])
    one.remove([str(i) for i in range(50, 60)])
    one.compact()
    assert ids(other, rows[:1]) == want  # what it had, its files are gone
    assert other.stats()["engine"] == "exact"
    assert other.refresh()
    assert other.stats() == one.stats() and other.stats()["engine"] == "scann"
    assert equal(content(one), content(other))


def test_open_readers_outlive_their_files(tmp_path, model, monkeypatch, scann):
    monkeypatch.setattr(
        "keras_cmr.retrieval.local.table._KEPT",
        timedelta(0),
    )
    rows = clustered_rows(4500, 16)  # so many that they are mapped
    one = Gallery.create(tmp_path / "g", model)
    one.add_embeddings(rows, [str(i) for i in range(4500)])
    one.compact()
    reader = Gallery.open(tmp_path / "g", model)
    want, held = ids(reader, rows[:1]), content(reader)
    files_before = set((tmp_path / "g").rglob("*.lance"))
    one.update(["4000"], metadata=[{"n": 1}])
    for _ in range(2):  # the first leaves the files to the version before it
        one.remove([one.ids[0]])
        one.compact()
    assert not files_before & set((tmp_path / "g").rglob("data/*.lance"))
    assert ids(reader, rows[:1]) == want
    assert equal(content(reader), held)
    reader.refresh()
    assert equal(content(reader), content(one))
    reader.add_embeddings(rows[:1], ["new"])
    assert ids(reader, rows[:1], 1) == ["new"]


def test_a_reader_whose_files_go_while_it_opens_begins_again(
    tmp_path, model, monkeypatch, scann
):
    """A compact between reading the seal, or manifest, and the files."""
    one = Gallery.create(tmp_path / "g", model, 0.5, exact_below=300)
    one.add_embeddings(clustered_rows(400), [str(i) for i in range(400)])
    one.compact()
    monkeypatch.setattr(table, "_KEPT", timedelta(0))
    for module, name in (
        (table, "check_tails"),
        (engine, "load_scann"),
    ):
        real, done = getattr(module, name), []

        def late(*arguments, real=real, done=done):
            if not done:
                done.append(1)
                for _ in range(2):
                    one.remove([one.ids[0]])
                    one.compact()
            return real(*arguments)

        monkeypatch.setattr(module, name, late)
        reader = Gallery.open(tmp_path / "g", model)
        assert done and reader.stats()["engine"] == "scann"
        assert equal(content(reader), content(one))
        monkeypatch.setattr(module, name, real)


HOLD = """
import sys
from keras_cmr.write_lock import write_lock
from pathlib import Path
with write_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_writer_that_waits_in_vain_is_told(pair, monkeypatch):
    one, _ = pair
    folder = one.stats()["location"]
    process = start(HOLD, folder)
    assert process.stdout.readline() == "held\n"
    monkeypatch.setattr(writing, "_SECONDS_WAITED", 0.2)
    before = content(one)
    for write in (
        lambda: one.add_embeddings(random_rows(1, 8), ["x"]),
        lambda: one.update(["1"], metadata=[{}]),
        lambda: one.remove(["1"]),
        one.compact,
    ):
        with pytest.raises(BlockingIOError, match="written by another prog"):
            write()
    assert equal(content(one), before)
    assert ids(one, random_rows(1, 8), 1) == ["0"]
    one.refresh()
    one.verify()
    process.communicate("\n")
    one.add_embeddings(random_rows(1, 8), ["x"])


def test_two_holders_in_one_process_exclude_each_other(pair, monkeypatch):
    one, other = pair
    monkeypatch.setattr(writing, "_SECONDS_WAITED", 0.1)
    with (
        write_lock(Path(one.stats()["location"])),
        pytest.raises(BlockingIOError),
    ):
        other.remove(["1"])
    other.remove(["1"])


WRITE = """
import sys
from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.dictionary import random_rows
gallery, name = Gallery.open(sys.argv[1], FakeModel()), sys.argv[2]
print("open", flush=True)
sys.stdin.readline()
for i in range(12):
    try:
        gallery.add_embeddings(random_rows(1, 8, i), [f"{i}"])
        print(i, flush=True)
    except ValueError as error:
        assert "already" in str(error)
    gallery.add_embeddings(random_rows(1, 8, i), [f"{name} {i}"])
    if i == 6:
        gallery.compact()
gallery.verify()
"""


def test_two_writers_at_once_lose_nothing(tmp_path, model):
    gallery = Gallery.create(tmp_path / "g", model)
    writers = [start(WRITE, tmp_path / "g", name) for name in "ab"]
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    added = [w.communicate()[0].split() for w in writers]
    assert [w.returncode for w in writers] == [0, 0]
    gallery.refresh()
    gallery.verify()
    # Each shared id was added by one of them, and by one only.
    assert sorted(map(int, added[0] + added[1])) == list(range(12))
    own = {f"{name} {i}" for name in "ab" for i in range(12)}
    assert set(gallery.ids) == own | {str(i) for i in range(12)}
    found = content(gallery)
    for i in range(12):
        for id in (str(i), f"a {i}", f"b {i}"):
            assert np.allclose(found[id][0], random_rows(1, 8, i)[0], atol=1e-6)


READ = """
import sys
from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.dictionary import clustered_rows
gallery = Gallery.open(sys.argv[1], FakeModel())
(hits,) = gallery.search_embeddings(clustered_rows(400)[:1], 3)
gallery.refresh()
gallery.verify()
try:
    gallery.remove(["1"])
except OSError as error:
    print(hits[0].id, gallery.stats()["engine"], error)
"""
READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"
"""


def test_a_reader_needs_no_permission_to_write(tmp_path, model, scann):
    folder = tmp_path / "g"
    gallery = Gallery.create(folder, model, 1.0, exact_below=300)
    gallery.add_embeddings(clustered_rows(400), [str(i) for i in range(400)])
    gallery.compact()
    mounted = ["unshare", "-rm", "sh", "-c", READ_ONLY, str(folder)]
    try:
        subprocess.run([*mounted, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(str(error))
    told = subprocess.run(
        [*mounted, sys.executable, "-c", READ, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert told.stdout.startswith("0 scann "), told.stderr
    assert "Read-only file system" in told.stdout
    assert "write.lock" in told.stdout
