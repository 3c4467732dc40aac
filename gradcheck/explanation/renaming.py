"""An expression of the reference, written with the candidate's names for what it is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.group import Group
from gradcheck.program.recording import Op
from gradcheck.repair.sightings import Sightings
from gradcheck.source import (
    Site,
    Span,
    argument_of,
    bracketed_once,
    function_at,
    is_counted,
    means_the_same,
    on_one_line,
    rewritten,
    span_of_node,
    value_of,
)
from gradcheck.source.bindings import element_of
from gradcheck.source.straight import straight
from gradcheck.source.syntax import bracketed
from gradcheck.source.writing import in_shape

LONGEST = 1_000
"""How long an expression may be that is written out; more is shown to nobody."""


class TooLongError(Exception):
    """An expression is longer than that."""


@dataclass(frozen=True)
class Move:
    """Where an expression of the reference comes from, and where it is to stand.

    Parameters
    ----------
    site, donor
        Expressions of the candidate and of the reference.
    out
        Whether names and functions of the reference's own are written out.
    given
        What is written for the parameters of the function in which it is.
    within
        What is being written out: a function that calls itself is not written out within itself.
    axes
        Of how many axes the names should be, if there is a choice; None for as many as what they stand for has.
    in_shape
        Whether what has an axis of length 1 more than what it stands for, or less, is brought to its shape.
    """

    site: Site
    donor: Site
    out: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    within: frozenset[ast.AST] = frozenset()
    axes: int | None = None
    in_shape: bool = False

    def into(self, node: ast.AST, given: Mapping[str, str]) -> Move:
        """Return the move of a part of what is written out, in which parameters are given."""
        return replace(self, given=given, within=self.within | {node})


class Renaming:
    """Writes expressions of the reference with the candidate's names.

    Parameters
    ----------
    alignment, reverse
        What of the candidate the reference has, and the other way round.
    """

    def __init__(self, alignment: Alignment, reverse: Alignment) -> None:
        self._reverse = reverse
        self.candidate = Sightings(alignment.candidate.recording)
        self.reference = Sightings(alignment.reference.recording)

    def text(self, node: ast.expr, move: Move) -> str:
        """Return an expression of the reference with the candidate's names.

        Raises
        ------
        TooLongError
            If it is more than anybody would write there.
        """
        return self._as_a_whole(node, move) or self.with_its_parts(node, move)

    def with_its_parts(self, node: ast.expr, move: Move) -> str:
        """Return the expression as it is written there, but for its parts."""
        text = rewritten(span_of_node(node, move.donor), list(self._parts(node, move)))
        if move.out and len(text) > LONGEST:
            raise TooLongError  # at once: what reads it twice would be twice as long, and so on
        return bracketed_once(on_one_line(text))

    def _parts(self, node: ast.AST, move: Move) -> Iterator[tuple[Span, str]]:
        """Yield the parts of an expression of the reference that the candidate writes otherwise."""
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr):
                yield from self._parts(child, move) if isinstance(child, ast.keyword) else ()
                continue
            text, own = self._as_a_whole(child, move), span_of_node(child, move.donor)
            if text is None:
                yield from self._parts(child, move)
            elif text != own.text:
                apart = isinstance(node, ast.Call | ast.keyword | ast.List | ast.Tuple)
                yield own, text if apart else bracketed(text)

    def _as_a_whole(self, node: ast.expr, move: Move) -> str | None:
        """Return what is written for an expression as a whole; None where that is made of its parts."""
        aligned = self._told(node, move)
        match node:
            case ast.Name(id=name) if name in move.given:
                return move.given[name]
            case ast.Subscript(value=value, slice=ast.Name() as index) if is_counted(index, move.donor):
                return aligned or self.text(value, move)  # all rounds of a loop have all entries
            case ast.Call() if move.out and aligned is None:
                return self._of_a_function(node, move)
            case ast.Name() | ast.Subscript() if move.out and aligned is None:
                assigned = element_of(node, move.donor)
                if assigned is None or assigned in move.within:
                    return None
                return self.text(assigned, move.into(assigned, {}))
        return aligned

    def _of_a_function(self, call: ast.Call, move: Move) -> str | None:
        """Return what a function of the reference's own gives; None if it calls one of which that is not known."""
        function = straight(call, move.donor)
        if function is None or function.node in move.within:
            return None
        named = {name: self.text(one, move) for name, one in function.arguments.items()}
        for name, one in function.assigned:
            named[name] = self.text(one, move.into(function.node, named))
        return self.text(function.result, move.into(function.node, named))

    def with_arguments(self, move: Move, op: Op) -> Move:
        """Return a move of what an op of the reference gives, with what its function is called with.

        Raises
        ------
        TooLongError
            If that is more than anybody would write there.
        """
        definition = function_at(move.donor.code) if op.site == move.donor else None
        if definition is None or not op.callers or op.callers[0] is None:
            return move
        caller = replace(move, donor=op.callers[0])
        arguments = {one.arg: argument_of(caller.donor, one.arg, move.donor) for one in definition.args.args}
        given = {name: self.text(one, caller) for name, one in arguments.items() if one is not None}
        return replace(move, given=given)

    def _told(self, node: ast.expr, move: Move) -> str | None:
        """Return what the candidate writes for a part; not what one operand is, as where the other is 1 today."""
        aligned = self._aligned(node, move)
        if aligned is None or not isinstance(node, ast.BinOp):
            return aligned
        return None if aligned in {self.text(one, move) for one in (node.left, node.right)} else aligned

    def _aligned(self, node: ast.expr, move: Move) -> str | None:
        """Return what the candidate writes for a part of the reference's expression; None if not known.

        What a name stands for as an argument of a call of several ops is known by what is assigned to it.
        """
        numbers = self.reference.numbers.get(node, ())
        if not numbers and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            assigned = value_of(node, move.donor)
            numbers = () if assigned is None else self.reference.numbers.get(assigned, ())
        group = self._reverse.candidate.of.get(numbers[0]) if numbers else None
        if len(numbers) == 1:
            group = self._reverse.candidate.run_of(numbers[0]) or group
        return None if group is None else next(iter(self._texts(group, move)), None)

    def texts(self, group: Group, site: Site) -> Iterator[str]:
        """Yield what the candidate writes for a quantity of the reference, the shortest first."""
        yield from self._texts(group, Move(site, site))

    def _texts(self, group: Group, move: Move) -> Iterator[str]:
        found = []
        for match in self._reverse.matches(group):
            runs = len(match.group.numbers)
            in_order = match.in_order or _is_backwards(match.group, group)
            alike = match.factor == 1 and in_order and not match.total
            if alike and runs in (1, len(group.numbers)):
                number = match.group.numbers[0]
                for span, there in self.candidate.spans.get(number, ()):
                    if means_the_same(span, there, move.site):
                        own = match.group.value
                        # What is added to keep from a pole is hardly seen in the numbers.
                        apart = not np.allclose(own.ravel(), group.value.ravel(), rtol=_EXACT, atol=0)
                        unlike = (
                            own.shape != group.value.shape if move.axes is None else own.ndim != move.axes
                        )
                        text = span.text
                        if move.in_shape:
                            text = in_shape(text, own.shape, group.value.shape) or text
                        found.append((apart, unlike, len(span.text), own.ndim, text))
        yield from dict.fromkeys(text for *_, text in sorted(found))


def _is_backwards(whole: Group, rounds: Group) -> bool:
    """Return whether the rounds of a loop gave from its end what a quantity is as a whole.

    What else such rounds compute of each other comes in that order as well.
    """
    if len(rounds.numbers) < 2 or whole.size != rounds.size:
        return False
    return bool(np.allclose(whole.value.ravel(), rounds.value[::-1].ravel(), rtol=CLOSE, atol=0))


_EXACT = 1e-14
