import inspect
import os
import sys

import pytest

from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.image_folder import checked_relative


@pytest.fixture
def folder(tmp_path):
    """b.jpg, a/x.PNG, a/y.jpeg and a text, beside a folder that is secret."""
    root = tmp_path / "images"
    (root / "a").mkdir(parents=True)
    for name in ("b.jpg", "a/x.PNG", "a/y.jpeg", "a/notes.txt"):
        (root / name).touch()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.jpg").touch()
    return root


def test_lists_images_sorted(folder):
    found = ImageFolder(folder)
    assert list(found) == ["a/x.PNG", "a/y.jpeg", "b.jpg"]
    assert len(found) == 3 and found.outside == {}
    assert list(ImageFolder(folder, endings=(".txt",))) == ["a/notes.txt"]


def test_find_with_and_without_ending(folder):
    found = ImageFolder(folder)
    for name in ("a/x.PNG", "a/x", "./a/x", "a//x.PNG", "./a/./x.PNG"):
        assert found.find(name) == str(folder.resolve() / "a/x.PNG"), name
    for name in ("x", "a", "a/x.jpg", "A/x", "a/notes.txt", "c.jpg"):
        assert found.find(name) is None, name
    assert found.why_missing("a/z.jpg") == f"{folder / 'a/z.jpg'}: missing"


def test_the_first_of_two_endings(folder):
    (folder / "b.png").touch()
    found = ImageFolder(folder)
    assert found.find("b") == str(folder / "b.jpg")
    assert found.find("b.png") == str(folder / "b.png")


def test_folders_in_folders_however_deep(folder):
    deep = "d/" * 200 + "deep.jpg"
    (folder / deep).parent.mkdir(parents=True)
    (folder / deep).touch()
    # Less deep than it takes, so that pytest can remove the folders.
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        found = list(ImageFolder(folder))
    finally:
        sys.setrecursionlimit(limit)
    assert found[-1] == deep


@pytest.mark.parametrize(
    "path",
    [
        "../secret/s.jpg",
        "a/../../secret/s.jpg",
        "..",
        "/etc/passwd.jpg",
        "//a.jpg",
        "a\\x.jpg",
        "a\0.jpg",
        "",
        ".",
        "./",
    ],
)
def test_paths_that_leave_are_errors(folder, path):
    for call in (checked_relative, ImageFolder(folder).find):
        with pytest.raises(ValueError, match="below its folder") as caught:
            call(path)
        assert repr(path) in str(caught.value)


def test_names_that_only_look_like_leaving():
    assert checked_relative("./a..b/...jpg") == "a..b/...jpg"
    assert checked_relative("~/x.jpg") == "~/x.jpg"


def test_links(folder):
    secret = folder.parent / "secret"
    (folder / "out.jpg").symlink_to(secret / "s.jpg")
    (folder / "outside").symlink_to(secret)
    (folder / "in.jpg").symlink_to(folder / "b.jpg")
    (folder / "round").symlink_to(folder)
    (folder / "self.jpg").symlink_to("self.jpg")
    (folder / "gone.jpg").symlink_to("nothing.jpg")
    (folder / "dir.jpg").mkdir()
    found = ImageFolder(folder)
    assert list(found) == ["a/x.PNG", "a/y.jpeg", "b.jpg", "in.jpg"]
    assert found.outside == {
        "out.jpg": str(secret / "s.jpg"),
        "outside": str(secret),
    }
    assert found.find("outside/s.jpg") is None
    for path in ("out.jpg", "outside/s.jpg"):
        assert found.why_missing(path).endswith(
            f"{path}: a link that leads out of the folder"
        )
    assert found.why_missing("gone.jpg").endswith("gone.jpg: missing")


def test_a_folder_whose_name_begins_alike_is_outside(folder):
    other = folder.parent / "images2"
    other.mkdir()
    (other / "s.jpg").touch()
    (folder / "out.jpg").symlink_to(other / "s.jpg")
    assert "out.jpg" not in list(ImageFolder(folder))


def test_a_pipe_is_no_image(folder):
    os.mkfifo(folder / "pipe.jpg")
    assert "pipe.jpg" not in list(ImageFolder(folder))


def test_the_folder_may_be_a_link(folder):
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert len(ImageFolder(link)) == 3


def test_no_folder(folder):
    for path in (folder / "c", folder / "b.jpg"):
        with pytest.raises(FileNotFoundError, match=f"no folder {path}"):
            ImageFolder(path)
