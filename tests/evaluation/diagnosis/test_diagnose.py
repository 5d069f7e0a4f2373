"""`diagnose` of a model that is plain arithmetic, on a few scenes."""

import dataclasses
import json
import types

import numpy as np
import pytest

from keras_cmr.datasets.css import generate
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import diagnose
from keras_cmr.evaluation import evaluate
from tests.evaluation.diagnosis.word_sums import Stages
from tests.evaluation.diagnosis.word_sums import WordSums
from tests.evaluation.diagnosis.word_sums import unit
from tests.evaluation.diagnosis.word_sums import word_vector


@pytest.fixture(scope="module")
def css():
    return generate(scenes=8, image_size=32, verbose=0)


@pytest.fixture(scope="module")
def model():
    return WordSums()


@pytest.fixture(scope="module")
def found(css, model):
    return diagnose(
        model, css.test, verbose=0, benchmark=css, resamples=50, batch_size=3
    )


def test_its_report_is_that_of_evaluate_with_more_slices(css, model, found):
    report = evaluate(model, css.test, verbose=0, benchmark=css, resamples=50)
    np.testing.assert_array_equal(found.report.ranks, report.ranks)
    assert found.report.figures == report.figures
    assert set(found.report.groups) == {
        "kind", "seen", "position", "objects", "changed object",
    }  # fmt: skip
    for name, part in report.slices.items():
        assert found.report.slices[name] == part
    assert found.report.recompute().slices == found.report.slices
    assert found.notes == ()


def test_each_image_and_each_text_is_embedded_once(css):
    model = WordSums()
    found = diagnose(
        model, css.test, verbose=0, benchmark=css, resamples=5, batch_size=3
    )
    stages = model.query_stages
    images = len(set(css.test.queries.references.tolist()))
    assert stages.images == 2 * images  # once for parts, once for words
    shorter = len(found.words.rows)
    whole = len(set(css.test.queries.modifications.tolist()))
    assert len(stages.texts) <= whole + shorter
    own = set(css.test.queries.modifications.tolist())
    assert len([t for t in stages.texts if t not in own]) == len(
        {t for t in stages.texts if t not in own}
    )


def test_words_by_a_loop(css, model, found):
    split, words = css.test, found.words
    gallery = unit(model.project(split.images.pixels))
    for row in (0, 7, 20):
        text = str(split.queries.modifications[row])
        reference = int(split.queries.references[row])
        image = model.project(split.images.pixels[[reference]])[0]
        others = [i for i in range(len(gallery)) if i != reference]
        right = split.images.labels == split.queries.target_labels[row]

        def look(kept, image=image, others=others, right=right):
            query = image + 0.2 * sum(map(word_vector, kept))
            scores = gallery @ (query / np.linalg.norm(query))
            best = max(scores[i] for i in others if right[i])
            wrong = [scores[i] for i in others if not right[i]]
            return best - max(wrong), 1 + sum(s >= best for s in wrong)

        all_words = text.split()
        margin, rank = look(all_words)
        shading = dict(enumerate(p for p in words.shading(row, text) if p[1]))
        assert "".join(p for p, _ in words.shading(row, text)) == text
        for place, word in enumerate(all_words):
            (at,) = np.flatnonzero(
                (words.rows == row) & (words.places == place)
            )
            less, lower = look(all_words[:place] + all_words[place + 1 :])
            assert words.words[at] == word
            assert words.drops[at] == pytest.approx(margin - less, abs=1e-5)
            assert words.ranks[at] == lower and words.whole[at] == rank
            assert shading[place] == (word, words.drops[at])


