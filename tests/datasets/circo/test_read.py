import json

import numpy as np
import pytest

from keras_cmr.datasets import load
from keras_cmr.evaluation import validate_circo
from keras_cmr.evaluation import write_circo
from tests.datasets.circo.tree import IDS
from tests.datasets.circo.tree import write

GALLERY = "COCO2017_unlabeled/annotations/image_info_unlabeled2017.json"


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "CIRCO")
    return tmp_path / "CIRCO"


def read(folder):
    return load("circo", folder, image_size=8, verbose=0)


def test_tables(folder):
    circo = read(folder)
    assert circo.train is None
    assert (circo.test.name, circo.server.name) == ("val", "test")
    test, server = circo.test, circo.server
    for split in (test, server):
        assert split.images.ids.tolist() == [str(number) for number in IDS]
        assert split.queries.kinds is None and split.vocabulary == ()
    reds = test.images.pixels[:][:, 0, 0, 0].tolist()
    # A JPEG keeps a colour nearly.
    assert reds == pytest.approx(range(0, 208, 4), abs=2)
    assert test.queries.ids.tolist() == ["0", "1"]
    assert test.queries.references.tolist() == [3, 7]
    # The target that the text was written for comes first.
    assert test.queries.targets == ((5, 1, 4), (0,))
    assert test.queries.target_labels.tolist() == [5, 0]
    assert test.queries.modifications.tolist() == [
        "is held by a girl",
        "has two dogs",
    ]
    assert server.queries.references.tolist() == [2, 2]
    assert server.queries.targets == ((), ())
    assert circo.protocols == ("circo/kept", "circo/removed")


def test_the_target_comes_first_whatever_the_order(folder):
    path = folder / "annotations" / "val.json"
    records = json.loads(path.read_text())
    records[0]["gt_img_ids"].reverse()
    path.write_text(json.dumps(records))
    assert read(folder).test.queries.targets[0] == (5, 4, 1)


def test_without_coco_s_list_the_folder_is_the_gallery(folder):
    expected = read(folder).fingerprint
    (folder / GALLERY).unlink()
    images = folder / "COCO2017_unlabeled" / "unlabeled2017"
    (images / "contact_sheet.jpg").write_bytes(b"no image of COCO")
    assert read(folder).fingerprint == expected
    # An image that only a query names is still counted.
    (images / f"{IDS[2]:012d}.jpg").unlink()
    path = folder / "annotations" / "val.json"
    records = json.loads(path.read_text())
    records[0]["reference_img_id"] = IDS[2]
    path.write_text(json.dumps(records))
    (folder / "annotations" / "test.json").unlink()
    with pytest.warns(UserWarning, match="1 of 52 images of the split 'val'"):
        test = read(folder).test
    assert len(test.images) == 51 and test.lost_queries == 1
    assert test.queries.ids.tolist() == ["1"]


def test_coco_s_folders_may_lie_in_the_folder_itself(folder):
    expected = read(folder).fingerprint
    coco = folder / "COCO2017_unlabeled"
    (coco / "unlabeled2017").rename(folder / "unlabeled2017")
    (folder / GALLERY).rename(folder / "annotations" / GALLERY.split("/")[-1])
    (coco / "annotations").rmdir()
    coco.rmdir()
    assert read(folder).fingerprint == expected


def test_up_to_23_truths(folder):
    path = folder / "annotations" / "val.json"
    records = json.loads(path.read_text())
    records[0] |= {"target_img_id": IDS[20], "gt_img_ids": IDS[20:43]}
    path.write_text(json.dumps(records))
    assert read(folder).test.queries.targets[0] == tuple(range(20, 43))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 0}, "each `id` must occur once"),
        ({"id": "2"}, "`id` must be of type int"),
        ({"reference_img_id": -4}, "an integer of at most 12 digits"),
        ({"reference_img_id": 10**12}, "an integer of at most 12 digits"),
        ({"reference_img_id": True}, "an integer of at most 12 digits"),
        ({"gt_img_ids": []}, "must be distinct and hold `target_img_id`"),
        ({"gt_img_ids": [IDS[5], IDS[5]]}, "must be distinct"),
        ({"gt_img_ids": [str(IDS[5])]}, "an integer of at most 12 digits"),
        ({"relative_caption": None}, "`relative_caption` must be of type str"),
    ],
)
def test_a_flawed_query_is_named_by_its_line(folder, change, message):
    path = folder / "annotations" / "val.json"
    records = json.loads(path.read_text())
    flawed = records[0] | {"id": 2} | change
    lines = ",\n".join(map(json.dumps, [*records, flawed]))
    path.write_text(f"[\n{lines}\n]")
    with pytest.raises(ValueError, match=message) as error:
        read(folder)
    assert f"{path}, line 4: " in str(error.value)


def test_a_query_must_name_images_of_the_gallery(folder):
    path = folder / "annotations" / "val.json"
    records = json.loads(path.read_text())
    records[1]["reference_img_id"] = 5
    path.write_text(json.dumps(records))
    with pytest.raises(ValueError, match=r"val\.json: the query 1 must name"):
        read(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "a JSON object with a list `images`"),
        ({"images": {}}, "`images` must be of type list"),
        ({"images": [3]}, "image 1: every entry must be an object"),
        ({"images": [{"id": 1}]}, "image 1: an image must be named"),
        (
            {"images": [{"id": 1, "file_name": "../1.jpg"}]},
            "image 1: .* below its folder",
        ),
        (
            {"images": [{"id": 1, "file_name": "1.jpg"}] * 2},
            "image 2: each `id` must occur once",
        ),
    ],
)
def test_a_flawed_gallery(folder, content, message):
    path = folder / GALLERY
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message) as error:
        read(folder)
    assert str(path) in str(error.value)


def test_the_server_s_file_of_a_read_split(folder, tmp_path):
    server = read(folder).server
    candidates = np.random.default_rng(1).normal(size=(52, 8))
    # Each query looks like one image: that one comes first.
    path = write_circo(server, candidates[[40, 2]], candidates, tmp_path)
    content = json.loads(path.read_text())
    assert content["0"][0] == IDS[40] and content["1"][0] == IDS[2]
    removed = write_circo(
        server, candidates[[40, 2]], candidates, tmp_path, keep_reference=False
    )
    assert IDS[2] not in json.loads(removed.read_text())["1"]
    validate_circo(removed, server)
