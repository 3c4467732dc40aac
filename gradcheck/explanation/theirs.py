"""What may be written as the reference has it: which elements count, whole numbers, what is made of scalars."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.quantities import LARGEST_MASK, says_what_counts
from gradcheck.program.queries import scalar_constant
from gradcheck.program.recording import Recording, Shape, TensorInfo
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, Span, is_counted, node_of, on_one_line, rewritten, span_of_node, value_of
from gradcheck.source.syntax import bracketed

Kind = Literal["condition", "factor", "whole"]


@dataclass(frozen=True)
class Theirs:
    """An expression of the reference.

    Parameters
    ----------
    site
        Where it is.
    kind
        What it gives: the truth values of a condition, zeros and ones or a scalar to multiply by, whole numbers.
    shape
        The shape of that, all runs together.
    literals
        The numbers that names in it stand for.
    """

    site: Site
    kind: Kind
    shape: Shape
    literals: Mapping[ast.expr, float]

    def written(self, entries: Mapping[str, str], known: Collection[str]) -> str | None:
        """Return it as it may be written elsewhere; None where something in it has no name there.

        Parameters
        ----------
        entries
            How the entries of the batch are written there.
        known
            The names that mean something there, and the same.
        """
        node = node_of(self.site)
        if not isinstance(node, ast.expr):
            return None
        try:
            return on_one_line(_Elsewhere(self, entries, known).text(node))
        except _NoNameError:
            return None


def theirs(reference: Recording, candidate: Recording) -> list[Theirs]:
    """Return what the reference says of which elements count, its scalars, and its whole numbers.

    But for conditions, only those that the candidate does not have. None of a kind of which a program has many.
    """
    literals: dict[ast.expr, float] = {
        node: value
        for node, numbers in Sightings(reference).numbers.items()
        if isinstance(node, ast.Name) and (value := scalar_constant(numbers[0], reference)) is not None
    }
    found: list[Theirs] = []
    for kind, look in _LOOK.items():
        own = set() if kind == "condition" else {array.tobytes() for array in look(candidate).values()}
        new = {site: array for site, array in look(reference).items() if array.tobytes() not in own}
        if len(new) <= _MOST:
            found += [Theirs(site, kind, array.shape, literals) for site, array in new.items()]
    return found


_MOST = 6


def _conditions(recording: Recording) -> dict[Site, Array]:
    found = _together(recording, lambda tensor: tensor.dtype == "bool")
    return {site: array for site, array in found.items() if says_what_counts(array)}


def _factors(recording: Recording) -> dict[Site, Array]:
    found = _together(recording, lambda tensor: tensor.floating)
    masks = {site: array for site, array in found.items() if says_what_counts(array)}
    return {**masks, **_scalars(recording)}


def _whole_numbers(recording: Recording) -> dict[Site, Array]:
    found = _together(recording, lambda tensor: tensor.dtype in ("int32", "int64"))
    return {site: array.astype("int64") for site, array in found.items() if array.size > 1}


def _together(recording: Recording, wanted: Callable[[TensorInfo], bool]) -> dict[Site, Array]:
    """Return what expressions give that the loss depends on, by place, all runs together."""
    runs: dict[Site, list[Array]] = {}
    sightings = Sightings(recording)
    for op in recording.ops:
        if op.site is not None and len(op.outputs) == 1 and op.index in recording.contributing:
            tensor = recording.tensors[op.outputs[0]]
            if wanted(tensor) and tensor.size <= LARGEST_MASK and sightings.is_result(op):
                runs.setdefault(op.site, []).append(recording.array(op.outputs[0]))
    return {
        site: arrays[0] if len(arrays) == 1 else np.stack(arrays)
        for site, arrays in runs.items()
        if len({array.shape for array in arrays}) == 1
    }


def _scalars(recording: Recording) -> dict[Site, Array]:
    """Return what is computed of single numbers, one of them a variable, by place: a temperature, a scale."""
    known = {number for number in recording.reads if recording.tensors[number].size == 1}
    found: dict[Site, Array] = {}
    for op in recording.ops:
        if len(op.outputs) == 1 and op.index in recording.contributing and not known.isdisjoint(op.inputs):
            rest = (scalar_constant(number, recording) for number in op.inputs if number not in known)
            if None not in rest and op.site is not None:
                known.add(op.outputs[0])
                found[op.site] = recording.array(op.outputs[0])
    return found


_LOOK: dict[Kind, Callable[[Recording], dict[Site, Array]]] = {
    "condition": _conditions,
    "factor": _factors,
    "whole": _whole_numbers,
}


class _NoNameError(Exception):
    """Something has no name in the other function."""


class _Elsewhere:
    """Writes an expression as it may stand in another function: of what is looped over, the whole."""

    def __init__(self, expression: Theirs, entries: Mapping[str, str], known: Collection[str]) -> None:
        self._expression, self._entries, self._known = expression, entries, known
        self._within: set[ast.AST] = set()

    def text(self, node: ast.expr) -> str:
        whole = self._as_a_whole(node)
        if whole is not None:
            return whole
        return rewritten(span_of_node(node, self._expression.site), list(self._parts(node)))

    def _parts(self, node: ast.AST) -> Iterator[tuple[Span, str]]:
        for child in ast.iter_child_nodes(node):
            whole = self._as_a_whole(child) if isinstance(child, ast.expr) else None
            if whole is None or not isinstance(child, ast.expr):
                yield from self._parts(child)
            else:
                apart = isinstance(node, ast.Call | ast.keyword | ast.List | ast.Tuple)
                yield span_of_node(child, self._expression.site), whole if apart else bracketed(whole)

    def _as_a_whole(self, node: ast.expr) -> str | None:
        """Return what is written for an expression as a whole; None where that is made of its parts."""
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(key))) if key in self._entries:
                return self._entries[key]
            case ast.Subscript(value=value, slice=index) if self._counts(index):
                return self.text(value)
            case ast.Subscript(value=value, slice=ast.Tuple(elts=indices)) if any(map(self._counts, indices)):
                axes = [":" if self._counts(one) else self.text(one) for one in indices]
                return f"{bracketed(self.text(value))}[{', '.join(axes)}]"
            case ast.Name():
                return self._of_a_name(node)
        return None

    def _counts(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and is_counted(node, self._expression.site)

    def _of_a_name(self, node: ast.Name) -> str:
        given = value_of(node, self._expression.site)
        if node.id in self._entries:
            return self._entries[node.id]
        if given is not None and given not in self._within:
            self._within.add(given)
            text = self.text(given)
            self._within.remove(given)
            return text
        if node.id in self._known:
            return node.id
        if node in self._expression.literals:
            return f"{self._expression.literals[node]:g}"
        raise _NoNameError
