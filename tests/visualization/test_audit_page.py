import re

import numpy as np
import pytest

from keras_cmr.datasets import Benchmark
from keras_cmr.datasets import Images
from keras_cmr.datasets import Queries
from keras_cmr.datasets import Split
from keras_cmr.evaluation import audit
from keras_cmr.visualization import audit_page
from keras_cmr.visualization import write_audit_page


def split_of(name, seeds, text="make it <b>red</b>"):
    pixels = np.stack(
        [
            np.random.default_rng(s).integers(0, 256, (32, 32, 3), "uint8")
            for s in seeds
        ]
    )
    n = len(seeds)
    return Split(
        name,
        Images(
            ids=np.array([f"{name}{i}.png" for i in range(n)]),
            labels=np.arange(n, dtype="int32"),
            captions=np.full(n, "a picture"),
            pixels=pixels,
        ),
        Queries(
            references=np.array([0], "int32"),
            modifications=np.array([text]),
            target_labels=np.array([1], "int32"),
            targets=((1,),),
        ),
        ("red",),
    )


@pytest.fixture
def page(tmp_path):
    def write(train, test, **how):
        benchmark = Benchmark(
            "hand-made",
            split_of("train", train),
            split_of("test", test, **how),
            ("triplets/target-id",),
        )
        path = write_audit_page(
            tmp_path / "a" / "audit.html", audit(benchmark, verbose=0)
        )
        return path.read_text(encoding="utf-8")

    return write


def test_copies_are_shown_those_across_the_border_first(page):
    text = page([0, 1, 1], [2, 0])
    captions = re.findall(r'<p class="caption"[^>]*>([^<]*)</p>', text)
    assert captions == [
        "train:train0.png",
        "test:test1.png",
        "train:train1.png",
        "train:train2.png",
    ]
    assert text.count("data:image/jpeg;base64,") == 4
    assert "Leaks: copies across splits, 1 of 2. Mend them, or" in text
    assert "2 groups, a row each." in text
    assert "http://" not in text and "https://" not in text
    # Noise does not compress: photos take a third of this.
    assert len(text) < 100_000


def test_nothing_found(page):
    text = page([0, 1], [2, 3])
    assert "No leak found." in text
    assert text.count("None found.") == 2
    assert "16 x 16 pixels" in text


def test_texts_are_escaped(page):
    text = page([0, 1], [2, 3], text="a picture <b>")
    assert "&#39;a picture &lt;b&gt;&#39;" in text
    assert "<b>" not in text.replace('<b style="', "")


def test_only_so_many_groups(page, monkeypatch):
    monkeypatch.setattr(audit_page, "MOST_GROUPS", 1)
    monkeypatch.setattr(audit_page, "MOST_PICTURES", 2)
    text = page([0, 0, 0, 1, 1], [2, 3])
    assert "2 groups, a row each. The first 1 are shown." in text
    assert text.count("data:image/jpeg;base64,") == 2
