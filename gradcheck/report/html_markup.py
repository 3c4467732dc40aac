"""Minimal HTML for reports. User input passes through `text` or an attribute."""

from __future__ import annotations

import html
import importlib.resources
from collections.abc import Sequence


def text(content: str) -> str:
    """Return `content` escaped, so that it is shown verbatim."""
    return html.escape(content, quote=True)


def tag(name: str, /, *content: str, **attributes: str | None) -> str:
    """Return an element with `content`, which is markup already, and `attributes`, which are plain text.

    A trailing underscore of an attribute's name is dropped (`class_`), others become hyphens; one that is
    None is left out, and one that is "" has no value.
    """
    listed = [_attribute(key, value) for key, value in attributes.items() if value is not None]
    opening = " ".join([name, *listed])
    return f"<{opening}>" if name in _VOID else f"<{opening}>{''.join(content)}</{name}>"


_VOID = ("img", "meta", "br")


def _attribute(key: str, value: str) -> str:
    written = key.rstrip("_").replace("_", "-")
    return f'{written}="{text(value)}"' if value else written


def code(content: str) -> str:
    """Return source formatted for use within a sentence."""
    return tag("code", text(content))


COPIED = "data-copy"
"""The attribute of an element that a page has a button to copy for."""


def copied(content: str) -> str:
    """Return source as `code` does; a whole page has a button beside it."""
    return tag("code", text(content), data_copy="")


def prose(content: str) -> str:
    """Return a sentence in which text between backticks is code."""
    parts = content.split("`")
    if len(parts) % 2 == 0:  # an odd backtick is part of what the user wrote
        return text(content)
    return "".join(code(part) if index % 2 else text(part) for index, part in enumerate(parts))


def table(heads: Sequence[str], rows: Sequence[str], class_: str) -> str:
    """Return a table of rows that `row` made."""
    head = tag("tr", *(tag("th", text(name), scope="col") for name in heads))
    return tag("table", tag("thead", head), tag("tbody", *rows), class_=class_)


def fragment(*content: str) -> str:
    """Return a self-contained fragment for another page, such as a notebook."""
    return tag("div", tag("style", stylesheet()), *content, class_="gradcheck")


def page(title: str, *content: str) -> str:
    """Return a whole page, in ASCII: it is the same in whatever encoding it is written."""
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", text(title)),
        tag("style", stylesheet(), _PAGE_STYLE),
    )
    script = tag("script", _file("copy.js")) if any(f"<code {COPIED}>" in each for each in content) else ""
    body = tag("body", tag("main", *content, class_="gradcheck"), script)
    whole = f"<!doctype html>\n{tag('html', tag('head', *head), body, lang='en')}\n"
    return whole.encode("ascii", "xmlcharrefreplace").decode("ascii")


_PAGE_STYLE = """
body { margin: 0; background: light-dark(#ffffff, #0d1117); }
main.gradcheck { max-width: 60rem; margin: 0 auto; padding: 1rem; }
"""


def stylesheet() -> str:
    """Return the style sheet, which concerns nothing outside `.gradcheck`."""
    return _file("style.css")


def _file(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="ascii")
