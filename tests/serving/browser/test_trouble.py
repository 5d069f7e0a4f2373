"""Slow, refused, nothing found, gone: each has words and a way out."""

import json

import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.serving import Limits
from tests.retrieval.fake_model import FakeModel
from tests.serving.browser.conftest import site

SEARCH = "**/search"


def refuse(page, status, body, **headers):
    page.route(
        SEARCH,
        lambda route: route.fulfill(status=status, body=body, headers=headers),
    )


def sentence(words):
    return json.dumps({"error": words})


@pytest.mark.parametrize(
    "status, body, title, words, again",
    [
        (400, sentence("no end"), "can't answer that", "says: no end", False),
        (413, "<h1>413 nginx</h1>", "too large", "status 413", False),
        (415, sentence("type"), "can't be sent", "JPEG, PNG", False),
        (422, sentence("`k`"), "can't answer that", "says: `k`", False),
        (
            422,
            sentence("`reference_id` must be in the gallery."),
            "reference can't be used",
            "Choose another picture",
            False,
        ),
        (500, sentence("It failed."), "server failed", "in its log", True),
        (504, sentence("It took too long."), "too long", "Try again", True),
        (200, "<p>not ours</p>", "odd", "status 200", True),
    ],
)
def test_refusals(trouble, status, body, title, words, again):
    page = trouble.page
    refuse(page, status, body)
    trouble.refusals += status >= 400
    trouble.ask(f"words {status}")
    page.wait_for_selector(".notice.error")
    told = page.inner_text(".notice")
    assert title in told and words in told
    assert page.get_attribute(".notice", "role") == "alert"
    assert page.locator(".notice button").count() == again
    page.unroute(SEARCH)
    if again:
        page.click(".notice button")
    else:
        trouble.ask("other words")
    trouble.title("words")
    page.wait_for_selector(".place")
    assert page.locator(".notice").count() == 0


@pytest.fixture(scope="module")
def lasting(chromium, address):
    """One visit for all refusals: opening costs more than they do."""
    from tests.serving.browser.conftest import Visit

    page = chromium.new_context().new_page()
    seen = Visit(page, address).open("#reference=id%2F2")
    yield seen
    page.context.close()
    seen.check()


@pytest.fixture
def trouble(lasting):
    yield lasting
    lasting.page.unroute_all()


def test_too_often_counts_down(visit, made):
    limits = Limits(searches_per_minute=1)
    with site(made[0], limits=limits) as address:
        seen = visit(address)
        seen.page.clock.install()
        seen.open("#reference=id%2F1")
        seen.title("Like the reference")
        seen.ask("in red")
        seen.refusals = 1
        page, button = seen.page, ".notice button"
        page.wait_for_selector(button)
        assert "At most 1 of these requests a minute" in seen.text(".notice")
        assert page.is_disabled(button)
        assert "Try again in" in seen.text(button)
        page.clock.fast_forward(61_000)
        page.wait_for_function(
            "() => document.querySelector('.notice button').disabled === false"
        )
        assert seen.text(button) == "Try again"


def test_busy_then_not(trouble):
    refuse(trouble.page, 503, sentence("Many wait."), **{"Retry-After": "1"})
    trouble.refusals += 1
    trouble.ask("busy words")
    trouble.page.wait_for_selector(".notice button:disabled")
    trouble.page.unroute(SEARCH)
    trouble.page.click(".notice button:enabled")
    trouble.title("busy words")
    trouble.page.wait_for_selector(".place")


def test_the_network_goes(trouble):
    trouble.page.route(SEARCH, lambda route: route.abort())
    trouble.refusals += 1
    trouble.ask("lost words")
    trouble.page.wait_for_selector(".notice.error")
    assert "can't be reached" in trouble.text(".notice")
    trouble.page.unroute(SEARCH)
    trouble.page.click("text=Try again")
    trouble.page.wait_for_selector(".place")


