"""Hostile and mistaken requests: one sentence, no trace, no path."""

import logging
import threading
import time

import pytest

from keras_cmr.serving import Limits
from keras_cmr.serving import Service
from keras_cmr.serving.question import Question
from keras_cmr.serving.refused import Refused
from tests.retrieval.fake_model import FakeModel
from tests.serving import bombs
from tests.serving.conftest import fill
from tests.serving.conftest import wait_until
from tests.serving.forms import HEADERS
from tests.serving.forms import form
from tests.serving.forms import part


def assert_refused(answer, status, words=""):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert words in body["error"]
    for leak in ("Traceback", "/tmp", "site-packages", ".py", "\n"):
        assert leak not in body["error"]


PNG = bombs.png(8, 8)


@pytest.mark.parametrize(
    "body, status, words",
    [
        (b"", 400, "no end"),
        (b"garbage", 400, "nvalid multipart"),
        (form(part(b"image", PNG, b"a.png"))[:-30], 400, "no end"),
        (form(b"no header at all"), 400, ""),
        (form(b"Content-Disposition: form-data\r\n\r\nx"), 400, "name"),
        (form(part(b"image", PNG, b"a"), part(b"image", PNG, b"b")), 400, ""),
        (form(part(b"text", b"a"), part(b"text", b"b")), 422, "given once"),
        (form(part(b"text", b"red", b"a.txt")), 422, "may not be a file"),
        (form(part(b"image", PNG)), 422, "`image` must be a file"),
        (form(part(b"exclude", b"x", b"x"), part(b"text", b"a")), 422, "list"),
        (form(part(b"text", b"a" * 70_000)), 400, "64KB"),
        (form(*[part(b"exclude", b"id/1")] * 1100), 400, "Too many fields"),
        (form(*[part(b"exclude", b"id/1")] * 1005), 422, "must be given"),
        (form(part(b"image", PNG, b"a"), part(b"k", b"9" * 99)), 422, "`k`"),
        (form(part(b"image", PNG, b"a"), part(b"k", b"-1")), 422, "`k`"),
        (form(part(b"image", PNG, b"a"), part(b"k", b"101")), 422, "`k`"),
        (form(part(b"image", PNG, b"a"), part(b"where", b"{")), 422, "JSON"),
        (
            form(part(b"image", PNG, b"a"), part(b"where", b'{"a":NaN}')),
            422,
            "not a finite number",
        ),
        (form(part(b"../../etc", b"x")), 422, "Fields must be of"),
        (form(part(b"image", b"hello", b"a.png")), 422, "must be a picture"),
        (form(part(b"image", PNG[:-25], b"a.png")), 422, "damaged"),
        (
            form(part(b"image", bombs.png(30_000, 30_000), b"a.png")),
            413,
            "25,000,000 pixels",
        ),
    ],
)
def test_forms(client, body, status, words):
    answer = client.post(
        "/search",
        content=body,
        headers=HEADERS,
    )
    assert_refused(answer, status, words)
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "body, status, words",
    [
        (b"", 400, "must be JSON"),
        (b"[1]", 400, "JSON object"),
        (b"\xff\xfe", 400, "must be JSON"),
        (b'{"text": "a", "k": 1e2}', 422, "`k`"),
        (b"[" * 60_000, 400, "nested"),
        (b'{"image": "aGVsbG8=", "text": "a"}', 422, "file of a form"),
        (b'{"reference_id": "id/99"}', 422, "`reference_id` must be in"),
        (b'{"reference_id": "../../etc/passwd"}', 422, "must be in"),
        (b'{"reference_id": "id/1\\u0000"}', 422, "must be in"),
        (b'{"reference_id": "id/1", "exclude": ["x"]}', 422, "`exclude`"),
        (
            b'{"reference_id": "id/1", "where": {"price": {"$lt": NaN}}}',
            400,
            "",
        ),
        (b'{"reference_id": "id/1", "text": "\\ud83d"}', 422, "Unicode"),
        (b'{"text": "' + b"a" * 70_000 + b'"}', 413, "65,536 bytes"),
    ],
)
def test_json(client, body, status, words):
    answer = client.post(
        "/search", content=body, headers={"Content-Type": "application/json"}
    )
    assert_refused(answer, status, words)


