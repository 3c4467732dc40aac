"""The reference's expression, written with the candidate's names: what may repair the candidate, to be tried."""

from __future__ import annotations

import ast
import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.arranged import arranged, read_otherwise
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.group import Group
from gradcheck.explanation.renaming import Move, Renaming, TooLongError
from gradcheck.program.queries import made_from
from gradcheck.program.recording import Shape
from gradcheck.repair.changes import Change
from gradcheck.repair.written import in_place
from gradcheck.source import (
    Site,
    call_at,
    node_of,
    parents,
    rewritten,
    span_of,
    span_of_node,
)
from gradcheck.source.ellipsis import written_out
from gradcheck.source.syntax import Written, bracketed, negated
from gradcheck.source.told_axes import leaves_axes_out
from gradcheck.source.writing import in_shape

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
        The place of the reference from which it comes; `site` itself for what is changed in place.
    change
        What it does, where it is a change of one op.
    also
        What is to be written elsewhere, together with it.
    any_value
        Whether the loss may have another value with it than the reference's.
    """

    site: Site
    text: str
    donor: Site
    change: Change | None = None
    also: tuple[Transplant, ...] = ()
    any_value: bool = False

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
        self._alignment, self._renaming = alignment, Renaming(alignment, reverse)
        self._candidate, self._reference = self._renaming.candidate, self._renaming.reference

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
        turned = [Transplant(at, text, at) for at, text in self._arranged(hit)]
        stopped = [f"tf.stop_gradient({span_of(site).text})"] if is_to_be_stopped(hit) else []
        whole = list(self._whole(hit, site, donor))
        found = self._in_place([*self._fitting(whole, hit, site), *stopped], hit, site, donor)
        return turned + found + self._behind(whole, hit, donor)

    def _arranged(self, hit: Hit) -> Iterator[tuple[Site, str]]:
        """Yield what brings numbers to where the reference reads them, for what hands them on."""
        reader = read_otherwise(hit, self._alignment)
        if reader is not None:
            yield from arranged(hit, reader)

    def written_out(self, hit: Hit, site: Site | None, donor: Site | None) -> list[Transplant]:
        """Return the reference's expression with what it assigned to names of its own in place of these.

        That, or one around it: what is added up is a sum of all that a list of expressions gives.
        """
        if site is None or donor is None or site.code is donor.code:
            return []
        whole_loss = self._gives_the_loss()
        around = itertools.takewhile(lambda node: node not in whole_loss, _around(donor))
        nodes = list(itertools.islice(around, _MOST_AROUND))
        plain = Move(site, donor, out=True)  # what calls a formulation is no helper
        whole, wider = (
            dict.fromkeys(
                text for move in self._moves(plain, hit) for node in some for text in self._out(node, move)
            )
            for some in (nodes[:1], nodes[1:])
        )
        own = f"{span_of(site).text} + " if hit.splice.source.added else ""
        texts = [*self._fitting(whole, hit, site), *(own + one for one in wider)]
        return self._in_place(texts, hit, site, donor) + self._behind(whole, hit, donor)

    def _moves(self, plain: Move, hit: Hit) -> Iterator[Move]:
        yield plain
        with contextlib.suppress(TooLongError):
            yield self._renaming.with_arguments(plain, hit.reference.op)
        if hit.reference.size == hit.candidate.size:
            yield replace(plain, in_shape=True)

    def _out(self, node: ast.expr, move: Move) -> Iterator[str]:
        with contextlib.suppress(TooLongError):
            yield self._renaming.text(node, move)

    def _behind(self, texts: Iterable[str], hit: Hit, donor: Site) -> list[Transplant]:
        """Return texts for what is made of a quantity and has the shape of what is put in its place.

        A reduction over one number gives this number: in place of all that it reduces may be put what it gives.
        """
        source, recording = hit.splice.source, self._candidate.recording
        if source.shape is None or source.added or np.prod(source.shape, dtype=int) == hit.candidate.size:
            return []
        wanted = hit.reference.value.shape
        made = made_from([hit.candidate.op], recording)
        sites = [op.site for op in made if op.site and recording.tensors[op.outputs[0]].shape == wanted]
        return [
            Transplant(site, written, donor)
            for text in texts
            for site in itertools.islice(dict.fromkeys(sites), _MOST_AROUND)
            if (written := in_place(site, text)) is not None
        ]

    def _fitting(self, whole: Iterable[str], hit: Hit, site: Site) -> Iterator[str]:
        is_a_call = site != hit.candidate.op.site  # of what both run: it is what this is given that differs
        shape = self._shape_at(site, hit.candidate)
        for one in whole:
            yield from [one] if is_a_call else _fitted(one, hit, site, shape)

    def _shape_at(self, site: Site, group: Group) -> Shape:
        """Return the shape that the expression at `site` has: its last op may give its quantity another one."""
        recording = self._candidate.recording
        ops = [op for op in recording.ops if op.site == site and op.index > group.op.index]
        shape = recording.tensors[ops[-1].outputs[0]].shape if ops else group.value.shape
        return shape if len(group.numbers) == 1 and math.prod(shape) == group.size else group.value.shape

    def _in_place(self, texts: list[str], hit: Hit, site: Site, donor: Site) -> list[Transplant]:
        """Return texts for a quantity as texts for the expression at `site`."""
        if hit.candidate.key.given:
            texts = [whole for text in texts for whole in self._as_operand(text, hit.candidate, site)]
        ranks = self._candidate.ranks
        written = (in_place(site, written_out(text, ranks)) for text in dict.fromkeys(texts))
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

    def _whole(self, hit: Hit, site: Site, donor: Site) -> Iterator[str]:
        """Yield texts for a quantity of the reference: what the candidate has of it, and else its expression.

        What has a name as a column and as a row is written as what it takes the place of is.
        """
        yield from self._renaming.texts(hit.reference, site)
        node = node_of(donor)
        if isinstance(node, ast.expr):
            for axes in (hit.candidate.value.ndim, None):
                yield self._renaming.with_its_parts(node, Move(site, donor, axes=axes))
            yield span_of_node(node, donor).text


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


def _fitted(text: str, hit: Hit, site: Site, shape: Shape) -> Iterator[str]:
    """Yield a text with what it takes to stand in place: its sign, a reduction, an axis."""
    source = hit.splice.source
    factor = next((one for one in (1, -1) if abs(source.factor - one) < _SAME), None)
    if source.added:
        if factor is not None:
            yield f"{span_of(site).text} {'-' if factor < 0 else '+'} {bracketed(text)}"
    elif source.total and hit.reference.size > 1:
        yield from _reduced(text, hit, site)
    elif factor == -1:
        yield negated(text)
    elif factor == 1:
        yield text
        yield from _in_other_shapes(text, shape, hit.reference)
    elif _is_whole(source.factor):
        yield f"{source.factor:.1f} * {bracketed(text)}"


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


def _is_whole(factor: float) -> bool:
    """Return whether a factor is a whole number that is written rather than computed."""
    return 1 < abs(factor) < _MOST_WRITTEN and abs(factor - round(factor)) < _SAME * abs(factor)


_MOST_WRITTEN = 5
"""Below which a whole factor is taken for one that somebody writes: larger ones are sizes."""


def _in_other_shapes(text: str, own: Shape, other: Group) -> Iterator[str]:
    """Yield a text with axes that its quantity has not when it is computed for each sample."""
    runs = len(other.numbers)
    reduction = _reduction(text)
    if runs > 1 and reduction is not None:
        for axis in ("axis=-1", "axis=-1, keepdims=True"):
            yield f"{text[:-1]}, {axis})"
    if len(own) == 2 and own[1] == 1:
        yield f"({text})[:, None]"
    elif len(own) == 1:
        yield f"tf.squeeze({text}, -1)"
    elif runs == 1 and (shaped := in_shape(text, other.value.shape, own)) is not None:
        yield shaped


def _reduction(text: str) -> str | None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[_], keywords=[]) if leaves_axes_out(name):
            return name
    return None