def test_table_of_words(found):
    words = dataclasses.replace(
        found.words,
        rows=np.array([0, 1, 2]),
        words=np.array(["red", "red", "to"]),
        roles=np.array(["colour", "colour", "other"]),
        places=np.array([0, 0, 0]),
        drops=np.array([0.1, 0.3, 0.4]),
        whole=np.array([1, 1, 3]),
        ranks=np.array([1, 5, 1]),
    )
    table = words.table("words", 50, 0)
    assert list(table) == ["to", "red"]  # the greatest drop first
    red = table["red"]
    assert (red["n"], red["drop"]) == (2, pytest.approx(0.2))
    assert red["R@1"]["value"] == 1.0 and red["R@1 without"]["value"] == 0.5
    assert red["difference"]["value"] == -0.5
    assert (red["rank"], red["rank without"]) == (1.0, 3.0)
    assert table["to"]["difference"]["value"] == 1.0
    assert list(words.table("roles", 50, 0)) == ["other", "colour"]
    assert words.shading(9, "add it") == []


def test_a_query_counts_once_however_often_it_has_a_word(found):
    words = dataclasses.replace(
        found.words,
        rows=np.array([4, 4, 4, 7]),
        words=np.array(["the", "the", "the", "the"]),
        roles=np.array(["function word"] * 4),
        places=np.array([0, 2, 5, 1]),
        drops=np.array([0.3, 0.1, 0.2, 0.6]),
        whole=np.array([1, 1, 1, 4]),
        ranks=np.array([1, 1, 7, 1]),
    )
    the = words.table("words", 50, 0)["the"]
    assert the["n"] == 2
    assert the["drop"] == pytest.approx((0.2 + 0.6) / 2)
    assert the["R@1"]["value"] == 0.5
    assert the["R@1 without"]["value"] == pytest.approx((2 / 3 + 1) / 2)
    assert (the["rank"], the["rank without"]) == (2.5, 2.0)


def test_parts(css, model, found):
    split = css.test
    images = model.project(split.reference_pixels[split.queries.references])
    texts = model.query_stages.text_features(
        split.queries.modifications.tolist()
    )
    query = 2 * images + texts
    share = (2 * images * query).sum(1) / (query * query).sum(1)
    own = found.parts["all"]
    assert own["n"] == len(split.queries)
    assert own["gate"]["mean"] == pytest.approx(0.25)
    assert own["share of image"]["mean"] == pytest.approx(share.mean())
    total = own["share of image"]["mean"] + own["share of text"]["mean"]
    assert total == pytest.approx(1.0)
    near = (unit(images) * unit(images + texts)).sum(1)
    assert own["query, reference"]["mean"] == pytest.approx(
        near.mean(), abs=1e-5
    )
    assert set(found.parts) == {"all", *split.queries.kinds.tolist()}


def test_first_hits_that_are_right_are_kept_and_changed(found):
    both = found.outcomes["all"]["first"]["kept and changed"]["value"]
    assert both == pytest.approx(found.report.figures["R@1"]["value"])
    for example in found.examples:
        assert example.outcome == example.verdicts[0]
        right = np.flatnonzero(example.correct)
        assert (
            (example.rank == right[0] + 1)
            if right.size
            else (example.rank > 10)
        )


