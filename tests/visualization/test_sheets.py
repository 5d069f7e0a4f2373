import re

import numpy as np
import pytest

from keras_cmr.visualization import Sheet
from keras_cmr.visualization import write_html_report
from tests.html_page import Page


def test_groups_are_rows_of_pictures(plain, tmp_path):
    sheet = Sheet(
        "Twins",
        [
            [(plain("red"), "one"), (plain("red"), "<two>")],
            [(plain("blue"), "three")],
        ],
        "Look.",
    )
    path = write_html_report(
        tmp_path / "a.html", title="T", summary={}, sheets=[sheet]
    )
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.text("h2") == ["Twins"]
    assert page.text("p", "note") == ["Look."]
    assert len(page.all("ul", "group")) == 2
    assert page.text("p", "caption") == ["one", "<two>", "three"]
    images = page.all("img")
    assert [image["alt"] for image in images] == ["one", "<two>", "three"]
    assert all(
        re.match("data:image/jpeg;base64,", image["src"]) for image in images
    )
    assert "<two>" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, []), "title"),
        (("a", [[(np.zeros((2, 2)), "x")]]), r"groups\[0\]"),
        (("a", [[(np.zeros((2, 2, 3), "uint8"), 3)]]), "groups"),
        (("a", [], 5), "note"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(TypeError, match=message):
        Sheet(*arguments)


def test_only_sheets(tmp_path):
    with pytest.raises(TypeError, match="`sheets` must hold `Sheet` objects"):
        write_html_report(tmp_path / "a", title="T", summary={}, sheets=["x"])
