"""Widths, schemes, keyboard, names for screen readers, hostile metadata."""

import json
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from keras_cmr.retrieval import Gallery
from tests.retrieval.fake_model import FakeModel
from tests.serving.browser.conftest import site

EVIL = "<img src=x onerror='window.pwned=1'>"


class Titled(FakeModel):
    title = "<b>late</b> fusion"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The address of a gallery whose every text would like to be HTML."""
    folder = tmp_path_factory.mktemp("hostile")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 20, 20, 3), "uint8")
    paths = [folder / f"{i}.png" for i in range(6)]
    for path, image in zip(paths, pixels, strict=True):
        Image.fromarray(image).save(path)
    metadata = [
        {
            EVIL: "<script>window.pwned=2</script>",
            "brand": '"><svg onload=window.pwned=3>',
            "list": ["</option><img src=x onerror=window.pwned=4>", "b"],
            "long": "m" * 90,
            "rest": {"a": "<b>"},
        }
    ] * 6
    ids = [EVIL, "javascript:window.pwned=5", "x" * 300, "a/b\\c", "é ü", "f&g"]
    gallery = Gallery.create(folder / "gallery", FakeModel())
    gallery.add(paths, ids=ids, metadata=metadata, verbose=0)
    with site(folder / "gallery", Titled()) as address:
        yield address, ids


def test_texts_stay_texts(visit, hostile):
    address, ids = hostile
    seen = visit(address).open()
    page = seen.page
    page.on("dialog", lambda dialog: seen.said.append("a dialog"))
    assert "<b>late</b> fusion" in seen.text("#subtitle")
    page.click("summary >> nth=0")
    seen.title("Pick one to start")
    assert sorted(id for id, _ in seen.hits()) == sorted(ids)
    assert page.locator("#hits b, #hits script, #fields img").count() == 0
    assert "<script>window.pwned=2</script>" in seen.text("#hits")
    page.get_by_label('"><svg onload=window.pwned=3>', exact=True).check()
    page.wait_for_selector("#chips li")
    # Each of these ids can be gone on from, and is shown as it is.
    for id in ids:
        seen.open("?#reference=" + quote(id, safe=""))
        seen.title("Like the reference")
        assert page.get_attribute("#reference .name", "title") == id
        assert len(seen.hits()) == 5
    seen.ask("<i>words</i>")
    seen.title("“<i>words</i>”")
    assert page.locator("i").count() == 0
    where = json.dumps({EVIL: EVIL})
    seen.open("?#text=a&where=" + where)
    page.wait_for_selector(".notice")
    assert EVIL in seen.text("#chips")
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_screen(visit, hostile, width):
    seen = visit(
        hostile[0],
        viewport={"width": width, "height": 740},
        is_mobile=True,
        has_touch=True,
    ).open()
    seen.title("Pick one to start")
    page = seen.page
    page.tap("summary >> nth=0")
    for step in ("start", "picked", "asked"):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if step == "start":
            assert page.is_visible("text=Take a photo")
            page.tap(f'.pick[title="{"x" * 300}"]')
        elif step == "picked":
            seen.title("Like the reference")
            seen.ask("w" * 200)
    seen.title("www")
    # Two pictures side by side on the narrowest phone.
    tops = page.eval_on_selector_all(
        ".hit", "cards => cards.slice(0, 3).map(card => card.offsetTop)"
    )
    assert tops[0] == tops[1] < tops[2] or width == 768


def test_dark_and_still(visit):
    colours = {}
    for scheme in ("light", "dark"):
        seen = visit(color_scheme=scheme, reduced_motion="reduce").open()
        page = seen.page
        colours[scheme] = page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
    assert colours == {
        "light": "rgb(252, 252, 250)",
        "dark": "rgb(21, 24, 28)",
    }
    page.route("**/search", lambda route: None)
    seen.ask("anything")
    page.wait_for_selector(".skeleton")
    still = """selector => getComputedStyle(
        document.querySelector(selector)).animationName"""
    assert page.evaluate(still, ".skeleton .frame") == "none"
    scroll = "getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(scroll) == "auto"


def test_by_keyboard_alone(visit):
    seen = visit().open()
    seen.title("Pick one to start")
    page, reached = seen.page, []
    focus = """() => {
        const at = document.activeElement;
        return at.id || at.getAttribute("aria-label") || at.innerText;
    }"""
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focus))
    first, _ = seen.hits()[0]
    assert reached == [
        "file",
        "text",
        "Search",
        "Filters",
        "others",
        f"Go on from {first.removeprefix('id/')}",
    ]
    page.keyboard.press("Enter")
    seen.title("Like the reference")
    page.keyboard.type("in red")
    page.keyboard.press("Enter")
    seen.title("but “in red”")
    page.wait_for_selector(".place")
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate(focus) == "undo"
    page.keyboard.press("Enter")
    page.wait_for_selector("#text:placeholder-shown")


def test_everything_has_a_name(visit):
    seen = visit().open("#reference=id%2F2&where={%22brand%22:%22a%22}")
    seen.title("Like the reference")
    seen.page.click("summary >> nth=0")
    nameless = seen.page.evaluate(
        """() => [...document.querySelectorAll(
            "button, input, select, textarea, summary, img, section, form,"
            + "[role=group]")]
        .filter(node => !(node.getAttribute("aria-label")
            || node.getAttribute("aria-labelledby")
            || node.labels?.length || node.alt || node.innerText.trim()))
        .map(node => node.outerHTML)"""
    )
    assert nameless == []
    assert seen.page.get_attribute("html", "lang") == "en"
    levels = seen.page.eval_on_selector_all(
        "h1, h2, h3", "all => all.map(node => node.tagName)"
    )
    assert levels == ["H1", "H2"]
    assert "The best is id/" in seen.text("#live")