def test_files(found, tmp_path):
    found.save(tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == [
        "diagnosis.json", "diagnosis.md", "report.json",
    ]  # fmt: skip
    content = json.loads((folder / "diagnosis.json").read_text())
    assert content["outcomes"]["all"]["n"] == len(found.report.ranks)
    assert content["words"].keys() == found.word_table("words").keys()
    assert content["examples"][0]["words"]
    assert Report.load(folder / "report.json").slices == found.report.slices
    text = (folder / "diagnosis.md").read_text()
    for section in found.sections:
        assert f"## {section.title}\n" in text
        assert {len(row) for row in section.rows} == {len(section.columns)}
    assert "| by chance |" in text


def test_a_sample_is_a_part_of_the_queries(css, model):
    found = diagnose(
        model, css.test, verbose=0, benchmark="css", sample=5, resamples=5
    )
    assert len(set(found.words.rows.tolist())) == 5
    assert found.parts["all"]["n"] == found.sample == 5
    assert len(found.report.ranks) == len(css.test.queries)
    assert "`benchmark` must be the `Benchmark`" in found.notes[0]
    assert "changed object" not in found.report.groups


class NoSum(Stages):
    has_parts = False
    fusion = "a fusion"

    def parts(self, *args):
        raise AssertionError("not to be called")


def plain(split):
    """The split without the objects of its images, kinds and seen."""
    return dataclasses.replace(
        split,
        images=dataclasses.replace(split.images, metadata=()),
        queries=dataclasses.replace(split.queries, kinds=None, seen=None),
    )


def test_without_known_scenes_the_rest_is_shown(css):
    found = diagnose(
        WordSums(stages=NoSum), plain(css.test), verbose=0, resamples=5
    )
    assert found.outcomes is None
    assert "must list the objects of every image" in found.notes[0]
    assert "Parts: str makes no sum" in found.notes[1]
    assert set(found.report.groups) == {"words"}
    assert set(found.parts) == {"all"} and "gate" not in found.parts["all"]
    assert "colour" in found.word_table("roles")
    titles = [section.title for section in found.sections]
    assert titles[:2] == ["Figures by words", "Where the queries lie"]
    assert "Kept and changed" not in titles
    assert {e.outcome for e in found.examples} <= {
        "right at once", "close", "far",
    }  # fmt: skip


def test_a_model_without_stages(css):
    model = WordSums()
    bare = types.SimpleNamespace(
        fingerprint="",
        embed_targets=model.embed_targets,
        embed_queries=model.embed_queries,
    )
    found = diagnose(bare, css.test, verbose=0, benchmark=css, resamples=5)
    assert found.parts is None and found.words is None
    assert "must be a `ComposedRetriever`" in found.notes[0]
    assert found.outcomes is not None and found.word_table("words") == {}
    assert "## Kept and changed" in str(found)


def test_texts_of_one_word(css):
    split = dataclasses.replace(
        css.test,
        queries=dataclasses.replace(
            css.test.queries,
            modifications=np.full(len(css.test.queries), "red"),
        ),
    )
    found = diagnose(WordSums(), split, verbose=0, benchmark=css, resamples=5)
    assert found.words is None
    assert "no text has two words" in found.notes[0]
    assert all(example.words == [] for example in found.examples)


@pytest.mark.parametrize(
    "protocol",
    ["triplets/target-id", "shoes/kept", "fashioniq/val-union-removed"],
)
def test_other_protocols(css, model, protocol):
    found = diagnose(
        model,
        css.test,
        protocol,
        sample=4,  # a gallery of references and targets stays that of all
        verbose=0,
        benchmark=css,
        resamples=5,
    )
    assert found.words.ranks.max() <= found.report.num_candidates
    whole = found.report.ranks[found.words.rows]
    np.testing.assert_array_equal(found.words.whole, whole)


def test_subsets_are_searched_for_shorter_texts_too(css, model):
    own = [images[0] for images in css.test.queries.targets]
    split = dataclasses.replace(
        css.test,
        queries=dataclasses.replace(
            css.test.queries, subsets=tuple((i, 0, 1, 2, 3) for i in own)
        ),
    )
    found = diagnose(model, split, "cirr/subset", verbose=0, resamples=5)
    assert found.words.ranks.max() <= 5 and found.words.ranks.min() >= 1
    for example in found.examples:
        assert set(example.hits.tolist()) <= {own[example.row], 0, 1, 2, 3}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"k": 0}, "`k` must be a positive integer. Received: 0"),
        ({"sample": 1.5}, "`sample` must be a positive integer. Received: 1.5"),
        ({"protocol": "nope"}, "`protocol` must be one of"),
        ({"resamples": 0}, "`resamples` must be a positive integer"),
    ],
)
def test_bad_arguments(css, argument, message):
    with pytest.raises(ValueError, match=message):
        diagnose(None, css.test, **argument)
