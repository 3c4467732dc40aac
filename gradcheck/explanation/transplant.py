"""The reference's expression, written with the candidate's names: what may repair the candidate, to be tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.groups import Group
from gradcheck.explanation.interchange import Hit
from gradcheck.repair.changes import Change
from gradcheck.repair.sightings import Sightings
from gradcheck.repair.written import in_place
from gradcheck.source import (
    Site,
    Span,
    call_at,
    means_the_same,
    node_of,
    rewritten,
    span_of,
    span_of_node,
)
from gradcheck.source.syntax import Written, bracketed

MOST = 8
"""How many ways of writing one expression are tried at most: each runs the candidate again."""


@dataclass(frozen=True)
class Transplant:
    """A text to be put in place of an expression of the candidate.

    Parameters
    ----------
    site
        The expression.
    text
        What to write there.
    donor
        The place of the reference from which it comes: its names are to mean the same.
    change
        What it does, where it is a change of one op.
    """

    site: Site
    text: str
    donor: Site
    change: Change | None = None


class Transplanter:
    """Writes what the reference computes with the candidate's names.

    Parameters
    ----------
    alignment, reverse
        What of the candidate the reference has, and the other way round.
    """

    def __init__(self, alignment: Alignment, reverse: Alignment) -> None:
        self._reverse = reverse
        self._candidate = Sightings(alignment.candidate.recording)
        self._reference = Sightings(alignment.reference.recording)

    def transplants(self, hit: Hit, site: Site | None, donor: Site | None) -> list[Transplant]:
        """Return what to try in place of the expression at `site`, the likeliest first.

        Parameters
        ----------
        hit
            What is to be replaced, and by what.
        site, donor
            The expressions of the candidate and of the reference that give these.
        """
        if site is None or donor is None or not span_of(site).text or self._is_the_whole(donor, site):
            return []
        whole = self._whole(hit.reference, site, donor)
        is_a_call = site != hit.candidate.op.site  # of what both run: it is what this is given that differs
        texts = [text for one in whole for text in ([one] if is_a_call else _fitted(one, hit, site))]
        if is_to_be_stopped(hit):
            texts.append(f"tf.stop_gradient({span_of(site).text})")
        if hit.candidate.key.given:
            texts = [whole for text in texts for whole in self._as_operand(text, hit.candidate, site)]
        written = (in_place(site, text) for text in dict.fromkeys(texts))
        own = span_of(site).text
        found = [Transplant(site, text, donor) for text in written if text is not None and text != own]
        return found[:MOST]

    def _is_the_whole(self, donor: Site, site: Site) -> bool:
        """Return whether an expression calls another function for the whole loss: that repairs nothing."""
        recording = self._reference.recording
        loss = recording.producer(recording.loss)
        functions = [Written(span_of(one).text).function for one in (donor, site)]
        return loss is not None and donor in loss.callers and functions[0] != functions[1]

    def _as_operand(self, text: str, given: Group, site: Site) -> Iterator[str]:
        """Yield the expression at `site` with a text for the operand that it is given."""
        for span, there in self._candidate.spans.get(given.numbers[0], ()):
            if there == site:
                yield rewritten(span_of(site), [(span, bracketed(text))])

    def _whole(self, group: Group, site: Site, donor: Site) -> Iterator[str]:
        """Yield texts for a quantity of the reference: what the candidate has of it, and else its expression."""
        yield from self._texts(group, site)
        node = node_of(donor)
        if isinstance(node, ast.expr):
            for aligned in (True, False):
                parts = list(self._replaced(node, site, donor)) if aligned else []
                yield rewritten(span_of_node(node, donor), parts)

    def _replaced(self, node: ast.AST, site: Site, donor: Site) -> Iterator[tuple[Span, str]]:
        """Yield the parts of an expression of the reference that the candidate writes otherwise."""
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr):
                yield from self._replaced(child, site, donor) if isinstance(child, ast.keyword) else ()
                continue
            text, own = self._aligned(child, site), span_of_node(child, donor)
            if text is None:
                yield from self._replaced(child, site, donor)
            elif text != own.text:
                called = isinstance(node, ast.Call | ast.keyword)
                yield own, text if called else bracketed(text)

    def _aligned(self, node: ast.expr, site: Site) -> str | None:
        """Return what the candidate writes for a part of the reference's expression; None if not known."""
        numbers = self._reference.numbers.get(node)
        if not numbers:
            return None
        groups = self._reverse.candidate.of
        group = groups.get(numbers[0])
        if group is None:
            return None
        return next(iter(self._texts(group, site)), None)

    def _texts(self, group: Group, site: Site) -> Iterator[str]:
        """Yield what the candidate writes for a quantity of the reference, the shortest first."""
        found = []
        for match in self._reverse.matches(group):
            if match.factor == 1 and match.in_order and not match.total and len(match.group.numbers) == 1:
                (number,) = match.group.numbers
                for span, there in self._candidate.spans.get(number, ()):
                    if means_the_same(span, there, site):
                        found.append((match.group.value.ndim, span.text))
        yield from (text for _, text in sorted(set(found), key=lambda pair: (len(pair[1]), pair[0])))


def is_to_be_stopped(hit: Hit) -> bool:
    """Return whether the candidate's numbers are right, and pass a gradient on that the reference's do not."""
    own, other = hit.candidate, hit.reference
    if not own.moves or other.moves or own.size != other.size:
        return False
    return np.allclose(own.value.ravel(), other.value.ravel(), rtol=CLOSE, atol=0)


def _fitted(text: str, hit: Hit, site: Site) -> Iterator[str]:
    """Yield a text with what it takes to stand in place: its sign, a reduction, an axis."""
    source = hit.splice.source
    if source.added:
        if abs(source.factor) == 1:
            yield f"{span_of(site).text} {'-' if source.factor < 0 else '+'} {bracketed(text)}"
    elif source.total:
        yield from _reduced(text, hit, site)
    elif source.factor == -1:
        yield f"-{bracketed(text)}"
    elif source.factor == 1:
        yield text
        yield from _in_other_shapes(text, hit.candidate, hit.reference)


def _reduced(text: str, hit: Hit, site: Site) -> Iterator[str]:
    """Yield the candidate's own reduction of another quantity."""
    call = call_at(site)
    if call is None or not call.positional or hit.candidate.op.type not in ("Mean", "Sum"):
        return
    count = hit.reference.size if hit.candidate.op.type == "Mean" else 1
    factor = hit.splice.source.factor * count
    if abs(abs(factor) - 1) < _SAME:
        sign = "-" if factor < 0 else ""
        yield sign + rewritten(call.span, [(call.positional[0], text)])


_SAME = 1e-6


def _in_other_shapes(text: str, own: Group, other: Group) -> Iterator[str]:
    """Yield a text with axes that its quantity has not when it is computed for each sample."""
    runs = len(other.numbers)
    reduction = _reduction(text)
    if runs > 1 and reduction is not None:
        for axis in ("axis=-1", "axis=-1, keepdims=True"):
            yield f"{text[:-1]}, {axis})"
    if own.value.ndim == 2 and own.value.shape[1] == 1:
        yield f"({text})[:, None]"
    if own.value.ndim == 1:
        yield f"tf.squeeze({text}, -1)"


def _reduction(text: str) -> str | None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[_], keywords=[]) if name.startswith("reduce_"):
            return name
    return None
