import re
import threading

import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.serving import Limits
from keras_cmr.serving import Service
from keras_cmr.serving.question import Question
from tests.retrieval.fake_model import FakeModel
from tests.serving.conftest import NUM
from tests.serving.conftest import fill
from tests.serving.conftest import wait_until


class Gated(FakeModel):
    def __init__(self):
        super().__init__()
        self.gate, self.sizes, self.broken = threading.Event(), [], False

    def embed_queries(self, references, modifications):
        self.gate.wait(20)
        self.sizes.append(len(modifications))
        if self.broken:
            raise RuntimeError("out of order")
        return super().embed_queries(references, modifications)


def status(client):
    answer = client.get("/healthz")
    return answer.status_code, answer.json()["status"]


def test_starting_then_ready(served):
    model = Gated()
    client = served(model, Limits(threads=3), wait=False)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "starting", "images": NUM + 1}
    assert number(client, "keras_cmr_ready") == 0
    model.gate.set()
    wait_until(lambda: status(client) == (200, "ready"))
    # Each size of batch once, then a search.
    assert model.sizes == [1, 2, 3, 1]
    assert number(client, "keras_cmr_ready") == 1


def test_broken_and_well_again(served):
    model = Gated()
    model.gate.set()
    client = served(model, refresh_seconds=0.05)
    model.broken = True
    wait_until(lambda: status(client) == (503, "searches fail"))
    model.broken = False
    wait_until(lambda: status(client) == (200, "ready"))


def test_a_model_that_never_worked(served):
    model = Gated()
    model.gate.set()
    model.broken = True
    client = served(model, refresh_seconds=0.05, wait=False)
    wait_until(lambda: status(client) == (503, "the model fails"))


def test_a_check_that_hangs(served, monkeypatch):
    monkeypatch.setattr("keras_cmr.serving.health._HANGS_AFTER", 0.1)
    model = Gated()
    model.gate.set()
    client = served(model, refresh_seconds=0.05)
    model.gate.clear()
    wait_until(lambda: status(client) == (503, "searches hang"))
    model.gate.set()
    wait_until(lambda: status(client) == (200, "ready"))


def test_what_others_write_is_found_without_a_pause(tmp_path):
    """A client searches on while another program adds and removes."""
    location = fill(tmp_path)
    service = Service.open(location, FakeModel(), refresh_seconds=0.02)
    service.health.start()
    wait_until(lambda: service.health.trouble is None)
    answers, done = [], threading.Event()

    def search():
        while not done.is_set():
            answers.append(
                service.search(Question(None, "red", 100, None, [], "id/1"))
            )

    searcher = threading.Thread(target=search)
    searcher.start()
    other = Gallery.open(location, FakeModel())
    pixels = np.random.default_rng(9).integers(0, 256, (5, 8, 8, 3), np.uint8)
    for i in range(5):
        other.add(pixels[i : i + 1], ids=[f"new {i}"], verbose=0)
    wait_until(lambda: service.health.images == NUM + 6)
    other.remove(["id/2"])
    wait_until(lambda: service.health.images == NUM + 5)
    done.set()
    searcher.join()
    answers.append(service.search(Question(None, "red", 100, None, [], "id/1")))
    service.health.stop()
    found = [{hit["id"] for hit in answer["hits"]} for answer in answers]
    assert found[0] == {f"id/{i}" for i in range(NUM) if i != 1} | {"bare"}
    assert found[-1] == (found[0] | {f"new {i}" for i in range(5)}) - {"id/2"}


def test_a_gallery_that_vanishes(tmp_path):
    location = fill(tmp_path)
    service = Service.open(location, FakeModel(), refresh_seconds=0.02)
    service.health.start()
    wait_until(lambda: service.health.trouble is None)
    location.rename(tmp_path / "gone")
    wait_until(
        lambda: service.health.trouble == "the gallery can't be refreshed"
    )
    (tmp_path / "gone").rename(location)
    wait_until(lambda: service.health.trouble is None)
    service.health.stop()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_bad_interval(made, seconds):
    with pytest.raises(ValueError, match="`refresh_seconds`"):
        Service.open(made[0], FakeModel(), refresh_seconds=seconds)


def number(client, name):
    text = client.get("/metrics").text
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])


def test_metrics(client):
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    before = {
        name: number(client, f"keras_cmr_{name}_seconds_count")
        for name in ("embedding", "search")
    }
    client.post("/search", json={"reference_id": "id/1"})
    client.post("/search", json={"reference_id": "id/1", "k": 0})
    client.get("/wp-admin/1")
    client.get("/wp-admin/2")
    assert number(client, "keras_cmr_gallery_images") == NUM + 1
    assert number(client, "keras_cmr_requests_in_flight") == 1  # this one
    name = "keras_cmr_requests_total"
    for labels, count in (
        ('{route="/search",status="200"}', 1),
        ('{route="/search",status="422"}', 1),
        ('{route="other",status="404"}', 2),
    ):
        assert number(client, name + labels) == count
    seconds = 'keras_cmr_request_seconds_count{route="/search"}'
    assert number(client, seconds) == 2
    for name, count in before.items():
        now = number(client, f"keras_cmr_{name}_seconds_count")
        assert now == count + 1
    assert number(client, "process_resident_memory_bytes") > 1e6
