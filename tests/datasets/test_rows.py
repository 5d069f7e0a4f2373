import numpy as np
import pytest
from PIL import Image

from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.rows import ImageRow
from keras_cmr.datasets.rows import QueryRow
from keras_cmr.datasets.rows import build_split

# Two blue ones, a red one, and one whose content is not named.
IMAGES = (
    ImageRow("p", "p.png", "blue", "B", {"colour": "blue"}, {"note": 1}),
    ImageRow("q", "q", "red", "R", {"colour": "red"}),
    ImageRow("r", "./r.png", "blue", "B", {"colour": "blue"}),
    ImageRow("s", "s.png", attributes={"colour": ""}),
)


@pytest.fixture
def root(tmp_path):
    for i, name in enumerate("pqrs"):
        pixels = np.full((5, 5, 3), 60 * i, "uint8")
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return tmp_path


def build(root, queries, images=IMAGES, **kwargs):
    return build_split(
        "test", images, queries, ImageFolder(root), 4, verbose=0, **kwargs
    )


def test_images(root):
    split = build(root, [], vocabulary=["blue", "red"])
    images = split.images
    assert split.name == "test" and split.vocabulary == ("blue", "red")
    assert images.ids.tolist() == ["p", "q", "r", "s"]
    assert images.captions.tolist() == ["blue", "red", "blue", ""]
    assert images.labels.tolist() == [0, 1, 0, 2]
    assert images.labels.dtype == np.int32
    assert images.metadata == [{"note": 1}, None, None, None]
    assert images.attributes["colour"].tolist() == ["blue", "red", "blue", ""]
    assert images.pixels[:][:, 0, 0, 0].tolist() == [0, 60, 120, 180]
    assert split.missing == () and split.lost_queries == 0
    assert split.sampler is None
    assert len(split.queries) == 0


def test_images_without_a_label_are_contents_of_their_own(root):
    images = [ImageRow(name, name) for name in "pqrs"]
    split = build(root, [QueryRow("p", "go on", ("q",))], images)
    assert split.images.labels.tolist() == [0, 1, 2, 3]
    assert split.images.metadata == () and split.images.attributes == {}
    assert split.queries.targets == ((1,),)


def test_targets(root):
    queries = build(
        root,
        [
            # One target: whoever has its label is right too, it comes first.
            QueryRow("q", "make it blue", ("r",)),
            # A label alone.
            QueryRow("s", "make it blue", target_label="B"),
            # Several targets are those that are named.
            QueryRow("q", "make it cold", ("s", "p")),
            # An image without a label is like no other.
            QueryRow("q", "make it dull", ("s",)),
            # The organisers keep the answer.
            QueryRow("q", "make it so"),
        ],
    ).queries
    assert queries.references.tolist() == [1, 3, 1, 1, 1]
    assert queries.targets == ((2, 0), (0, 2), (3, 0), (3,), ())
    assert queries.target_labels.tolist() == [0, 0, 2, 2, -1]
    assert queries.modifications.tolist()[1] == "make it blue"
    assert queries.references.dtype == queries.target_labels.dtype == np.int32
    for column in ("kinds", "seen", "ids", "subsets"):
        assert getattr(queries, column) is None, column


def test_queries_of_one_label_share_their_targets(root):
    queries = [QueryRow("q", text, target_label="B") for text in "ab"]
    first, second = build(root, queries).queries.targets
    assert first is second


def test_columns(root):
    queries = build(
        root,
        [
            QueryRow("q", "a", ("p",), "", "k", True, "7", ("p", "r")),
            QueryRow("q", "b", ("s",), "", "", False, "8", ("s",)),
        ],
    ).queries
    assert queries.kinds.tolist() == ["k", ""]
    assert queries.seen.tolist() == [True, False]
    assert queries.seen.dtype == bool
    assert queries.ids.tolist() == ["7", "8"]
    assert queries.subsets == ((0, 2), (3,))


