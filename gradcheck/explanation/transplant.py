"""The reference's expression, written with the candidate's names: what may repair the candidate, to be tried."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.groups import Group
from gradcheck.repair.changes import Change
from gradcheck.repair.sightings import Sightings
from gradcheck.repair.written import in_place
from gradcheck.source import (
    Site,
    Span,
    call_at,
    means_the_same,
    node_of,
    parents,
    rewritten,
    span_of,
    span_of_node,
    value_of,
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
    also
        What is to be written elsewhere, together with it.
    """

    site: Site
    text: str
    donor: Site
    change: Change | None = None
    also: tuple[Transplant, ...] = ()

    @property
    def texts(self) -> dict[Site, str]:
        """What is to be written, by place."""
        return {one.site: one.text for one in (self, *self.also)}


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
        stopped = [f"tf.stop_gradient({span_of(site).text})"] if is_to_be_stopped(hit) else []
        whole = self._whole(hit.reference, site, donor)
        return self._in_place([*self._fitting(whole, hit, site), *stopped], hit, site, donor)

    def written_out(self, hit: Hit, site: Site | None, donor: Site | None) -> list[Transplant]:
        """Return the reference's expression with what it assigned to names of its own in place of these.

        That, or one around it: what is added up is a sum of all that a list of expressions gives.
        """
        if site is None or donor is None or site.code is donor.code:
            return []
        whole_loss = self._gives_the_loss()
        around = itertools.takewhile(lambda node: node not in whole_loss, _around(donor))
        nodes = list(itertools.islice(around, _MOST_AROUND))
        whole = [
            rewritten(span_of_node(node, donor), list(self._replaced(node, site, donor, out=True)))
            for node in nodes
        ]
        texts = [text for one in whole[:1] for text in self._fitting([one], hit, site)]
        own = f"{span_of(site).text} + " if hit.splice.source.added else ""
        return self._in_place([*texts, *(own + one for one in whole[1:])], hit, site, donor)

    def _fitting(self, whole: Iterable[str], hit: Hit, site: Site) -> Iterator[str]:
        is_a_call = site != hit.candidate.op.site  # of what both run: it is what this is given that differs
        for one in whole:
            yield from [one] if is_a_call else _fitted(one, hit, site)

    def _in_place(self, texts: list[str], hit: Hit, site: Site, donor: Site) -> list[Transplant]:
        """Return texts for a quantity as texts for the expression at `site`."""
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

    def _gives_the_loss(self) -> set[ast.AST | None]:
        """Return the expressions of the reference that give its whole loss: one in place repairs nothing."""
        loss = self._reference.recording.producer(self._reference.recording.loss)
        return (
            {node_of(one) for one in (loss.site, *loss.callers) if one is not None}
            if loss is not None
            else set()
        )

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

    def _replaced(
        self, node: ast.AST, site: Site, donor: Site, *, out: bool = False
    ) -> Iterator[tuple[Span, str]]:
        """Yield the parts of an expression of the reference that the candidate writes otherwise.

        With `out`, names of the reference's own are written out.
        """
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr):
                inner = isinstance(child, ast.keyword)
                yield from self._replaced(child, site, donor, out=out) if inner else ()
                continue
            text, own = self._aligned(child, site), span_of_node(child, donor)
            if text is None and out:
                text = self._written_out(child, site, donor)
            if text is None:
                yield from self._replaced(child, site, donor, out=out)
            elif text != own.text:
                called = isinstance(node, ast.Call | ast.keyword)
                yield own, text if called else bracketed(text)

    def _written_out(self, name: ast.expr, site: Site, donor: Site) -> str | None:
        """Return what the reference assigned to a name, with the candidate's names; None if to no such name."""
        given = value_of(name, donor)
        if given is None:
            return None
        parts = self._replaced(given, site, donor, out=True)
        return self._aligned(given, site) or rewritten(span_of_node(given, donor), list(parts))

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
                        own = match.group.value
                        # What is added to keep from a pole is hardly seen in the numbers.
                        apart = not np.allclose(own.ravel(), group.value.ravel(), rtol=_EXACT, atol=0)
                        unlike = own.shape != group.value.shape
                        found.append((apart, unlike, len(span.text), own.ndim, span.text))
        yield from dict.fromkeys(text for *_, text in sorted(found))


_EXACT = 1e-14


def _around(site: Site) -> Iterator[ast.expr]:
    """Yield an expression and those around it, from the inside out."""
    node: ast.AST | None = node_of(site)
    while isinstance(node, ast.expr):
        yield node
        node = parents(site.code.co_filename).get(node)


_MOST_AROUND = 4


def is_to_be_stopped(hit: Hit) -> bool:
    """Return whether the candidate's numbers are right, and pass a gradient on that the reference's do not."""
    own, other = hit.candidate, hit.reference
    if not own.moves or other.moves or own.size != other.size:
        return False
    return np.allclose(own.value.ravel(), other.value.ravel(), rtol=CLOSE, atol=0)


def _fitted(text: str, hit: Hit, site: Site) -> Iterator[str]:
    """Yield a text with what it takes to stand in place: its sign, a reduction, an axis."""
    source = hit.splice.source
    factor = next((one for one in (1, -1) if abs(source.factor - one) < _SAME), None)
    if source.added:
        if factor is not None:
            yield f"{span_of(site).text} {'-' if factor < 0 else '+'} {bracketed(text)}"
    elif source.total and hit.reference.size > 1:
        yield from _reduced(text, hit, site)
    elif factor == -1:
        yield f"-{bracketed(text)}"
    elif factor == 1:
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
