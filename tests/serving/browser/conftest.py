"""One Chromium, real servers, and visits that watch what the page does."""

import contextlib
import shutil
import threading
from urllib.parse import urlsplit

import pytest
import uvicorn

from keras_cmr.serving import Service
from keras_cmr.serving import application
from keras_cmr.serving import bound_socket
from tests.retrieval.fake_model import FakeModel
from tests.serving.conftest import wait_until

# No sandbox: CI is root in one already. The rest keeps it from calling home.
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium; a test skips, saying why, where there is none."""
    driver = pytest.importorskip(
        "playwright.sync_api", reason='needs pip install -e ".[browser]"'
    )
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=_OPTIONS
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def site(gallery, model=None, **kwargs):
    """A server in a thread, on a port of its own; gives its address."""
    service = Service.open(gallery, model or FakeModel(), **kwargs)
    bound = bound_socket("127.0.0.1", 0)
    config = uvicorn.Config(
        application(service, ["127.0.0.1"]), log_config=None, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        wait_until(
            lambda: server.started and service.health.trouble is None, 60
        )
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@pytest.fixture(scope="session")
def address(made):
    """That of a server of the usual gallery, without limits of rate."""
    from keras_cmr.serving import Limits

    limits = Limits(searches_per_minute=0, images_per_minute=0)
    with site(made[0], limits=limits) as address:
        yield address


class Visit:
    """A page, and all that it asked for and said.

    Args:
        page: Playwright's `Page`.
        address: String.
    """

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.requests, self.said = [], []
        # A refusal that a test means to provoke; the browser logs each.
        self.refusals = 0
        page.set_default_timeout(30_000)
        page.on("request", lambda request: self.requests.append(request))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, hash=""):
        self.page.goto(self.address + hash)
        self.page.wait_for_function(
            "() => document.querySelector('#subtitle').textContent"
        )
        return self

    def ask(self, text):
        """Types words and Enter."""
        self.page.fill("#text", text)
        self.page.keyboard.press("Enter")

    def title(self, words):
        """Waits for results under a title that has these words."""
        self.page.wait_for_function(
            """words => document.querySelector("#title").textContent
            .includes(words) && !document.querySelector("[aria-busy]")""",
            arg=words,
        )

    def count(self, hits):
        """Waits for so many hits."""
        self.page.wait_for_function(
            "hits => document.querySelectorAll('.place').length === hits",
            arg=hits,
        )

    def hits(self):
        """Ids and scores as they stand on the page, in order."""
        return self.page.eval_on_selector_all(
            ".hit:not(.skeleton)",
            """cards => cards.map(card => [
                card.querySelector(".pick").title,
                card.querySelector(".place span + span")?.textContent,
            ])""",
        )

    def text(self, selector):
        return self.page.inner_text(selector)

    def searches(self):
        """How many were sent."""
        return sum(
            urlsplit(request.url).path == "/search" for request in self.requests
        )

    def check(self):
        """Asserts what must hold of every visit."""
        for request in self.requests:
            assert request.url.startswith(self.address), request.url
        refusals = [s for s in self.said if s.startswith("Failed to load")]
        assert len(refusals) <= self.refusals, self.said
        assert len(self.said) == len(refusals), self.said


@pytest.fixture
def visit(chromium, address):
    """Makes visits; each is checked when the test is over."""
    visits = []

    def make(at=None, **options):
        options = {"viewport": {"width": 1200, "height": 800}, **options}
        page = chromium.new_context(**options).new_page()
        visits.append(Visit(page, at or address))
        return visits[-1]

    yield make
    for each in visits:
        each.page.context.close()
    for each in visits:
        each.check()
