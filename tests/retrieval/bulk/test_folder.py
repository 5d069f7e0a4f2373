import os

import pytest

from keras_cmr.retrieval.bulk.as_source import as_source
from tests.retrieval.bulk.conftest import BROKEN


def names(folder):
    return [picture.id for picture in as_source(folder).pictures()]


def test_pictures_are_found_recursively_and_sorted(photos):
    wanted = [
        *(f"a/{n:02d}.png" for n in (0, 3, 6, 9)),
        *(f"b/{n:02d}.png" for n in (1, 4, 7, 10)),
        BROKEN,
        *(f"c/{n:02d}.png" for n in (2, 5, 8)),
    ]
    assert names(photos) == wanted == sorted(wanted)
    source = as_source(str(photos))
    assert source.count == 12
    assert [p.image for p in source.pictures()] == [photos / n for n in wanted]


def test_what_is_no_picture_of_the_user_is_left_out(photos):
    before = names(photos)
    (photos / "notes.txt").write_text("x")
    (photos / "a" / "._00.png").write_bytes(b"macOS")
    (photos / ".cache").mkdir()
    (photos / ".cache" / "x.png").write_bytes(b"x")
    (photos / "dir.png").mkdir()
    (photos / "round").symlink_to(photos)
    assert names(photos) == before
    (photos / "UPPER.JPG").write_bytes(b"x")
    os.symlink(photos / "a" / "00.png", photos / "link.png")
    assert {*names(photos)} == {*before, "UPPER.JPG", "link.png"}


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"No pictures \(.bmp.*in "):
        as_source(tmp_path)
    with pytest.raises(ValueError, match="No such folder"):
        as_source(tmp_path / "none")
