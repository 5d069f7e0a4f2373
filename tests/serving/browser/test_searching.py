"""Pick, send, type, filter, go on, go back."""

import io
import json

import httpx2
import numpy as np
import pytest
from PIL import Image

from keras_cmr.serving import Limits
from tests.retrieval.fake_model import FakeModel
from tests.serving.browser.conftest import site
from tests.serving.conftest import NUM


def answered(address, **fields):
    """What the page should show, from the server directly."""
    hits = httpx2.post(address + "search", json=fields).json()["hits"]
    return [[hit["id"], f"{hit['score']:.3f}"] for hit in hits]


def test_pick_type_go_on_and_back(visit):
    seen = visit().open()
    page = seen.page
    assert seen.text("#subtitle") == "Searching 13 pictures with FakeModel."
    seen.title("Pick one to start")
    assert {id for id, _ in seen.hits()} == {f"id/{n}" for n in range(NUM)}
    assert page.is_disabled("#undo")

    page.click('.pick[title="id/3"]')
    seen.title("Like the reference")
    assert page.evaluate("document.activeElement.id") == "text"
    like = answered(seen.address, reference_id="id/3", k=24)
    assert seen.hits() == like and "id/3" not in dict(like)
    assert "12 pictures in" in seen.text("#note")
    assert "only 12 candidates, 1 excluded" in seen.text("#note")

    seen.ask("in red")
    seen.title("but “in red”")
    red = answered(seen.address, reference_id="id/3", text="in red", k=24)
    assert seen.hits() == red != like
    assert page.url.endswith("#reference=id%2F3&text=in+red")
    card = page.inner_text(".hit >> nth=0").split()
    assert card[:3] == ["1", red[0][1], red[0][0].removeprefix("id/")]

    page.click(".pick >> nth=0")
    page.wait_for_selector("#text:placeholder-shown")
    seen.title("Like the reference")
    assert page.inner_text("#reference .name") == red[0][0].removeprefix("id/")
    assert seen.searches() == 3

    page.click("#undo")
    seen.title("but “in red”")
    assert seen.hits() == red
    assert page.input_value("#text") == "in red"
    page.go_back()
    page.wait_for_selector("#text:placeholder-shown")
    assert seen.hits() == like
    page.go_back()
    seen.title("Pick one to start")
    assert page.is_disabled("#undo")
    page.go_forward()
    seen.title("Like the reference")
    assert seen.searches() == 3, "what was answered is not asked again"


def test_a_shared_address(visit):
    where = {"price": {"$gte": 3}}
    hash = "#reference=id%2F7&text=blue&where=" + json.dumps(where)
    seen = visit().open(hash)
    seen.title("but “blue”")
    assert seen.hits() == answered(
        seen.address, reference_id="id/7", text="blue", where=where, k=24
    )
    assert seen.text("#chips li").startswith("price from 3")
    assert seen.page.input_value("[aria-label='price from']") == "3"


def test_words_that_wait_for_a_picture(visit):
    seen = visit().open()
    seen.page.fill("#text", "in red")
    seen.page.click('.pick[title="id/5"]')
    seen.title("but “in red”")
    assert seen.searches() == 1


def test_words_alone(visit):
    seen = visit().open()
    seen.ask("\n something\n  red ")
    seen.title("“something red”")
    assert seen.hits() == answered(seen.address, text="something red", k=24)


class NoTexts(FakeModel):
    """Needs a picture; remembers those that it saw."""

    embed_texts = property()

    def __init__(self):
        super().__init__()
        self.sizes = []

    def embed_targets(self, images):
        shapes = [np.shape(image) for image in images]
        self.sizes += [shape for shape in shapes if shape[1] > 64]
        return super().embed_targets(images)


@pytest.fixture(scope="module")
def watched(made):
    model = NoTexts()
    limits = Limits(k=5, body_bytes=200_000)
    with site(made[0], model, limits=limits) as address:
        yield address, model


