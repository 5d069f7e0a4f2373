import json
import shutil

import numpy as np
import pytest

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tables import Queries
from keras_cmr.datasets.tables import Split
from keras_cmr.evaluation import validate_cirr
from keras_cmr.evaluation import write_cirr
from tests.datasets.annotations import real_annotations


def make_split(names, ids, references, subsets, lost_queries=0):
    count = len(ids)
    return Split(
        name="test1",
        images=Images(
            ids=np.array(names),
            labels=np.arange(len(names), dtype="int32"),
            captions=np.full(len(names), ""),
            pixels=ImageFiles([name + ".png" for name in names], 8),
        ),
        queries=Queries(
            references=np.array(references, "int32"),
            modifications=np.full(count, "make it red"),
            target_labels=np.full(count, -1, "int32"),
            targets=((),) * count,
            ids=None if ids is None else np.array(ids),
            subsets=subsets,
        ),
        vocabulary=(),
        lost_queries=lost_queries,
    )


@pytest.fixture
def split():
    """Three queries over 60 images; the sets have five other members."""
    return make_split(
        [f"test1-{i}-0-img0" for i in range(60)],
        ["12", "7", "30"],
        [0, 5, 59],
        ((1, 2, 3, 4, 5), (9, 8, 7, 6, 0), (50, 10, 20, 30, 40)),
    )


@pytest.fixture
def embeddings():
    rng = np.random.default_rng(3)
    return rng.normal(size=(3, 16)), rng.normal(size=(60, 16))


def by_hand(query, candidates, rows):
    """Rows by cosine, best first, with a plain sort."""

    def cosine(row):
        other = candidates[row]
        lengths = np.linalg.norm(query) * np.linalg.norm(other)
        return float(query @ other / lengths)

    return sorted(rows, key=cosine, reverse=True)


def test_files_hold_the_best_images_without_the_reference(
    split, embeddings, tmp_path
):
    queries, candidates = embeddings
    paths = write_cirr(split, queries, candidates, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [
        "test1_pred_ranks_recall.json",
        "test1_pred_ranks_recall_subset.json",
    ]
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
    recall, subset = (json.loads(path.read_text()) for path in paths)
    assert list(recall) == ["version", "metric", "12", "7", "30"]
    assert (recall["version"], recall["metric"]) == ("rc2", "recall")
    assert (subset["version"], subset["metric"]) == ("rc2", "recall_subset")
    names = split.images.ids.tolist()
    for number, key in enumerate(["12", "7", "30"]):
        reference = [0, 5, 59][number]
        rows = [row for row in range(60) if row != reference]
        best = by_hand(queries[number], candidates, rows)[:50]
        assert recall[key] == [names[row] for row in best]
        members = split.queries.subsets[number]
        best = by_hand(queries[number], candidates, members)[:3]
        assert subset[key] == [names[row] for row in best]


def test_equal_scores_keep_the_order_of_the_gallery(split, tmp_path):
    paths = write_cirr(split, np.ones((3, 4)), np.ones((60, 4)), tmp_path)
    recall, subset = (json.loads(path.read_text()) for path in paths)
    assert recall["12"] == [f"test1-{i}-0-img0" for i in range(1, 51)]
    assert subset["7"] == [f"test1-{i}-0-img0" for i in (0, 6, 7)]


def test_a_failed_write_leaves_the_old_file(
    split, embeddings, tmp_path, monkeypatch
):
    (old, _) = write_cirr(split, *embeddings, tmp_path)
    content = old.read_bytes()
    monkeypatch.setattr("keras_cmr.evaluation.cirr_server.MAX_BYTES", 100)
    with pytest.raises(ValueError, match="at most 100 bytes"):
        write_cirr(split, -embeddings[0], embeddings[1], tmp_path)
    assert old.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        (lambda c: c.pop("version"), "`version` must be 'rc2'"),
        (lambda c: c.update(version="rc1"), "`version` must be 'rc2'"),
        (lambda c: c.update(metric="map"), "`metric` must be one of"),
        (lambda c: c.update(metric=["recall"]), "`metric` must be one of"),
        (lambda c: c.pop("7"), "all 3 queries .* There is none of '7'"),
        (lambda c: c.update({"8": []}), "'test1' alone. Received: '8'"),
        (lambda c: c["7"].pop(), "'7' must be a list of 50 .* Received: 49"),
        (lambda c: c.update({"7": "abc"}), "'7' must be a list of 50"),
        (lambda c: c["7"].__setitem__(3, c["7"][4]), "distinct"),
        (lambda c: c["7"].__setitem__(3, 5), "'7' must name .* Received: '5'"),
        (lambda c: c["7"].__setitem__(3, ["a"]), "'7' must name images"),
        (
            lambda c: c["7"].__setitem__(3, "test1-99-0-img0"),
            "found for this query. Received: 'test1-99-0-img0'",
        ),
        (  # the reference of this query
            lambda c: c["7"].__setitem__(3, "test1-5-0-img0"),
            "found for this query. Received: 'test1-5-0-img0'",
        ),
    ],
)
def test_first_fault_is_named(split, embeddings, tmp_path, flaw, message):
    path, _ = write_cirr(split, *embeddings, tmp_path)
    content = json.loads(path.read_text())
    flaw(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message) as error:
        validate_cirr(path, split)
    assert str(path) in str(error.value)


