import io

import pytest
from PIL import Image

from keras_cmr.serving import Limits


def test_a_small_picture(client):
    answer = client.get("/images", params={"id": "id/3", "side": 30})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (30, 20)
    # Files are 60 pixels wide, the largest side served is 512.
    whole = client.get("/images?id=id%2F3")
    assert Image.open(io.BytesIO(whole.content)).size == (60, 40)


@pytest.mark.parametrize(
    "id",
    [
        "id/99",
        "bare",
        "",
        "../../../../etc/passwd",
        "/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "id/3\x00.png",
        "a" * 5000,
        "\N{PILE OF POO}",
    ],
)
def test_only_pictures_of_the_gallery(client, id):
    answer = client.get("/images", params={"id": id})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no picture of this id."}


def test_not_even_its_own_files_by_path(client, made):
    for path in (made[1][0], made[0] / "gallery.json"):
        answer = client.get("/images", params={"id": str(path)})
        assert answer.status_code == 404


@pytest.mark.parametrize("side", ["0", "513", "-1", "1e2", "NaN", "", "9" * 99])
def test_sides(client, side):
    answer = client.get("/images", params={"id": "id/3", "side": side})
    assert answer.status_code == 422
    assert "from 1 to 512" in answer.json()["error"]


def test_no_id(client):
    assert client.get("/images").status_code == 404


def test_no_pictures(served):
    client = served(limits=Limits(image_side=0))
    assert client.get("/images?id=id/3").status_code == 404
