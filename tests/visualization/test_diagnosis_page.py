import dataclasses

import numpy as np
import pytest

from keras_cmr.datasets.css import generate
from keras_cmr.evaluation import diagnose
from keras_cmr.visualization import RankedExample
from keras_cmr.visualization import write_diagnosis_page
from tests.evaluation.diagnosis.word_sums import WordSums
from tests.html_page import Page


@pytest.fixture(scope="module")
def css():
    return generate(scenes=8, image_size=32, verbose=0)


@pytest.fixture(scope="module")
def found(css):
    return diagnose(
        WordSums(), css.test, verbose=0, benchmark=css, resamples=20
    )


@pytest.fixture(scope="module")
def page(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "new" / "diagnosis.html"
    text = write_diagnosis_page(path, found).read_text(encoding="utf-8")
    assert "http://" not in text and "https://" not in text
    return Page(text)


def test_every_table_is_there(found, page):
    titles = page.text("h2")
    expected = [section.title for section in found.sections]
    assert titles[: len(expected)] == expected
    assert len(page.all("table")) == len(expected)
    assert "Ranked pictures" in titles
    names = page.text("dt")
    assert names[:4] == [
        "R@1",
        "first hit keeps the rest",
        "first hit shows the change",
        "mean gate",
    ]


def test_four_charts_for_light_and_dark_pages(page):
    charts = [i for i in page.all("img") if "Chart in" in i["alt"]]
    assert [i["class"] for i in charts] == ["light", "dark"] * 4
    assert "by chance: kept and changed" in charts[2]["alt"]


def test_words_are_shaded_by_what_they_are_worth(found, page):
    shaded = page.all("p", "modification")
    assert len(shaded) == len(found.examples)
    texts = [e["text"] for e in shaded]
    queries = found.split.queries
    assert texts == [str(queries.modifications[e.row]) for e in found.examples]
    marks = page.all("mark")
    drops = [d for e in found.examples for _, d in e.words]
    scale = max(map(abs, drops))
    expected = [
        ("against" if drop < 0 else "for", f"--depth:{abs(drop) / scale:.2f}")
        for drop in drops
        if round(abs(drop) / scale, 2)
    ]
    assert [(m["class"], m["style"]) for m in marks] == expected
    assert "--depth:1.00" in {style for _, style in expected}


def test_hits_say_what_they_keep_and_change(found, page):
    hits = page.text("p", "caption")
    assert hits[:6] == found.examples[0].verdicts[:6].tolist()
    assert page.text("p", "remark") == [e.outcome for e in found.examples]


def test_without_scenes_and_words(css, tmp_path):
    split = dataclasses.replace(
        css.test,
        images=dataclasses.replace(css.test.images, metadata=()),
        queries=dataclasses.replace(
            css.test.queries,
            kinds=None,
            seen=None,
            modifications=np.full(len(css.test.queries), "red"),
        ),
    )
    found = diagnose(WordSums(), split, verbose=0, resamples=5)
    path = write_diagnosis_page(tmp_path / "page.html", found)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.all("mark") == []
    assert "no text has two words" in page.text("p", "subtitle")[0]
    assert "Kept and changed" not in page.text("h2")
    hits = page.text("p", "caption")
    assert hits[0] == split.images.captions[found.examples[0].hits[0]]
    assert page.text("h1") == ["Diagnosis of test"]


def test_shading_is_checked(plain):
    for shading, kind, message in (
        ((("red", 1.5),), ValueError, r"weights in \[-1, 1\]. Received: 1.5"),
        (((1, 0.5),), TypeError, "`shading` must be a string"),
    ):
        with pytest.raises(kind, match=message):
            RankedExample(plain("red"), "red", (), shading=shading)
    with pytest.raises(TypeError, match="`remark` must be a string"):
        RankedExample(plain("red"), "red", (), remark=1)
