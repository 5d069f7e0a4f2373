import json

import numpy as np
import pytest

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.evaluation import validate_circo
from keras_cmr.evaluation import write_circo

IDS = [1000 + 7 * i for i in range(60)]


def make_split(names=IDS, lost_queries=0, ids=("0", "1")):
    return Split(
        name="test",
        images=Images(
            ids=np.array(names, str),
            labels=np.arange(len(names), dtype="int32"),
            captions=np.full(len(names), ""),
            pixels=ImageFiles([f"{name}.jpg" for name in names], 8),
        ),
        queries=Queries(
            references=np.array([3, 10], "int32"),
            modifications=np.full(2, "is larger"),
            target_labels=np.full(2, -1, "int32"),
            targets=((), ()),
            ids=None if ids is None else np.array(ids),
        ),
        vocabulary=(),
        lost_queries=lost_queries,
    )


@pytest.fixture
def split():
    return make_split()


@pytest.fixture
def embeddings():
    """Each query is nearest to its own reference."""
    rng = np.random.default_rng(5)
    candidates = rng.normal(size=(60, 16))
    return candidates[[3, 10]] + 0.1, candidates


@pytest.mark.parametrize("keep", [True, False])
def test_file_holds_the_best_images(split, embeddings, tmp_path, keep):
    queries, candidates = embeddings
    path = write_circo(
        split, queries, candidates, tmp_path, keep_reference=keep
    )
    assert path == tmp_path / "submission_test.json"
    content = json.loads(path.read_text())
    assert list(content) == ["0", "1"]
    for number, reference in enumerate([3, 10]):
        cosines = [
            float(queries[number] @ row / np.linalg.norm(row))
            for row in candidates
        ]
        order = sorted(range(60), key=lambda row: -cosines[row])
        assert order[0] == reference
        if not keep:
            order.remove(reference)
        assert content[str(number)] == [IDS[row] for row in order[:50]]


def test_equal_scores_keep_the_order_of_the_gallery(split, tmp_path):
    path = write_circo(split, np.ones((2, 4)), np.ones((60, 4)), tmp_path)
    assert json.loads(path.read_text())["1"] == IDS[:50]


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        (lambda c: c.pop("1"), "all 2 queries .* There is none of '1'"),
        (lambda c: c.update({"2": []}), "'test' alone. Received: '2'"),
        (lambda c: c["1"].pop(), "'1' must be a list of 50 .* Received: 49"),
        (lambda c: c["1"].append(IDS[59]), "Received: 51"),
        (lambda c: c["1"].__setitem__(3, c["1"][4]), "distinct"),
        (lambda c: c["1"].__setitem__(3, str(IDS[59])), "'1' must name"),
        (lambda c: c["1"].__setitem__(3, float(IDS[59])), "'1' must name"),
        (lambda c: c["1"].__setitem__(3, True), "'1' must name"),
        (lambda c: c["1"].__setitem__(3, 5), "'1' must name .* Received: '5'"),
        (lambda c: c.update({"1": {"a": 1}}), "'1' must be a list of 50"),
    ],
)
def test_first_fault_is_named(split, embeddings, tmp_path, flaw, message):
    path = write_circo(split, *embeddings, tmp_path)
    content = json.loads(path.read_text())
    flaw(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message) as error:
        validate_circo(path, split)
    assert str(path) in str(error.value)


def test_splits_that_no_file_can_answer(embeddings, tmp_path):
    with pytest.raises(ValueError, match="1 queries are lost"):
        write_circo(make_split(lost_queries=1), *embeddings, tmp_path)
    with pytest.raises(ValueError, match="whose queries have ids"):
        write_circo(make_split(ids=None), *embeddings, tmp_path)
    names = [f"dev-{i}" for i in range(60)]
    with pytest.raises(ValueError, match="numbers as ids"):
        write_circo(make_split(names), *embeddings, tmp_path)
    with pytest.raises(ValueError, match="more than the 50 images"):
        write_circo(
            make_split(IDS[:50]), embeddings[0], embeddings[1][:50], tmp_path
        )
    assert list(tmp_path.iterdir()) == []
