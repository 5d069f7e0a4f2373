import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import storage
from tests.retrieval.fake_model import FakeModel

SCRIPT = Path(__file__).with_name("crash_script.py")
ROOT = SCRIPT.parents[2]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def saved(tmp_path, model, pixels):
    """A saved gallery that holds a ScaNN index."""
    gallery = Gallery.create(tmp_path / "g", model, 0.8, exact_below=256)
    gallery.add(pixels(300), verbose=0)
    gallery.save()
    return gallery


def search(gallery, pixels):
    hits = gallery.search(pixels(1, seed=3)[0], "in red", k=5)
    return [hit.id for hit in hits]


def generations(folder):
    return sorted(path.name for path in folder.glob("generation-*"))


def test_only_the_saved_generation_stays(saved, pixels):
    assert generations(saved.folder) == ["generation-000002"]
    saved.add(pixels(1, seed=1), verbose=0)
    saved.save()
    assert generations(saved.folder) == ["generation-000003"]
    names = sorted(p.name for p in saved.folder.iterdir())
    assert names == ["generation-000003", "manifest.json"]


def test_the_manifest_lists_every_file(saved):
    manifest = json.loads((saved.folder / "manifest.json").read_text())
    generation = saved.folder / manifest["generation"]
    on_disk = {
        path.relative_to(generation).as_posix()
        for path in generation.rglob("*")
        if path.is_file()
    }
    assert set(manifest["artifacts"]) == on_disk
    assert {"vectors.npy", "items.jsonl"} < on_disk
    assert np.load(generation / "vectors.npy").shape == (300, 32)


def artifact_names(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    names = [f"{manifest['generation']}/{n}" for n in manifest["artifacts"]]
    return [*names, "manifest.json"]


@pytest.mark.parametrize("damage", ["bit", "cut", "longer", "missing"])
def test_damage_to_any_file_is_an_error_that_names_it(
    saved, tmp_path, scann, damage
):
    names = artifact_names(saved.folder)
    assert len(names) >= 8
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(saved.folder, copy)
        path = copy / name
        content = bytearray(path.read_bytes())
        if damage == "bit":
            content[len(content) // 2] ^= 1
        elif damage == "cut":
            del content[-2:]
        else:
            content += b"x"
        path.write_bytes(content)
        if damage == "missing":
            path.unlink()
        with pytest.raises(ValueError) as caught:
            Gallery.open(copy, FakeModel())
        assert path.name in str(caught.value)
        shutil.rmtree(copy)


def test_another_format_is_refused(saved):
    path = saved.folder / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(ValueError, match=r"another format.*has format 2.*1"):
        Gallery.open(saved.folder, FakeModel())


@pytest.mark.parametrize("text", ["", "[]", "7", "null", '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused(saved, text):
    (saved.folder / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"Damaged.*manifest\.json"):
        Gallery.open(saved.folder, FakeModel())


def test_a_folder_without_a_gallery_is_refused(tmp_path, model):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ValueError, match=r"must hold a gallery.*manifest"):
            Gallery.open(folder, model)


def test_strange_names_survive(gallery, pixels):
    ids = ["a\nb", "ü\u2028", '"quoted"', "\udcff", "x\ry", "a\x00"]
    metadata = [{"x": id, "y": [None, 1.5, {"z": True}]} for id in ids]
    gallery.add(pixels(6), ids=ids, metadata=metadata, verbose=0)
    gallery.save()
    opened = Gallery.open(gallery.folder, FakeModel())
    assert opened.ids == tuple(ids)
    assert opened._items.metadata == metadata


def test_what_another_program_saved_is_not_overwritten(saved, pixels):
    other = Gallery.open(saved.folder, FakeModel())
    for gallery, seed in ((other, 1), (saved, 2)):
        gallery.add(pixels(2, seed=seed), verbose=0)
    other.save()
    with pytest.raises(ValueError, match="saved by another program"):
        saved.save()
    assert search(saved, pixels)
    assert len(Gallery.open(saved.folder, FakeModel())) == 302


def test_a_save_that_fails_changes_nothing(saved, pixels, monkeypatch):
    def full(path):
        raise OSError("No space left on device")

    before = search(saved, pixels)
    saved.add(pixels(2, seed=1), verbose=0)
    monkeypatch.setattr(storage, "sync", full)
    with pytest.raises(OSError, match="No space"):
        saved.save()
    assert generations(saved.folder) == ["generation-000002"]
    assert search(Gallery.open(saved.folder, FakeModel()), pixels) == before
    monkeypatch.undo()
    saved.save()
    assert len(Gallery.open(saved.folder, FakeModel())) == 302


def check_whole(folder, model, pixels, counts):
    gallery = Gallery.open(folder, model)
    assert len(gallery) in counts
    assert len(search(gallery, pixels)) == 5
    gallery.add(pixels(1, seed=4), ids=["after"], verbose=0)
    gallery.save()
    assert len(generations(folder)) == 1
    return len(gallery) - 1


def test_a_kill_before_any_file_operation_leaves_old_or_new(
    tmp_path, gallery, model, pixels
):
    gallery.add(pixels(20), verbose=0)
    gallery.save()
    counts, finished = [], False
    for first in range(1, 200, 4):
        # Four processes at a time share the start-up cost of two cores.
        folders = [tmp_path / f"copy{i}" for i in range(first, first + 4)]
        runs = []
        for number, folder in enumerate(folders, start=first):
            shutil.copytree(gallery.folder, folder)
            runs.append(start("at", folder, number))
        for run, folder in zip(runs, folders, strict=True):
            run.communicate()
            if run.returncode == 0:
                finished = True
                continue
            assert run.returncode == -signal.SIGKILL
            counts.append(check_whole(folder, model, pixels, {20, 30}))
        if finished:
            break
    assert finished and len(counts) >= 15
    assert counts == sorted(counts) and set(counts) == {20, 30}


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.11])
@pytest.mark.parametrize("kind", ["gallery", "saved"])
def test_a_kill_at_a_random_moment_leaves_a_saved_state(
    request, model, pixels, kind, delay
):
    folder = request.getfixturevalue(kind).folder
    before = len(Gallery.open(folder, model))
    run = start("loop", folder)
    told = int(run.stdout.readline())
    time.sleep(delay)
    run.kill()
    rest = run.communicate()[0].split()
    told = int(rest[-1]) if rest else told
    assert told > before
    check_whole(folder, model, pixels, {told, told + 10})
