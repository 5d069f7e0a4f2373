"""Killed at many instants, and started again until all is done."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval.bulk.shard_file import read_shard
from tests.retrieval.bulk.conftest import picture
from tests.retrieval.bulk.kill_script import SHARD_SIZE
from tests.retrieval.fake_model import FakeModel

SCRIPT = Path(__file__).with_name("kill_script.py")
ROOT = SCRIPT.parents[3]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )


def shards(out):
    """Bytes of each shard, all of which can be read."""
    found = {}
    for path in sorted(out.glob("shard-*.npz")):
        read_shard(path)
        found[path.name] = path.read_bytes()
    return found


def test_embed_images_killed_before_its_file_events(tmp_path, photos):
    whole = tmp_path / "whole"
    embed_images(photos, FakeModel(), whole, SHARD_SIZE, verbose=0)
    out, there, kills = tmp_path / "out", {}, 0
    for number in range(1, 60):
        # Odd strides, so that the deaths meet every kind of event.
        process = start("embed", photos, out, 1 + 7 * number % 23)
        told = process.communicate()[0].split()
        now = shards(out)
        assert there.items() <= now.items()
        asked = told.count("asked")
        # Each shard asked for but the last one was written.
        assert asked - 1 <= len(now) - len(there) <= asked
        there = now
        if told[-1:] == ["done"]:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
    assert kills >= 4
    assert there == shards(whole)
    for name in ("plan.json", "skipped.jsonl"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert not list(out.glob("*.new"))


def test_index_images_killed_at_random_moments(tmp_path, model):
    photos, location = tmp_path / "photos", tmp_path / "g"
    for number in range(36):
        picture(photos / f"{number:02d}.png", number)
    delays = np.random.default_rng(0).uniform(0, 0.06, 12)
    count = kills = 0
    for number, delay in enumerate(delays):
        process = start("index", photos, location)
        # When the model is asked again, a shard has been written.
        lines = [process.stdout.readline() for _ in range(2 + number % 3)]
        time.sleep(delay)
        process.kill()
        told = ("".join(lines) + process.communicate()[0]).split()
        gallery = Gallery.open(location, model)
        gallery.verify()
        asked = told.count("asked")
        written = (len(gallery) - count) / SHARD_SIZE
        assert written in (asked - 1, asked) and written >= 1
        count = len(gallery)
        if count == 36:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
    assert kills >= 2
    assert gallery.ids == tuple(f"{number:02d}.png" for number in range(36))
