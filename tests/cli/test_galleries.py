"""keras-cmr gallery stats, verify, compact, remove: without a model."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from keras_cmr.cli import app
from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel


def call(*arguments):
    return CliRunner().invoke(app, ["gallery", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    gallery = Gallery.create(tmp_path / "g", FakeModel())
    rng = np.random.default_rng(0)
    gallery.add_embeddings(rng.normal(size=(5, 32)), list("abcde"))
    return tmp_path / "g"


def test_stats_are_json(folder):
    figures = json.loads(call("stats", folder).stdout)
    assert (figures["count"], figures["dim"]) == (5, 32)
    assert figures["engine"] == "exact"
    assert figures["fingerprint"] == FakeModel().fingerprint


def test_remove_takes_all_or_none(folder):
    result = call("remove", folder, "b", "d")
    assert result.exit_code == 0
    assert "2 removed, 3 left" in result.stdout
    result = call("remove", folder, "a", "nobody")
    assert result.exit_code == 2
    assert "'nobody'" in result.stderr
    assert Gallery.open(folder, FakeModel()).ids == ("a", "c", "e")


def test_compact_makes_room(folder):
    call("remove", folder, "b")
    result = call("compact", folder, "--recall-target", "0.9")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("4 pictures, engine exact: ")
    figures = json.loads(call("stats", folder).stdout)
    assert (figures["removed"], figures["recall_target"]) == (0, 0.9)
    assert call("compact", folder, "--recall-target", "2").exit_code == 2


def test_verify_finds_damage(folder):
    result = call("verify", folder)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{folder} is whole: ")
    path = max(
        (folder / "rows.lance").rglob("*.lance"),
        key=lambda path: path.stat().st_size,
    )
    content = bytearray(path.read_bytes())
    content[100] ^= 4
    path.write_bytes(content)
    result = call("verify", folder)
    assert result.exit_code == 2
    assert result.stderr.startswith("keras-cmr: Damaged gallery")


@pytest.mark.parametrize("task", ["stats", "verify", "compact"])
def test_no_gallery_is_one_line(tmp_path, task):
    result = call(task, tmp_path)
    assert result.exit_code == 2
    assert "must hold a gallery" in result.stderr
    assert len(result.stderr.splitlines()) == 1