def test_slow_then_cancelled_then_another(trouble):
    page, held, ended = trouble.page, [], []

    def hold(route):
        if len(held) == 2:
            route.continue_()
        else:
            held.append(route)

    page.route(SEARCH, hold)
    page.on("requestfailed", lambda request: ended.append(request.failure))
    trouble.ask("slow words")
    page.wait_for_selector(".skeleton")
    assert page.locator(".place").count() == 0
    page.wait_for_selector(".notice.slow")
    assert "Still searching" in trouble.text("#live")
    page.click("text=Cancel")
    assert "was cancelled" in trouble.text(".notice")
    page.click("text=Search again")
    page.wait_for_selector(".notice.slow")
    # A new question ends the one before it.
    trouble.ask("quick words")
    trouble.title("quick words")
    page.wait_for_selector(".place")
    for _ in range(100):
        if len(ended) == 2:
            break
        page.wait_for_timeout(50)
    assert ended == ["net::ERR_ABORTED"] * 2 and len(held) == 2
    assert page.locator(".notice").count() == 0
    assert "pictures. The best is id/" in trouble.text("#live")


def test_nothing_fits(trouble):
    where = json.dumps({"price": {"$gt": 99}, "brand": "a"})
    trouble.open("#reference=id%2F2&where=" + where)
    page = trouble.page
    page.wait_for_selector(".notice.none")
    told = trouble.text(".notice")
    assert "No picture fits" in told and "says: only 0 candidates where" in told
    chips = page.locator("#chips li").all_inner_texts()
    assert chips == ['price {"$gt":99} ×', "brand: a ×"]
    page.click("text=Without filters")
    trouble.title("Like the reference")
    trouble.count(12)
    assert page.is_hidden("#chips")


def test_files_that_are_no_pictures(trouble, tmp_path):
    before = trouble.searches()
    for content, words in (
        (b"", "is empty"),
        (b"hello", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "not a picture"),
        (b"<svg onload='alert(1)'></svg>", "not a picture"),
    ):
        (tmp_path / "x.png").write_bytes(content)
        trouble.page.set_input_files("#file", tmp_path / "x.png")
        trouble.page.wait_for_function(
            """words => document.querySelector("#hint")
            .innerText.includes(words)""",
            arg=words,
        )
    assert trouble.searches() == before


def test_addresses_that_say_nothing(trouble):
    for hash in ("#where=[1]", "#where={", "#k=-1", "#reference=a&k=many"):
        trouble.open("?" + hash)
        trouble.page.wait_for_selector(".notice")
        assert "no question" in trouble.text(".notice")
        trouble.title("Pick one to start")


def test_a_server_that_starts(trouble):
    about = trouble.page.request.get(trouble.address + "about").json()
    about["status"] = "starting"
    page = trouble.page
    page.clock.install()
    page.route("**/about", lambda route: route.fulfill(json=about))
    trouble.open("?starting")
    assert trouble.text("#subtitle") == "Not ready yet: starting …"
    page.unroute("**/about")
    page.clock.fast_forward(3000)
    page.wait_for_function(
        """() => document.querySelector("#subtitle")
        .innerText.includes("13 pictures")"""
    )


def test_an_empty_gallery(visit, tmp_path):
    Gallery.create(tmp_path / "new", FakeModel())
    with site(tmp_path / "new") as address:
        seen = visit(address).open()
        seen.title("Send a picture to begin")
        assert "The gallery is empty" in seen.text("#note")
        assert seen.page.is_hidden("#filters")
        seen.ask("anything")
        seen.page.wait_for_selector(".notice")
        assert "The server says: the gallery is empty" in seen.text(".notice")


def test_a_gallery_whose_pictures_are_not_shown(visit, made):
    with site(made[0], limits=Limits(image_side=0)) as address:
        seen = visit(address).open("#reference=id%2F2")
        seen.title("Like the reference")
        assert len(seen.hits()) == 12
        assert "No picture" in seen.text("#reference")
        seen.open("?start")
        seen.title("Send a picture to begin")
