"""`kill -9` at any instant leaves the state before or after a write."""

import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from tests.retrieval.dictionary import assert_best
from tests.retrieval.dictionary import best
from tests.retrieval.dictionary import random_rows
from tests.retrieval.fake_model import FakeModel
from tests.retrieval.local.writes import BASE
from tests.retrieval.local.writes import DIM
from tests.retrieval.local.writes import content
from tests.retrieval.local.writes import equal
from tests.retrieval.local.writes import follow
from tests.retrieval.local.writes import writes

SCRIPT = Path(__file__).with_name("crash_script.py")
WRITES = ["add", "update", "remove"]


@pytest.fixture(scope="module")
def kill():
    """Has a gallery written to in another process, which is killed."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[3])},
    )

    def run(folder, seed, kinds, after, slow=False):
        order = {"folder": str(folder), "seed": seed, "kinds": kinds}
        order.update(after=after, slow=slow)
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield run
    process.communicate()
    assert process.returncode == 0


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Makes a folder with the gallery of `BASE`, and `more` rows."""

    @functools.cache
    def original(more):
        folder = tmp_path_factory.mktemp("base") / "g"
        gallery = Gallery.create(folder, FakeModel(), 0.5, exact_below=256)
        vectors = [vector for vector, _ in BASE.values()]
        gallery.add_embeddings(np.stack(vectors), list(BASE))
        if more:
            rows = random_rows(more, DIM, 7)
            gallery.add_embeddings(rows, [f"more {i}" for i in range(more)])
        return folder, content(gallery)

    def copy(folder, more=0):
        whole, rows = original(more)
        shutil.copytree(whole, folder)
        return rows

    return copy


def check_whole(folder, before, seed, kinds, count):
    """The gallery holds what `count` writes left, or the one after."""
    states = [before]
    for write in itertools.islice(writes(seed, kinds), count + 1):
        states.append(follow(states[-1], write))
    gallery = Gallery.open(folder, FakeModel())
    gallery.verify()
    found = content(gallery)
    assert any(equal(found, state) for state in states[-2:])
    (query,) = random_rows(1, DIM, 5)
    (hits,) = gallery.search_embeddings(query[None], 5)
    if gallery.stats()["engine"] == "exact":
        assert_best(hits, best(found, query, 5))
    # Writing goes on, and what was left of the killed write is no part of it.
    write = ("add", ["after"], random_rows(1, DIM, 9), [{}])
    gallery.add_embeddings(*[write[i] for i in (2, 1, 3)])
    gallery.remove(["after"])
    gallery.compact()
    for one in (gallery, Gallery.open(folder, FakeModel())):
        one.verify()
        assert equal(content(one), found)


def kill_many(tmp_path, kill, filled, kinds, times, slow=False, more=0):
    counts = []
    for seed, after in enumerate(times):
        folder = tmp_path / str(seed)
        before = filled(folder, more)
        counts.append(kill(folder, seed, kinds, after, slow))
        check_whole(folder, before, seed, kinds, counts[-1])
        shutil.rmtree(folder)
    return counts


@pytest.mark.parametrize("kinds", [WRITES], ids=["writes"])
def test_a_kill_at_a_random_moment(tmp_path, kill, filled, kinds):
    times = np.random.default_rng(0).uniform(0, 0.6, 8)
    counts = kill_many(tmp_path, kill, filled, kinds, times)
    assert max(counts) >= 5  # joined files and dropped versions too


def test_a_kill_during_compact(tmp_path, kill, filled, scann):
    times = np.random.default_rng(1).uniform(0, 0.6, 4)
    kill_many(tmp_path, kill, filled, ["compact"], times, more=260)


def test_a_kill_at_the_very_first_row(tmp_path, kill):
    for seed, after in enumerate([0, 0.003, 0.006, 0.01, 0.02, 0.04]):
        folder = tmp_path / str(seed)
        Gallery.create(folder, FakeModel(), exact_below=256)
        count = kill(folder, seed, ["add"], after)
        check_whole(folder, {}, seed, ["add"], count)


@pytest.fixture(scope="module")
def strace():
    """Skips where strace is missing or not allowed."""
    test = ["strace", "-e", "inject=read:delay_enter=1", "true"]
    try:
        subprocess.run(test, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("kind", ["add", "update", "remove"])
def test_a_kill_between_any_two_file_operations(
    tmp_path, kill, filled, strace, kind
):
    """Each operation is delayed, so that any gap is as likely as another."""
    times = np.linspace(0.02, 0.6, 4)
    kill_many(tmp_path, kill, filled, [kind], times, slow=True)


@pytest.mark.large
@pytest.mark.parametrize("kinds", [WRITES, ["compact"], [*WRITES, "compact"]])
@pytest.mark.parametrize("slow", [False, True])
def test_a_thousand_kills(tmp_path, kill, filled, kinds, slow, request):
    if slow:
        request.getfixturevalue("strace")
    more = 260 if "compact" in kinds else 0
    times = np.random.default_rng(2).uniform(0, 2 if slow else 1, 170)
    kill_many(tmp_path, kill, filled, kinds, times, slow, more)