def test_an_image_outside_the_set_is_named(split, embeddings, tmp_path):
    _, path = write_cirr(split, *embeddings, tmp_path)
    content = json.loads(path.read_text())
    content["30"][1] = "test1-11-0-img0"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"'30' must name .*test1-11-0-img0"):
        validate_cirr(path, split)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("[1]", "must hold a JSON object"),
        ('{"version": "rc2", "version": "rc2"}', "'version' occurs twice"),
        ("[" * 100_000, "recursion"),
        ("9" * 5_000, "digits"),
    ],
)
def test_what_is_no_such_file(split, tmp_path, text, message):
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        validate_cirr(path, split)
    assert str(path) in str(error.value)


def test_a_file_too_large_for_the_server(split, embeddings, tmp_path):
    path, _ = write_cirr(split, *embeddings, tmp_path)
    content = path.read_text()
    path.write_text(content + " " * (5_000_000 - len(content)))
    validate_cirr(path, split)
    path.write_text(content + " " * (5_000_001 - len(content)))
    with pytest.raises(ValueError, match="at most 5,000,000 bytes"):
        validate_cirr(path, split)


def test_splits_that_no_file_can_answer(embeddings, tmp_path):
    names = [f"test1-{i}" for i in range(60)]
    sets = ((1, 2, 3), (6, 7, 8), (9, 10, 11))
    lost = make_split(names, list("abc"), [0, 5, 4], sets, lost_queries=2)
    with pytest.raises(ValueError, match="2 queries are lost"):
        write_cirr(lost, *embeddings, tmp_path)
    no_sets = make_split(names, list("abc"), [0, 5, 4], None)
    with pytest.raises(ValueError, match="queries have image sets"):
        write_cirr(no_sets, *embeddings, tmp_path)
    small = make_split(names[:50], list("abc"), [0, 5, 4], sets)
    with pytest.raises(ValueError, match="more than the 50 images"):
        write_cirr(small, embeddings[0], embeddings[1][:50], tmp_path)
    good = make_split(names, list("abc"), [0, 5, 4], sets)
    with pytest.raises(ValueError, match="`queries` must have shape"):
        write_cirr(good, embeddings[0][:2], embeddings[1], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_organisers_own_files_pass(tmp_path):
    real = real_annotations("cirr")
    images = json.loads(
        (real / "image_splits/split.rc2.test1.json").read_text()
    )
    records = json.loads((real / "captions/cap.rc2.test1.json").read_text())
    rows = {name: row for row, name in enumerate(images)}
    split = make_split(
        list(images),
        [str(record["pairid"]) for record in records],
        [rows[record["reference"]] for record in records],
        tuple(
            tuple(
                rows[member]
                for member in record["img_set"]["members"]
                if member != record["reference"]
            )
            for record in records
        ),
    )
    for metric in ("recall", "recall_subset"):
        name = f"test1_pred_ranks_{metric}.json"
        validate_cirr(real / "demo_submission" / name, split)
        shutil.copy(real / "demo_submission" / name, tmp_path / name)
        text = (tmp_path / name).read_text()
        other = text.replace("test1-147-0-img1", "test1-147-1-img1")
        other = other.replace("test1-83-1-img1", "test1-147-1-img1")
        (tmp_path / name).write_text(other)
        with pytest.raises(ValueError, match="the entry '12063' must name"):
            validate_cirr(tmp_path / name, split)
    # As large as the real thing: the files we write fit as well.
    rng = np.random.default_rng(0)
    paths = write_cirr(
        split,
        rng.normal(size=(len(records), 8)),
        rng.normal(size=(len(images), 8)),
        tmp_path,
    )
    assert 4_000_000 < paths[0].stat().st_size < 5_000_000
