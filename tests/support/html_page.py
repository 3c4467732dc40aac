"""A page of HTML read back, and texts that are awkward in one."""

from __future__ import annotations

from html.parser import HTMLParser

AWKWARD = [
    "<script>alert(1)</script>",
    "</style><b>",
    "a & b &amp; c",
    "\"'><img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    "ψ ≠ φ",
    "\udc80",
]


class Page(HTMLParser):
    """The text and the elements of a page; that each element is closed in its turn is asserted."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br", "wbr"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def attributes(self) -> set[str]:
        return {name for _, attributes in self.elements for name in attributes}

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]
