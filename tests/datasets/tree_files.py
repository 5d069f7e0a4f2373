"""Small files that the hand-made benchmarks are made of."""

import json
from pathlib import Path

from PIL import Image


def write_json(path: Path, content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def write_image(path: Path, number: int) -> None:
    """Eight by eight pixels whose red value is `number`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
