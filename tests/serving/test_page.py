"""The page's files and what it asks; in a browser: tests/serving/browser."""

import json
import re
from pathlib import Path

import pytest

from keras_cmr import serving
from keras_cmr import visualization
from keras_cmr.retrieval import Gallery
from keras_cmr.serving import Limits
from tests.retrieval.fake_model import FakeModel
from tests.serving.conftest import NUM

PAGE = Path(serving.__file__).parent / "page"
PALETTE = Path(visualization.__file__).with_name("palette.css")
FILES = sorted(file.name for file in PAGE.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_files(client, name):
    path = "/" if name == "index.html" else f"/page/{name}"
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content == (PAGE / name).read_bytes()
    kinds = {".html": "html", ".js": "javascript", ".css": "css", ".svg": "svg"}
    assert kinds[Path(name).suffix] in answer.headers["content-type"]
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'self';"
    )
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def test_it_is_small_and_asks_for_nothing_elsewhere():
    assert sum((PAGE / name).stat().st_size for name in FILES) < 64 * 1024
    for name in FILES:
        text = (PAGE / name).read_text()
        # The name of a format is no address.
        text = text.replace("http://www.w3.org/2000/svg", "")
        elsewhere = r"https?:|//\w+\.|@import|data:\w"
        assert not re.search(elsewhere, text), name
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", html)


def test_ids_and_metadata_are_never_html():
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\("
    for file in PAGE.glob("*.js"):
        assert not re.search(unsafe, file.read_text()), file


def test_its_colours_are_those_of_the_reports(client):
    answer = client.get("/page/palette.css")
    assert answer.text == PALETTE.read_text()
    assert "page/palette.css" in (PAGE / "index.html").read_text()
    # Nobody has colours of their own beside them.
    for file in (*PAGE.glob("*.css"), PALETTE.with_name("report.css")):
        assert not re.search(r"--\w+: #", file.read_text()), file


@pytest.mark.parametrize("scheme", [0, 1])
def test_words_can_be_read(scheme):
    """WCAG 2.2, 1.4.3: contrast of 4.5 to 1."""
    colours = _palettes(PALETTE.read_text())[scheme]
    for words, ground in (
        ("ink", "ground"),
        ("soft", "ground"),
        ("soft", "tint"),
        ("soft", "card"),
        ("on-accent", "accent"),
    ):
        pair = sorted(_luminance(colours[name]) for name in (words, ground))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (words, ground)


def _palettes(css):
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#\w+)", b)) for b in blocks]


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
        for p in parts
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_about(client):
    body = client.get("/about").json()
    assert body.pop("limits") == {
        "body_bytes": 10 * 1024 * 1024,
        "pixels": 25_000_000,
        "k": 100,
        "text_chars": 1000,
        "image_side": 512,
        "seconds": 10.0,
        "formats": [
            "image/jpeg",
            "image/png",
            "image/webp",
            "image/gif",
            "image/bmp",
        ],
    }
    assert body == {
        "status": "ready",
        "images": NUM + 1,
        "model": "FakeModel",
        "texts_alone": True,
        "filters": [
            {"key": "brand", "kind": "choice", "values": ["a", "b"]},
            {"key": "price", "kind": "number", "least": 0, "most": 11},
        ],
    }


def test_names_of_models(served):
    class NoTexts:
        fingerprint = FakeModel().fingerprint
        title = "late fusion"
        embed_targets = FakeModel().embed_targets
        embed_queries = FakeModel().embed_queries

    body = served(NoTexts()).get("/about").json()
    assert (body["model"], body["texts_alone"]) == ("late fusion", False)

    class Trained(FakeModel):
        fusion = NoTexts()

    assert served(Trained()).get("/about").json()["model"] == "NoTexts"


def test_some_of_the_gallery(client):
    images = client.get("/gallery?k=5&seed=7").json()["images"]
    numbers = [int(image["id"].removeprefix("id/")) for image in images]
    assert len(set(numbers)) == 5
    for image, number in zip(images, numbers, strict=True):
        assert image == {
            "id": f"id/{number}",
            "metadata": {"brand": "ab"[number % 2], "price": number},
        }
    assert client.get("/gallery?k=5&seed=7").json()["images"] == images
    assert client.get("/gallery?k=5&seed=8").json()["images"] != images
    first = [client.get(f"/gallery?k=1&seed={s}").json() for s in range(60)]
    assert len({body["images"][0]["id"] for body in first}) > 8
    # "bare" has no file, so nobody can start from it.
    everything = client.get("/gallery?k=100").json()["images"]
    assert sorted(i["id"] for i in everything) == sorted(
        f"id/{n}" for n in range(NUM)
    )
    where = json.dumps({"brand": "a", "price": {"$gt": 5}})
    fits = client.get("/gallery", params={"where": where}).json()["images"]
    assert {image["id"] for image in fits} == {"id/6", "id/8", "id/10"}


@pytest.mark.parametrize(
    "query, words",
    [
        ("k=0", "`k` must be an integer from 1 to 100"),
        ("k=101", "`k`"),
        ("k=1e1", "`k`"),
        ("k=²", "`k`"),
        ("seed=-1", "`seed` must be an integer from 0 to"),
        ("seed=" + "9" * 400, "`seed`"),
        ("where={", "`where` must be JSON"),
        ('where={"a":NaN}', "not a finite number"),
        ("where=[1]", "`where` must be a dict"),
        ('where={"a":{"$lt":"b"}}', "`where` needs a number"),
        ('where={"a":"\\ud83d"}', "Unicode"),
        ("path=/etc", "Parameters must be of k, seed, where"),
    ],
)
def test_mistakes(client, query, words):
    answer = client.get(f"/gallery?{query}")
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_they_count_as_pictures_do(served):
    client = served(limits=Limits(images_per_minute=2))
    found = [client.get(path) for path in ("/about", "/gallery", "/about")]
    assert [answer.status_code for answer in found] == [200, 200, 429]
    assert client.get("/").status_code == 200


def test_without_the_page(served):
    client = served(page=False)
    for path in ("/", "/page/main.js", "/about", "/gallery"):
        assert client.get(path).status_code == 404
    assert client.post("/search", json={"text": "red"}).status_code == 200


def test_filters_are_looked_at_once_a_minute(client, monkeypatch):
    client.get("/about")
    gallery = client.service._gallery
    monkeypatch.setattr(gallery, "sample", None)
    assert client.get("/about").json()["filters"]
    now = client.service._browsing._until
    monkeypatch.setattr(
        "keras_cmr.serving.browsing.time.monotonic", lambda: now
    )
    monkeypatch.setattr(gallery, "sample", lambda count: [])
    assert client.get("/about").json()["filters"] == []


def test_an_empty_gallery(tmp_path):
    Gallery.create(tmp_path / "new", FakeModel())
    service = serving.Service.open(tmp_path / "new", FakeModel())
    assert service.some(5, 0, None) == {"images": []}
    about = service.about()
    assert (about["images"], about["filters"]) == (0, [])
    assert about["status"] == "starting"