def test_strange_but_fine(client):
    for where in (
        {"price": {"$gt": -(2**63)}},
        {"": "x"},
        {"brand' OR 1=1 --": "a"},
        {"brand": ["a'; DROP TABLE rows", "b"]},
        {"price": 1e308},
        {"a.b": True},
    ):
        answer = client.post(
            "/search", json={"reference_id": "id/1", "where": where}
        )
        assert answer.status_code == 200, (where, answer.text)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "", "application/x-www-form-urlencoded", "multipart/mixed"],
)
def test_other_types(client, kind):
    answer = client.post(
        "/search", content=b"text=a", headers={"Content-Type": kind}
    )
    assert_refused(answer, 415, "multipart/form-data or application/json")


def test_a_form_without_boundary(client):
    answer = client.post(
        "/search",
        content=b"x",
        headers={"Content-Type": "multipart/form-data"},
    )
    assert_refused(answer, 400, "boundary")


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/search", 405),
        ("PUT", "/search", 405),
        ("DELETE", "/images", 405),
        ("POST", "/healthz", 405),
        ("POST", "/", 405),
        ("GET", "/page/", 404),
        ("GET", "/page/../app.py", 404),
        ("GET", "/page/%2e%2e/app.py", 404),
        ("GET", "/index.html", 404),
        ("GET", "/search/", 404),
        ("GET", "/images/../../etc/passwd", 404),
        ("GET", "/docs", 404),
    ],
)
def test_methods_and_paths(client, method, path, status):
    assert_refused(client.request(method, path), status)


def test_body_too_large(served):
    client = served(limits=Limits(body_bytes=1000))
    body = form(part(b"image", b"x" * 1000, b"a"))
    assert_refused(
        client.post("/search", content=body, headers=HEADERS),
        413,
        "1,000 bytes",
    )
    # A lie about the length, and none at all.
    for headers in ({"Content-Length": "10"}, {}):
        answer = client.post(
            "/search", content=iter([body]), headers={**HEADERS, **headers}
        )
        assert_refused(answer, 413, "1,000 bytes")


