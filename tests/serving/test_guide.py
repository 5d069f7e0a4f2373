"""The commands of docs/guides/serving.md, typed at a real server."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from keras_cmr.cli import app
from keras_cmr.retrieval import Gallery
from keras_cmr.serving import Limits
from tests.retrieval.fake_model import FakeModel
from tests.serving.processes import ROOT
from tests.serving.processes import running

GUIDE = (ROOT / "docs" / "guides" / "serving.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 9, 9, 3), np.uint8)
    paths = [tmp_path / f"{i}.png" for i in range(20)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    Image.fromarray(pixels[3]).save(tmp_path / "shoe.jpg")
    Gallery.create(tmp_path / "gallery", FakeModel()).add(
        paths,
        ids=[f"shoe-{i}" for i in range(20)],
        metadata=[{"brand": "xy"[i % 2], "price": 4 * i} for i in range(20)],
        verbose=0,
    )
    commands = re.findall(r"^curl .*$", GUIDE, re.MULTILINE)
    assert len(commands) == 8
    with running(tmp_path / "gallery") as server:
        printed = [
            subprocess.run(
                command.replace("curl", "curl -sS --fail", 1).replace(
                    ":8000", f":{server.port}"
                ),
                shell=True,
                cwd=tmp_path,
                check=True,
                capture_output=True,
            ).stdout
            for command in commands
        ]
    first, filtered, by_id = (json.loads(text) for text in printed[:3])
    assert len(first["hits"]) == 5
    assert {hit["id"] for hit in filtered["hits"]} == {
        f"shoe-{i}" for i in range(0, 13, 2)
    }
    assert len(by_id["hits"]) == 10
    assert not {"shoe-3", "shoe-4"} & {hit["id"] for hit in by_id["hits"]}
    with Image.open(tmp_path / "shoe-3.jpg") as picture:
        assert picture.format == "JPEG"
    assert len(json.loads(printed[4])["images"]) == 3
    assert json.loads(printed[5])["model"] == "Slow"
    assert json.loads(printed[6]) == {"status": "ready", "images": 20}
    assert b"keras_cmr_gallery_images 20.0" in printed[7]


def test_every_option_is_told():
    text = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"})
    options = set(re.findall(r"--[a-z][a-z-]+", text.output))
    options -= {"--help", "--model", "--port"}
    assert "--max-k" in options and len(options) > 15
    for option in options:
        assert f"`{option}" in GUIDE, option


def test_defaults_are_as_told():
    limits = Limits()
    told = dict(re.findall(r"^\| `(--[a-z-]+)` \| ([\d,]+)", GUIDE, re.M))
    told = {k: int(v.replace(",", "")) for k, v in told.items()}
    assert told == {
        "--max-body-mb": limits.body_bytes / 2**20,
        "--max-megapixels": limits.pixels / 1e6,
        "--max-k": limits.k,
        "--max-text": limits.text_chars,
        "--searches-per-minute": limits.searches_per_minute,
        "--images-per-minute": limits.images_per_minute,
        "--time-limit": limits.seconds,
        "--threads": limits.threads,
        "--max-waiting": limits.waiting,
        "--max-connections": limits.connections,
        "--image-side": limits.image_side,
    }
    help = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"})
    for option, value in told.items():
        line = next(x for x in help.output.splitlines() if option in x)
        assert f"default: {value}" in line, line