def test_a_model_that_needs_a_picture(visit, watched):
    seen = visit(watched[0]).open()
    assert seen.text("#text-label") == "What to change"
    seen.page.click("text=Search >> nth=-1")
    seen.ask("")
    assert "Pick or send a picture" in seen.text("#hint")
    seen.ask("in red")
    assert "needs a picture beside the words" in seen.text("#hint")
    assert seen.searches() == 0


def test_more(visit, watched):
    """As many as the server gives, and no more."""
    seen = visit(watched[0]).open("#reference=id%2F1&k=3")
    seen.title("Like the reference")
    assert len(seen.hits()) == 3
    seen.page.click("#more")
    seen.count(5)
    assert seen.page.is_hidden("#more")
    assert "k=5" in seen.page.url and seen.page.is_disabled("#undo")


def test_a_file(visit, made):
    seen = visit().open()
    seen.page.set_input_files("#file", made[1][4])
    seen.title("Like the reference")
    assert seen.hits()[0] == ["id/4", "1.000"]
    assert seen.text("#reference .name") == "04.png"
    assert seen.page.evaluate("document.activeElement.id") == "text"
    seen.ask("in red")
    seen.title("but “in red”")
    seen.page.click("#undo")
    seen.title("Like the reference")
    assert seen.hits()[0] == ["id/4", "1.000"]
    # Not kept: not by the server, nor by the browser.
    seen.page.reload()
    seen.title("Pick one to start")
    assert "not kept" in seen.text("#notice")


def test_a_large_picture_is_made_small_first(visit, watched, tmp_path):
    picture = Image.effect_noise((3000, 2000), 80).convert("RGB")
    picture.save(tmp_path / "large.png")
    seen = visit(watched[0]).open()
    seen.page.set_input_files("#file", tmp_path / "large.png")
    # It doesn't fit all the same, for it is nothing but noise.
    seen.page.wait_for_function(
        """() => document.querySelector("#hint")
        .textContent.includes("too large")"""
    )
    assert seen.searches() == 0
    Image.linear_gradient("L").resize((3000, 2000)).save(tmp_path / "b.png")
    seen.page.set_input_files("#file", tmp_path / "b.png")
    seen.title("Like the reference")
    assert watched[1].sizes == [(853, 1280, 3)]


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_drop_and_paste(visit, made, event):
    out = io.BytesIO()
    Image.open(made[1][6]).save(out, "PNG")
    seen = visit().open()
    seen.page.evaluate(
        """([event, bytes]) => {
            const data = new DataTransfer();
            const content = new Uint8Array(bytes);
            data.items.add(new File([content], "x.png", {type: "image/png"}));
            const fields = {bubbles: true, cancelable: true};
            const made = event === "drop"
                ? new DragEvent("drop", {...fields, dataTransfer: data})
                : new ClipboardEvent("paste", {...fields, clipboardData: data});
            document.body.dispatchEvent(made);
        }""",
        [event, list(out.getvalue())],
    )
    seen.title("Like the reference")
    assert seen.hits()[0] == ["id/6", "1.000"]


def test_filters(visit):
    seen = visit().open("#reference=id%2F0")
    seen.title("Like the reference")
    page = seen.page
    page.click("summary >> nth=0")
    page.get_by_label("b", exact=True).check()
    page.wait_for_selector("#chips li")
    where = {"brand": ["b"]}
    fits = answered(seen.address, reference_id="id/0", where=where, k=24)
    seen.count(6)
    assert seen.hits() == fits
    page.fill("[aria-label='price to']", "5")
    page.keyboard.press("Tab")
    seen.count(3)
    assert {id for id, _ in seen.hits()} == {"id/1", "id/3", "id/5"}
    assert page.locator("#chips li").all_inner_texts() == [
        "brand: b ×",
        "price to 5 ×",
    ]
    page.click("#chips button >> nth=0")
    seen.count(5)
    assert not page.is_checked(".options input >> nth=1")
    # Back to the start, they hold for what one may start from.
    page.click("#reference button")
    seen.title("Pick one to start")
    assert {id for id, _ in seen.hits()} == {f"id/{n}" for n in range(6)}