def test_rate(served):
    client = served(limits=Limits(searches_per_minute=3, images_per_minute=2))
    ask = {"reference_id": "id/1"}
    found = [client.post("/search", json=ask) for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert_refused(found[-1], 429, "At most 3")
    assert 15 <= int(found[-1].headers["retry-after"]) <= 20
    pictures = [client.get("/images?id=id/1") for _ in range(3)]
    assert [answer.status_code for answer in pictures] == [200, 200, 429]
    # A header anybody can write changes nothing.
    answer = client.post(
        "/search", json=ask, headers={"X-Forwarded-For": "203.0.113.9"}
    )
    assert_refused(answer, 429)
    assert client.get("/healthz").status_code == 200


class Slow(FakeModel):
    """Hangs when asked for 'slow', until it is let go."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()

    def embed_queries(self, references, modifications):
        if "slow" in modifications:
            self.gate.wait(20)
        return super().embed_queries(references, modifications)


def test_time_limit_and_full_queue(served):
    model = Slow()
    client = served(model, Limits(seconds=1, threads=2, waiting=1))
    slow = {"reference_id": "id/1", "text": "slow"}
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(client.post("/search", json=slow))
        )
        for _ in range(4)
    ]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= time.monotonic() - start < 5
    assert sorted(a.status_code for a in found) == [503, 504, 504, 504]
    full = next(a for a in found if a.status_code == 503)
    assert_refused(full, 503, "waiting")
    assert full.headers["retry-after"] == "1"
    assert_refused(
        next(a for a in found if a.status_code == 504), 504, "too long"
    )
    assert client.get("/healthz").status_code == 200
    model.gate.set()
    fine = {"reference_id": "id/1", "text": "fine"}
    wait_until(lambda: client.post("/search", json=fine).status_code == 200)


class Broken(FakeModel):
    def embed_queries(self, references, modifications):
        if "break" in modifications:
            raise RuntimeError("secret at /home/me/model.keras")
        return super().embed_queries(references, modifications)


def test_failures_are_told_to_the_log_alone(served, caplog):
    client = served(Broken())
    with caplog.at_level(logging.INFO):
        answer = client.post(
            "/search", json={"reference_id": "id/1", "text": "break"}
        )
    assert_refused(answer, 500, "The server failed; its log says why.")
    assert "secret" not in answer.text
    lines = [r.getMessage() for r in caplog.records]
    assert any(line.startswith("192.0.2.1 /search 500 ") for line in lines)


def test_a_store_that_does_not_answer(client, caplog, monkeypatch):
    def search(*args, **kwargs):
        raise ConnectionError("no answer from milvus://secret:19530")

    monkeypatch.setattr(client.service._gallery, "search", search)
    answer = client.post("/search", json={"reference_id": "id/1"})
    assert_refused(answer, 503, "The gallery can't be reached.")
    assert answer.headers["retry-after"] == "1"
    assert "no answer from milvus" in caplog.text


def test_the_log_has_no_queries(client, caplog):
    with caplog.at_level(logging.INFO):
        client.post(
            "/search", json={"reference_id": "id/1", "text": "private words"}
        )
        client.get("/images?id=id/1&side=77")
    ours = [r for r in caplog.records if r.name.startswith("keras_cmr")]
    text = "\n".join(r.getMessage() for r in ours)
    assert len(ours) == 2
    assert "/search 200" in text and "/images 200" in text
    for words in ("private", "id/1", "77"):
        assert words not in text


def test_a_lost_file(tmp_path):
    fill(tmp_path)
    service = Service.open(tmp_path / "gallery", FakeModel())
    (tmp_path / "photos" / "03.png").unlink()
    (tmp_path / "photos" / "04.png").write_bytes(b"no picture")
    for id in ("id/3", "id/4"):
        with pytest.raises(Refused, match="can't be read here") as refused:
            service.search(Question(None, "red", 3, None, [], id))
        assert refused.value.status == 422
        with pytest.raises(Refused, match="can't be read here") as refused:
            service.picture(id, 100)
        assert refused.value.status == 404


def test_an_id_removed_meanwhile(tmp_path, monkeypatch):
    """Between the look-up and the search: the client's to know, no failure."""
    service = Service.open(fill(tmp_path), FakeModel())
    search = service._gallery.search

    def late(*args, **kwargs):
        service._gallery.remove(["id/3"])
        return search(*args, **kwargs)

    monkeypatch.setattr(service._gallery, "search", late)
    with pytest.raises(Refused, match="`reference_id` must be in"):
        service.search(Question(None, None, 3, None, [], "id/3"))


def test_hosts(served):
    client = served(allow_hosts=["localhost", "::1", "testserver"])
    for host in ("localhost", "LOCALHOST:8000", "[::1]:8000"):
        answer = client.get("/healthz", headers={"Host": host})
        assert answer.status_code == 200, host
    for host in ("evil.example", "localhost.evil.example", "", "[", "a:b:c"):
        answer = client.get("/healthz", headers={"Host": host})
        assert_refused(answer, 421, "not called that")


def test_cors(served):
    origin = {"Origin": "https://shop.example"}
    closed = served().get("/healthz", headers=origin)
    assert "access-control-allow-origin" not in closed.headers
    client = served(allow_origins=["https://shop.example"])
    opened = client.get("/healthz", headers=origin)
    assert opened.headers["access-control-allow-origin"] == origin["Origin"]
    other = client.get("/healthz", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
