"""The look at a built site sees what is missing and what comes from outside."""

import pytest

from tools.site import check

WHOLE = {
    "index.html": '<link rel="stylesheet" href="a.css"><img src="data:,x">'
    '<a href="api/b.html#there">b</a><a href="https://example.org">c</a>',
    "api/b.html": '<h2 id="there">x</h2><a href="../index.html">up</a>',
    "a.css": "body{background:url(data:,x)}",
}


def built(folder, **changes):
    for name, text in {**WHOLE, **changes}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def no_names(monkeypatch):
    monkeypatch.setattr(check, "unlisted", lambda site: [])


@pytest.mark.usefixtures("no_names")
def test_whole(tmp_path, capsys):
    assert check.main([built(tmp_path)]) == 0
    assert "is whole" in capsys.readouterr().out


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "index.html",
            '<script src="https://cdn.example/x.js"></script>',
            "index.html: loads https://cdn.example/x.js",
        ),
        (
            "index.html",
            '<link rel="preconnect" href="//fonts.example">',
            "index.html: loads //fonts.example",
        ),
        ("index.html", '<img src="no.png">', "index.html: no.png is missing"),
        ("index.html", '<a href="no.html">', "index.html: no.html is missing"),
        (
            "index.html",
            '<a href="api/b.html#gone">',
            "index.html: api/b.html#gone has no such anchor",
        ),
        ("index.html", '<a href="#gone">', "index.html: #gone has no such"),
        (
            "a.css",
            "@import 'https://fonts.example/a.css';",
            "a.css: loads https://fonts.example/a.css",
        ),
        (
            "a.css",
            "p{background:url('https://x.example/a.png')}",
            "a.css: loads https://x.example/a.png",
        ),
    ],
)
def test_faults(tmp_path, capsys, name, text, fault):
    assert check.main([built(tmp_path, **{name: text})]) == 1
    assert fault in capsys.readouterr().out


def test_public_names_are_on_the_pages(tmp_path):
    (tmp_path / "index.html").write_text(
        '<h2 id="keras_cmr.metrics.InBatchRecall"></h2>'
    )
    missing = list(check.unlisted(tmp_path))
    assert "keras_cmr.layers.TIRG is on no page" in missing
    assert "keras_cmr.datasets.cirr.read is on no page" in missing
    assert not any("InBatchRecall" in line for line in missing)
