"""A user's script, for type checkers: run mypy on it, not Python.

`tools/release_check.py` does, against the installed wheel: what the library
says about its types must let this pass, and `assert_type` refuses `Any`.
"""

from pathlib import Path
from typing import assert_type

import numpy as np

import keras_cmr
from keras_cmr.datasets import Benchmark
from keras_cmr.datasets import Split
from keras_cmr.evaluation import Comparison
from keras_cmr.evaluation import Protocol
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import Reports
from keras_cmr.retrieval import AddSummary
from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import Hit
from keras_cmr.retrieval import Hits


def datasets() -> Split:
    css = keras_cmr.datasets.load("css", scenes=20)
    assert_type(css, Benchmark)
    assert_type(css.test, Split)
    return css.test


def evaluation(split: Split) -> None:
    embeddings = np.ones((4, 8), "float32")
    found = keras_cmr.evaluation.evaluate_embeddings(
        embeddings, embeddings, split
    )
    assert_type(found, Report | Reports)
    report = Report.load(Path("report.json"))
    assert_type(report, Report)
    report.save("again.json")
    assert_type(keras_cmr.evaluation.compare(report, report), Comparison)
    rule = keras_cmr.evaluation.get_protocol("tirg/caption-match")
    assert_type(rule, Protocol)


def retrieval(model: keras_cmr.retrieval.Embedder) -> None:
    gallery = Gallery.create(Path("gallery"), model, recall_target=0.95)
    assert_type(gallery, Gallery)
    added = gallery.add(["a.jpg"], metadata=[{"price": 3}], strict=True)
    assert_type(added, AddSummary)
    hits = gallery.search("a.jpg", "in red", k=5, where={"price": {"$lt": 5}})
    assert_type(hits, Hits)
    for hit in hits:
        assert_type(hit, Hit)
        assert_type(hit.score, float)
    assert_type(hits.reason, str | None)
    assert_type(gallery.search_batch(["a.jpg"], ["in red"]), list[Hits])


def our_model(model: keras_cmr.models.ComposedRetriever) -> None:
    retrieval(model)
