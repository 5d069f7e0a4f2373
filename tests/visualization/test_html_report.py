import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from keras_cmr.visualization import RankedExample
from keras_cmr.visualization import RankedHit
from keras_cmr.visualization import Sheet
from keras_cmr.visualization import Table
from keras_cmr.visualization import write_html_report
from tests.html_page import Page

EVIL = "<script>alert('x')</script> & \"quoted\" {{ 7 * 7 }}"


def _write(path, **arguments):
    arguments = {"title": "Title", "summary": {}} | arguments
    write_html_report(path / "report.html", **arguments)
    return (path / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def full(plain):
    """Arguments of a report with every section."""
    hits = [
        RankedHit(plain("red"), 0.875, False, "red one"),
        RankedHit(plain("blue"), 0.5, True, "blue one"),
    ]
    found = RankedExample(plain("white"), "make it blue", hits, rank=2)
    missed = RankedExample(
        plain("white"), "make it green", hits[:1], plain("green"), 57
    )
    search = RankedExample(
        plain("white"), "darker", [RankedHit(plain("red"), 0.25)]
    )
    return {
        "title": "A title",
        "subtitle": "A subtitle",
        "summary": {
            "R@1": {"value": 0.7239, "low": 0.7171, "high": 0.7312},
            "Queries": 6019,
            "Time": "4 min",
        },
        "summary_note": "What it means",
        "tables": [
            Table(
                "Compared",
                ["Model", "R@1"],
                [["ours", "72.4 % [71.7, 73.1]"], ["text", "1 %"]],
                "A note",
                highlight=0,
            )
        ],
        "history": {
            "loss": [2.0, 1.0],
            "text_image_mi": [0.0, 0.5],
            "recall_at_1": [0.1, 0.2],
        },
        "examples": [found, missed],
        "searches": [search],
        "sheets": [
            Sheet(
                "Twins",
                [[(plain("red"), "one"), (plain("blue"), "other")]],
                "Look at them",
            )
        ],
        "provenance": {"Seed": 0, "Command": "keras-cmr quickstart"},
        "commands": [("Search.", 'keras-cmr search --modification "red"')],
    }


def test_the_file_asks_for_nothing_outside(tmp_path, full):
    text = _write(tmp_path, **full)
    assert text.startswith("<!DOCTYPE html>")
    assert re.search(r"https?://", text) is None
    assert "@import" not in text
    assert re.search(r"url\(", text) is None
    page = Page(text)
    assert not page.all("script")
    for element in page.elements:
        for name in ("src", "href", "srcset"):
            assert element.get(name, "data:").startswith("data:")
    (policy,) = [e for e in page.all("meta") if "http-equiv" in e]
    assert policy["content"].startswith("default-src 'none'")


def test_pictures_are_described(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    images = page.all("img")
    assert all(image["alt"].strip() for image in images)
    assert [i["alt"] for i in images if "article" in i["inside"]] == [
        "Reference image of query 1",
        "Hit 1: red one",
        "Hit 2: blue one (right answer)",
        "Reference image of query 2",
        "Hit 1: red one",
        "Wanted image, not among the hits",
        "Reference image of search 1",
        "Hit 1",
    ]


def test_curves_are_there_for_light_and_dark_pages(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    for kind in ("light", "dark"):
        images = page.all("img", kind)
        assert [image["alt"] for image in images] == [
            "Losses, epochs 1 to 2. Loss: from 2 to 1.",
            "Text image MI, nats, epochs 1 to 2. Text image MI: from 0 to 0.5.",
            "Recall, epochs 1 to 2. Recall at 1: from 0.1 to 0.2.",
        ]
        for image in images:
            kind, content = image["src"].split(",")
            assert kind == "data:image/svg+xml;base64"
            assert b"<svg" in base64.b64decode(content)


def test_curves_over_steps(tmp_path):
    text = _write(tmp_path, history={"loss": [2.0, 1.0]}, history_steps=[5, 30])
    alt = "Losses, steps 5 to 30. Loss: from 2 to 1."
    assert [image["alt"] for image in Page(text).all("img")] == [alt, alt]


def test_the_mark_stands_at_the_right_hits_only(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    assert page.text("li", "right") == ["2 0.500 ✓ right answer blue one"]
    assert page.text("li", "target") == ["rank 57 wanted"]
    assert page.text("p", "mark") == ["✓ right answer", "wanted"]
    assert page.text("p", "modification") == [
        "make it blue",
        "make it green",
        "darker",
    ]


def test_rank_is_told_where_no_picture_tells_it(tmp_path, plain):
    wrong = RankedHit(plain("red"), 0.5, False)
    right = RankedHit(plain("red"), 0.5, True)
    examples = [
        RankedExample(plain("red"), "a", [wrong], rank=9),
        RankedExample(plain("red"), "b", [wrong], rank=0),
        RankedExample(plain("red"), "c", [wrong], plain("red"), 9),
        RankedExample(plain("red"), "d", [right], rank=1),
        RankedExample(plain("red"), "e", []),
    ]
    page = Page(_write(tmp_path, examples=examples))
    assert page.text("p", "outcome") == [
        "Right answer: rank 9.",
        "Right answer: not in the gallery.",
    ]
    assert page.text("li", "none") == ["no hit"]


def test_headline_figures(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    assert page.text("dt")[:3] == ["R@1", "Queries", "Time"]
    assert [re.sub(r"\s", "", n) for n in page.text("span", "number")] == [
        "72.4%",
        "6,019",
        "4min",
    ]
    assert "71.7 to 73.1 %" in page.text("span", "interval")
    (band,), (value,) = page.all("i"), page.all("b")
    assert band["style"] == "left:71.71%;width:1.41%"
    assert value["style"] == "left:72.39%"


def test_tables_have_heads_with_scope(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    heads = page.all("th")
    assert [(h["scope"], h["text"]) for h in heads] == [
        ("col", "Model"),
        ("col", "R@1"),
        ("row", "ours"),
        ("row", "text"),
    ]
    assert page.text("td") == ["72.4 % [71.7, 73.1]", "1 %"]
    assert page.text("tr", "highlight") == ["ours 72.4 % [71.7, 73.1]"]


def test_sections_commands_and_provenance(tmp_path, full):
    page = Page(_write(tmp_path, **full))
    assert page.text("h1") == ["A title"]
    assert page.text("h2") == [
        "Compared",
        "Training",
        "Ranked pictures",
        "Gallery searches",
        "Twins",
        "Try next",
        "How this was made",
    ]
    assert page.text("code") == ['keras-cmr search --modification "red"']
    assert page.text("dd")[-2:] == ["0", "keras-cmr quickstart"]
    assert page.all("html")[0]["lang"] == "en"


def test_sections_without_content_are_left_out(tmp_path):
    page = Page(_write(tmp_path, title="", history={}))
    assert page.text("h1") == ["Report"]
    assert not page.all("section")


def test_pictures_stay_crisp(tmp_path):
    checks = np.zeros((2, 2, 3), np.uint8)
    checks[0, 0] = 255
    large = np.full((600, 900, 3), 7, np.uint8)
    examples = [RankedExample(checks, "", [RankedHit(large, 1.0)])]
    images = Page(_write(tmp_path, examples=examples)).all("img")
    small, reduced = (
        np.asarray(
            Image.open(io.BytesIO(base64.b64decode(i["src"].split(",")[1])))
        )
        for i in images
    )
    np.testing.assert_array_equal(small, checks.repeat(96, 0).repeat(96, 1))
    assert reduced.shape == (256, 384, 3)
    assert (reduced == 7).all()


@pytest.mark.parametrize("odd", [EVIL, "W" * 400, "👗 中 \udc80\x00", " "])
def test_odd_strings_are_text_wherever_they_stand(tmp_path, plain, odd):
    hit = RankedHit(plain("red"), 0.5, True, odd)
    example = RankedExample(plain("red"), odd, [hit])
    text = _write(
        tmp_path,
        title=odd,
        subtitle=odd,
        summary={odd: odd},
        summary_note=odd,
        tables=[Table(odd, [odd, odd], [[odd, odd]], odd)],
        history={odd.encode("ascii", "replace").decode(): [1.0]},
        examples=[example],
        searches=[example],
        provenance={odd: odd},
        commands=[(odd, odd)],
    )
    page = Page(text)
    assert not page.all("script")
    assert "<script" not in text
    shown = odd.replace("\udc80", "\ufffd").replace("\x00", "")
    for kind in ("h1", "h2", "th", "td", "dt", "dd", "code", "title"):
        texts = [e["text"].replace("\x00", "") for e in page.all(kind)]
        assert any(shown.strip() in text for text in texts), kind


def test_a_missing_folder_is_created_and_the_old_file_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "report.html"
    assert write_html_report(str(path), title="One", summary={}) == path
    write_html_report(path, title="Two", summary={})
    assert "Two" in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    write_html_report(path, title="Old", summary={})

    def full_disk(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_html_report(path, title="New", summary={})
    assert "Old" in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_same_input_same_bytes(tmp_path, full):
    assert _write(tmp_path, **full) == _write(tmp_path, **full)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"title": None}, TypeError, "`title` must be a string"),
        ({"subtitle": 1}, TypeError, "`subtitle` must be a string"),
        ({"summary": [1]}, TypeError, "`summary` must be a dict"),
        ({"summary": {"a": 0.5}}, TypeError, r"`summary\['a'\]`.*float"),
        ({"summary": {"a": {"value": 0.5}}}, ValueError, "low"),
        ({"tables": ["x"]}, TypeError, "`tables` must hold `Table`.*str"),
        ({"examples": ["x"]}, TypeError, "`examples`.*`RankedExample`.*str"),
        ({"searches": [1]}, TypeError, "`searches`.*int"),
        ({"provenance": [1]}, TypeError, "`provenance` must be a dict"),
        ({"commands": ["ls"]}, ValueError, "`commands`.*pairs.*'ls'"),
        ({"commands": [("a", 1)]}, TypeError, "`commands`"),
        ({"history": {"loss": []}}, ValueError, "`history`"),
    ],
)
def test_errors_leave_no_file(tmp_path, change, error, message):
    with pytest.raises(error, match=message):
        _write(tmp_path, **change)
    assert not list(tmp_path.iterdir())
