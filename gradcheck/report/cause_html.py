"""What a cause is, folded up within a page: where a page is read, there may be no command line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gradcheck.causes import module
from gradcheck.causes._example import Example
from gradcheck.findings import CauseName
from gradcheck.report.causes_page import body, said, summary
from gradcheck.report.html_markup import code, prose, tag, text


def cause_html(cause: CauseName) -> str:
    """Return the text on a cause and its examples; the same as `gradcheck explain` shows."""
    taught = module(cause)
    paragraphs = (tag("p", prose(" ".join(one.split()))) for one in body(taught).split("\n\n"))
    examples = (part for example in taught.EXAMPLES for part in _example(cause, example))
    heading = tag("summary", "More on ", code(cause), ": ", prose(summary(taught)))
    return tag("details", heading, *paragraphs, *examples, class_="cause")


def _example(cause: CauseName, example: Example) -> Iterator[str]:
    yield tag("h3", prose(example.title))
    for label, source in (("Both use:", example.setup), ("Wrong:", example.wrong)):
        yield from _source(label, source)
    yield tag("p", "Reported:", class_="dim small")
    yield tag("pre", text("\n".join(said(cause, example))), class_="said")
    yield from _source("Right:", example.right)


def _source(label: str, source: str) -> Iterator[str]:
    yield tag("p", label, class_="dim small")
    written = tag("code", text(textwrap.dedent(source).strip("\n")))
    yield tag("pre", written, class_="source", tabindex="0")
