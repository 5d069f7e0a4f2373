"""A page of the package, taken apart."""

import html.parser

VOID = {"meta", "link", "img"}


class Page(html.parser.HTMLParser):
    """Elements of a page, each with its attributes and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        element["inside"] = [parent["tag"] for parent in self.open]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, kind=None):
        return [
            element
            for element in self.elements
            if element["tag"] == tag
            and (kind is None or kind in element.get("class", "").split())
        ]

    def text(self, tag, kind=None):
        return [" ".join(e["text"].split()) for e in self.all(tag, kind)]
