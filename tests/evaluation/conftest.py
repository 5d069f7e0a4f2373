"""A small split and a model that looks its embeddings up."""

import dataclasses

import numpy as np
import pytest


@dataclasses.dataclass(frozen=True)
class Images:
    ids: np.ndarray
    labels: np.ndarray
    captions: np.ndarray
    pixels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Queries:
    references: np.ndarray
    modifications: np.ndarray
    target_labels: np.ndarray
    targets: tuple
    kinds: np.ndarray
    seen: np.ndarray


@dataclasses.dataclass(frozen=True)
class Split:
    name: str
    images: Images
    queries: Queries
    fingerprint: str
    missing: tuple = ()
    lost_queries: int = 0

    @property
    def reference_pixels(self):
        return self.images.pixels


class LookUpModel:
    """Image `i` has all pixels `i`; text "j" is modification `j`."""

    fingerprint = "model-hash"

    def __init__(self, image_vectors, text_vectors):
        self.image_vectors = image_vectors
        self.text_vectors = text_vectors
        self.calls = []

    def embed_targets(self, images, batch_size=256, verbose=0):
        self.calls.append(("targets", len(images), batch_size, verbose))
        return self.image_vectors[images[:, 0, 0, 0]]

    def embed_queries(
        self, references, modifications, batch_size=256, verbose=0
    ):
        assert all(type(text) is str for text in modifications)
        self.calls.append(("queries", len(references), batch_size, verbose))
        texts = [int(text) for text in modifications]
        return (
            self.image_vectors[references[:, 0, 0, 0]]
            + self.text_vectors[texts]
        )


@pytest.fixture
def make_split():
    def make(labels, references, target_labels, kinds=None, seen=None):
        labels = np.asarray(labels, dtype=np.int32)
        n, q = len(labels), len(references)
        pixels = np.zeros((n, 2, 2, 3), dtype=np.uint8)
        pixels += np.arange(n, dtype=np.uint8)[:, None, None, None]
        return Split(
            name="test",
            images=Images(
                ids=np.arange(n).astype(str),
                labels=labels,
                captions=labels.astype(str),
                pixels=pixels,
            ),
            queries=Queries(
                references=np.asarray(references),
                modifications=np.arange(q).astype(str),
                target_labels=np.asarray(target_labels, dtype=np.int32),
                targets=tuple(
                    tuple(np.flatnonzero(labels == t)) for t in target_labels
                ),
                kinds=np.asarray(kinds if kinds else ["add"] * q),
                seen=np.asarray(seen if seen else [True] * q),
            ),
            fingerprint="data-hash",
        )

    return make


@pytest.fixture
def named_split():
    """A real split of `n` images whose queries name their targets."""
    from keras_cmr.datasets import Images
    from keras_cmr.datasets import Queries
    from keras_cmr.datasets import Split

    def make(n, references, targets, subsets=None, attributes=None, **own):
        pixels = np.zeros((n, 2, 2, 3), "uint8")
        pixels += np.arange(n, dtype="uint8")[:, None, None, None]
        images = Images(
            ids=np.arange(n).astype(str),
            labels=np.arange(n, dtype="int32"),
            captions=np.full(n, ""),
            pixels=pixels,
            attributes={
                name: np.array(values)
                for name, values in (attributes or {}).items()
            },
        )
        queries = Queries(
            references=np.array(references, "int32"),
            modifications=np.arange(len(references)).astype(str),
            target_labels=np.array(
                [own[0] if own else -1 for own in targets], "int32"
            ),
            targets=tuple(map(tuple, targets)),
            subsets=None if subsets is None else tuple(map(tuple, subsets)),
        )
        return Split("test", images, queries, ("a", "b"), **own)

    return make


@pytest.fixture
def make_report():
    from keras_cmr.evaluation.protocols import get_protocol
    from keras_cmr.evaluation.report import Report
    from keras_cmr.evaluation.report import summarise

    def make(ranks, kinds=None, resamples=200, **changes):
        ranks = np.asarray(ranks)
        groups = {"kind": np.asarray(kinds if kinds else ["add"] * len(ranks))}
        figures, slices = summarise(
            get_protocol(changes.get("protocol", "tirg/caption-match")),
            ranks,
            groups,
            resamples,
            0,
        )
        fields = {
            "protocol": "tirg/caption-match",
            "protocol_version": 1,
            "benchmark": "css",
            "split": "test",
            "dataset_fingerprint": "data-hash",
            "model_fingerprint": "model-hash",
            "package_version": "0.1.0",
            "num_candidates": 200,
            "resamples": resamples,
            "seed": 0,
            "figures": figures,
            "slices": slices,
            "context": {"command": "keras-cmr evaluate"},
            "ranks": ranks,
            "groups": groups,
        }
        return Report(**{**fields, **changes})

    return make


@pytest.fixture
def look_up_model():
    return LookUpModel
