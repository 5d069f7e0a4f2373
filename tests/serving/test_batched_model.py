import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keras_cmr.serving.batched_model import BatchedModel
from keras_cmr.serving.metrics import Metrics


class Numbers:
    """Embeds numbers as themselves, slowly; 13 breaks the batch it is in."""

    fingerprint = "numbers"

    def __init__(self):
        self.batches, self.inside, self.most_inside = [], 0, 0

    def embed_targets(self, images):
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        self.batches.append(len(images))
        time.sleep(0.01)
        self.inside -= 1
        if 13 in images:
            raise ValueError("unlucky")
        return np.array(images, np.float32)[:, None]

    def embed_queries(self, images, texts):
        rows = self.embed_targets(images)
        return rows + np.array([len(t) for t in texts])[:, None]


def test_each_gets_its_own_rows():
    model = Numbers()
    batched = BatchedModel(model, Metrics())

    def ask(number):
        if number % 2:
            return batched.embed_queries([number, -number], ["a", "bb"])
        return batched.embed_targets([number])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, [n for n in range(100) if n != 13]))
    numbers = [n for n in range(100) if n != 13]
    for number, rows in zip(numbers, found, strict=True):
        if number % 2:
            assert rows.tolist() == [[number + 1], [-number + 2]]
        else:
            assert rows.tolist() == [[number]]
    assert model.most_inside == 1
    assert max(model.batches) > 2
    assert len(model.batches) < 99


def test_only_the_bad_call_fails():
    model = Numbers()
    batched = BatchedModel(model, Metrics())

    def ask(number):
        try:
            return batched.embed_targets([number]).item()
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8, 24)))
    assert found == [*range(8, 13), "unlucky", *range(14, 24)]
    assert ask(5) == 5.0  # and its thread lives


def test_too_few_rows_are_an_error():
    class Short(Numbers):
        def embed_targets(self, images):
            return np.zeros((1, 2))

    batched = BatchedModel(Short(), Metrics())
    with pytest.raises(ValueError, match="Received: 1 for 3"):
        batched.embed_targets([1, 2, 3])


def test_it_has_what_the_model_has():
    assert not hasattr(BatchedModel(Numbers(), Metrics()), "embed_texts")
    model = Numbers()
    model.embed_texts = lambda texts: np.full((len(texts), 1), 7.0)
    batched = BatchedModel(model, Metrics())
    assert batched.fingerprint == "numbers"
    assert batched.embed_texts(["a"]).tolist() == [[7.0]]


def test_time_waited_is_each_threads_own():
    batched = BatchedModel(Numbers(), Metrics())
    batched.embed_targets([1])
    batched.embed_targets([1])
    assert 0.02 <= batched.seconds_waited() < 5
    assert batched.seconds_waited() == 0.0
    other = []
    thread = threading.Thread(
        target=lambda: other.append(batched.seconds_waited())
    )
    thread.start()
    thread.join()
    assert other == [0.0]


def test_warming_up():
    model = Numbers()
    model.embed_texts = lambda texts: model.embed_targets([0] * len(texts))
    batched = BatchedModel(model, Metrics())
    batched.warm_up(5, 3)
    assert model.batches == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_model_that_refuses_texts_alone(caplog):
    model = Numbers()

    def embed_texts(texts):
        raise ValueError("other widths")

    model.embed_texts = embed_texts
    batched = BatchedModel(model, Metrics())
    with caplog.at_level(logging.INFO):
        batched.warm_up(5, 2)
    assert "No searches by text alone. other widths" in caplog.text
    assert not hasattr(batched, "embed_texts")
    assert batched.embed_targets([4]).tolist() == [[4]]
