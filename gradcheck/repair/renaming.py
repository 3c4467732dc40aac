"""An expression with one of its names, or what stands for one, replaced by another quantity of the same shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.program.recording import Recording, TensorInfo
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, means_the_same, node_of, rewritten, span_of_node


def renamed(site: Site, recording: Recording, likely: str) -> list[str]:
    """Return the expression at `site` with another quantity in place of one, wherever it is handed to.

    Those come first that are named in the text `likely`.
    """
    node = node_of(site)
    if not isinstance(node, ast.expr):
        return []
    named = _in_scope(site, recording)
    words = set(_words(likely))
    found = list(_variants(node, site, named))
    found.sort(key=lambda variant: (not set(_words(variant[0])) & words, len(variant[0])))
    return list(dict.fromkeys(text for _, text in found))


def _variants(
    node: ast.expr, site: Site, named: dict[str, tuple[int, TensorInfo]]
) -> Iterator[tuple[str, str]]:
    for part in ast.walk(node):
        if not isinstance(part, ast.Name | ast.Subscript | ast.Attribute):
            continue
        span = span_of_node(part, site)
        number, info = named.get(span.text, (None, None))
        for text, (other, another) in named.items():
            if number is not None and other != number and another == info:
                yield text, rewritten(span_of_node(node, site), [(span, text)])


def _in_scope(site: Site, recording: Recording) -> dict[str, tuple[int, TensorInfo]]:
    """Return what has a name at a place, with its number and what is known of it."""
    found: dict[str, tuple[int, TensorInfo]] = {}
    for number, spans in Sightings(recording).spans.items():
        for span, there in spans:
            if _is_name(span.text) and means_the_same(span, there, site):
                found[span.text] = number, recording.tensors[number]
    return found


def _is_name(text: str) -> bool:
    """Return whether a text is a name, or stands for one: an entry, an attribute."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _words(text: str) -> Iterator[str]:
    word = ""
    for letter in f"{text} ":
        if letter.isalnum() or letter == "_":
            word += letter
        elif word:
            yield word
            word = ""