QUERIES = (
    QueryRow("q", "from a missing one", ("p",)),
    QueryRow("p", "to a missing one", ("q",)),
    QueryRow("p", "to one of two", ("q", "s"), subset=("q", "r")),
    QueryRow("p", "to a label", target_label="R"),
    QueryRow("r", "whole", ("s",), subset=("p", "s")),
    QueryRow("s", "without an answer"),
)


def test_what_is_missing_is_counted(root):
    (root / "q.png").unlink()
    with pytest.warns(
        UserWarning,
        match=r"1 of 4 images of the split 'test' could not be read, and 3 of "
        r"6 queries need them. The first is .*/q: missing. They are left out",
    ):
        split = build(root, QUERIES)
    assert split.images.ids.tolist() == ["p", "r", "s"]
    # Labels and indices count what is left.
    assert split.images.labels.tolist() == [0, 0, 1]
    assert split.missing == (f"{root / 'q'}: missing",)
    assert split.lost_queries == 3
    queries = split.queries
    assert queries.modifications.tolist() == [
        "to one of two", "whole", "without an answer",
    ]  # fmt: skip
    assert queries.references.tolist() == [0, 1, 2]
    assert queries.targets == ((2,), (2,), ())
    assert queries.target_labels.tolist() == [1, 1, -1]
    assert queries.subsets == ((1,), (0, 2), ())


def test_a_label_that_one_image_still_has(root):
    (root / "p.png").unlink()
    with pytest.warns(UserWarning, match="0 of 1 queries"):
        split = build(root, [QueryRow("q", "blue", target_label="B")])
    assert split.queries.targets == ((1,),)


def test_named_targets_do_not_become_all_of_a_label_when_some_are_missing(root):
    (root / "q.png").unlink()
    with pytest.warns(UserWarning, match="1 of 4 images"):
        split = build(root, [QueryRow("s", "go on", ("p", "q"))])
    # Not r, which has p's label: the query names what is right.
    assert split.queries.targets == ((0,),)


def test_missing_images_without_queries(root):
    (root / "q.png").unlink()
    with pytest.warns(UserWarning, match=r"could not be read\. The first"):
        build(root, [])


def test_strict(root):
    (root / "q.png").unlink()
    with pytest.raises(ValueError, match=r"1 of 4 images .*/q: missing"):
        build(root, QUERIES, strict=True)


def test_nothing_left(root):
    (root / "q.png").unlink()
    with pytest.raises(ValueError, match="1 of 1 queries"):
        build(root, QUERIES[:1])
    for name in "prs":
        (root / f"{name}.png").unlink()
    with pytest.raises(ValueError, match="4 of 4 images"):
        build(root, [])


def test_broken_files(root):
    (root / "q.png").write_bytes(b"no picture")
    split = build(root, QUERIES)
    assert split.missing == () and len(split.images) == 4
    with pytest.raises(ValueError, match=r"q\.png"):
        split.images.pixels[1]
    with pytest.warns(UserWarning, match="Can't read image"):
        split = build(root, QUERIES, verify=True)
    assert split.images.ids.tolist() == ["p", "r", "s"]
    assert split.lost_queries == 3
    with pytest.raises(ValueError, match="Can't read image"):
        build(root, QUERIES, verify=True, strict=True)


@pytest.mark.parametrize(
    ("images", "queries", "message"),
    [
        ((*IMAGES, IMAGES[1]), (), "must be distinct. Received: 'q' twice"),
        (IMAGES, (QueryRow("x", "t", ("p",)),), "Received: 'x' in the query"),
        (IMAGES, (QueryRow("p", "t", ("x",)),), "Received: 'x' in the query"),
        (IMAGES, (QueryRow("p", "t", (), subset=("x",)),), "from 'p', 't'"),
        ((ImageRow("a", "../a.png"),), (), "Received: '../a.png'"),
    ],
)
def test_errors(root, images, queries, message):
    with pytest.raises(ValueError, match=message):
        build(root, queries, images)
