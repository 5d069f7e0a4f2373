import numpy as np
import pytest
from PIL import Image

BROKEN = "b/broken.jpg"


def picture(path, seed):
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(path)


@pytest.fixture
def photos(tmp_path):
    """A folder of 11 pictures and, in the middle, a broken one."""
    folder = tmp_path / "photos"
    for number in range(11):
        picture(folder / "abc"[number % 3] / f"{number:02d}.png", number)
    (folder / BROKEN).write_bytes(b"no picture")
    return folder


@pytest.fixture
def vectors(photos, model):
    """Dict from id to embedding, by one image at a time."""
    found = {}
    for path in sorted(photos.rglob("*.png")):
        with Image.open(path) as opened:
            row = model.embed_targets([np.array(opened)])[0]
        found[path.relative_to(photos).as_posix()] = row
    return found
