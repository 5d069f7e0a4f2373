"""Answers of `/search`, beside a loop over the pictures."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from keras_cmr.serving import Limits
from tests.retrieval.fake_model import FakeModel
from tests.serving.conftest import NUM


class NoTexts(FakeModel):
    embed_texts = property()  # raises AttributeError, as if it were not there


@pytest.fixture(scope="module")
def expected(made):
    """Ranks all pictures for a query embedding, by one product each."""
    model = FakeModel()
    targets = {
        f"id/{i}": model.embed_targets([np.asarray(Image.open(path))])[0]
        for i, path in enumerate(made[1])
    }
    first = np.asarray(Image.open(made[1][0]))
    targets["bare"] = model.embed_targets([255 - first])[0]

    def rank(query, without=()):
        scores = {
            id: float(query @ target)
            for id, target in targets.items()
            if id not in without
        }
        # Python's sort keeps equal scores in order of addition.
        return sorted(scores.items(), key=lambda item: -item[1])

    return rank


def query(made, number, text):
    image = np.asarray(Image.open(made[1][number]))
    if text is None:
        return FakeModel().embed_targets([image])[0]
    return FakeModel().embed_queries([image], [text])[0]


def assert_hits(answer, ranked):
    assert answer.status_code == 200, answer.text
    hits = answer.json()["hits"]
    assert [hit["id"] for hit in hits] == [id for id, _ in ranked]
    np.testing.assert_allclose(
        [hit["score"] for hit in hits], [s for _, s in ranked], atol=2e-6
    )
    assert [hit["rank"] for hit in hits] == [*range(1, len(hits) + 1)]
    for hit in hits:
        assert hit["picture"] is (hit["id"] != "bare")


def test_picture_and_text(client, made, expected):
    with made[1][4].open("rb") as file:
        answer = client.post(
            "/search",
            files={"image": ("any.name", file, "text/html")},
            data={"text": "in red", "k": "5"},
        )
    assert_hits(answer, expected(query(made, 4, "in red"))[:5])
    body = answer.json()
    assert set(body) == {"hits", "reason", "seconds"}
    assert body["reason"] is None
    seconds = body["seconds"]
    assert seconds["total"] >= seconds["search"] + seconds["embedding"] > 0
    assert set(body["hits"][0]) == {
        "id",
        "score",
        "rank",
        "metadata",
        "picture",
    }
    assert answer.headers["cache-control"] == "no-store"
    number = int(body["hits"][0]["id"].partition("/")[2] or 0)
    if body["hits"][0]["id"] != "bare":
        assert body["hits"][0]["metadata"] == {
            "brand": "ab"[number % 2],
            "price": number,
        }


def test_picture_alone(client, made, expected):
    answer = client.post(
        "/search", files={"image": made[1][2].read_bytes()}, data={"text": ""}
    )
    assert_hits(answer, expected(query(made, 2, None))[:10])


def test_reference_by_id(client, made, expected):
    answer = client.post(
        "/search", json={"reference_id": "id/7", "text": "in red", "k": 20}
    )
    ranked = expected(query(made, 7, "in red"), without=["id/7"])
    assert len(ranked) == NUM
    assert_hits(answer, ranked)
    assert answer.json()["reason"] == "only 12 candidates, 1 excluded"
    form = client.post(
        "/search", data={"reference_id": "id/7", "text": "in red", "k": 20},
        files={"image": ("", b"")},
    )  # fmt: skip
    assert_hits(form, ranked)


def test_filter_and_exclusion(client, made, expected):
    where = {"brand": "a", "price": {"$lt": 8}}
    without = ["bare", "id/7", "id/2"]
    without += [f"id/{i}" for i in range(NUM) if i % 2 or i >= 8]
    ranked = expected(query(made, 7, "in red"), without)
    assert [sorted(id for id, _ in ranked)] == [["id/0", "id/4", "id/6"]]
    fields = {"reference_id": "id/7", "text": "in red", "exclude": ["id/2"]}
    answer = client.post("/search", json={**fields, "where": where})
    assert_hits(answer, ranked)
    assert "only 3 candidates where brand" in answer.json()["reason"]
    form = client.post(
        "/search",
        files={"image": made[1][7].read_bytes()},
        data={
            **fields,
            "where": json.dumps(where),
            "exclude": ["id/2", "bare"],
        },
    )
    assert_hits(form, ranked)


def test_text_alone(client, expected):
    answer = client.post("/search", json={"text": "in red", "k": 3})
    assert_hits(answer, expected(FakeModel().embed_texts(["in red"])[0])[:3])


def test_text_alone_needs_a_model_for_it(served):
    client = served(NoTexts())
    answer = client.post("/search", json={"text": "in red"})
    assert answer.status_code == 422
    assert "`image` or `reference_id`" in answer.json()["error"]


def test_a_row_without_a_file(client, made, expected):
    answer = client.post("/search", json={"reference_id": "bare"})
    assert answer.status_code == 422
    assert "send it as `image` too" in answer.json()["error"]
    answer = client.post(
        "/search",
        files={"image": made[1][0].read_bytes()},
        data={"reference_id": "bare"},
    )
    assert_hits(answer, expected(query(made, 0, None), ["bare"])[:10])


def test_paths_are_shown_when_asked_for(served, made):
    client = served(show_paths=True)
    answer = client.post("/search", json={"reference_id": "id/7", "k": 20})
    paths = {hit["id"]: hit["path"] for hit in answer.json()["hits"]}
    assert paths.pop("bare") is None
    assert paths.pop("id/3") == str(made[1][3].resolve())


def test_clients_at_once(served, made, expected):
    """Ten clients: each its own answer, the model never twice at once."""

    class Watched(FakeModel):
        inside, most, calls = 0, 0, 0

        def embed_queries(self, references, modifications):
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.calls += 1
            threading.Event().wait(0.02)
            self.inside -= 1
            return super().embed_queries(references, modifications)

    model = Watched()
    client = served(model, Limits(searches_per_minute=0))
    before = model.calls

    def ask(number):
        text = f"text {number}"
        answer = client.post(
            "/search",
            json={"reference_id": f"id/{number % NUM}", "text": text, "k": 4},
        )
        ranked = expected(
            query(made, number % NUM, text), [f"id/{number % NUM}"]
        )
        assert_hits(answer, ranked[:4])

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(60)))
    assert model.most == 1
    assert model.calls - before < 60


def test_an_orientation_tag_changes_nothing(client, made, expected, tmp_path):
    """As in `Gallery.add`: turning is the model's affair."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.open(made[1][1]).save(out, "PNG", exif=exif)
    answer = client.post("/search", files={"image": out.getvalue()})
    assert_hits(answer, expected(query(made, 1, None))[:10])
