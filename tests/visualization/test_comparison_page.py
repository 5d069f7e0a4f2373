import numpy as np
import pytest

from keras_cmr.datasets import css
from keras_cmr.evaluation import compare_seeds
from keras_cmr.evaluation import evaluate_embeddings
from keras_cmr.visualization import write_comparison_page
from tests.html_page import Page


@pytest.fixture
def reports():
    split = css.generate(scenes=20, verbose=0).test
    images = split.images.pixels.reshape(len(split.images), -1) + 1.0
    right = images[[own[0] for own in split.queries.targets]]
    wrong = images[split.queries.references]
    return [
        evaluate_embeddings(queries, images, split, benchmark="css")
        for queries in (wrong, right)
    ]


def test_page(reports, tmp_path):
    a, b = reports
    comparison = compare_seeds([a], [b], resamples=50)
    path = write_comparison_page(
        tmp_path / "new" / "c.html", comparison, [a], [b], ("old", "<new>")
    )
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.text("h1") == ["<new> against old"]
    assert "<new>" not in text
    assert "http://" not in text and "https://" not in text
    headline = dict(zip(page.text("dt"), page.text("dd"), strict=True))
    value = 100 * a.figures["R@1"]["value"]
    assert headline["R@1, old"] == f"{value:.1f} %"
    assert headline["difference, points"].startswith(f"{100 - value:+.1f} [")
    assert "R@1 by slice" in page.text("h2")
    rows = page.text("th")
    for name in (*a.figures, *a.slices):
        assert name in rows
    assert "know nothing of other training seeds" in text
    assert "1 seed a side" in text
    assert (
        f"<new> wins {comparison.wins} queries".replace("<new>", "&lt;new&gt;")
        in text
    )


def test_several_seeds_say_so(reports, tmp_path):
    comparison = compare_seeds(reports, reports[::-1], resamples=20)
    assert comparison.num_seeds == 2
    path = write_comparison_page(
        tmp_path / "c.html", comparison, reports, reports[::-1]
    )
    text = path.read_text(encoding="utf-8")
    assert "2 seeds a side" in text
    # Twice as many as there are queries.
    assert f"wins {comparison.wins:,} pairs of query and seed, loses" in text
    assert np.isclose(comparison.figures["R@1"]["difference"], 0)
