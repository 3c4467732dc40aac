"""What only the reference says of its elements, by a condition or by zeros and ones: which of them count."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.quantities import says_what_counts
from gradcheck.program.queries import scalar_constant
from gradcheck.program.recording import Recording
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, Span, is_counted, node_of, on_one_line, rewritten, span_of_node, value_of
from gradcheck.source.syntax import bracketed


@dataclass(frozen=True)
class Mask:
    """An expression of the reference that says of each element whether it counts.

    Parameters
    ----------
    site
        Where it is.
    condition
        Whether it gives truth values, and not zeros and ones.
    literals
        The numbers that names in it stand for.
    """

    site: Site
    condition: bool
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


def masks_of(reference: Recording, candidate: Recording) -> list[Mask]:
    """Return the masks that the reference makes; of zeros and ones, those that the candidate does not make."""
    own = {array.tobytes() for array in _masks(candidate).values() if array.dtype.kind != "b"}
    found = {site: array for site, array in _masks(reference).items() if array.tobytes() not in own}
    if len(found) > _MOST:
        return []
    sightings = Sightings(reference)
    literals: dict[ast.expr, float] = {
        node: value
        for node, numbers in sightings.numbers.items()
        if isinstance(node, ast.Name) and (value := scalar_constant(numbers[0], reference)) is not None
    }
    return [Mask(site, array.dtype.kind == "b", literals) for site, array in found.items()]


_MOST = 6
"""A program that has more of them is not one that a mask was left out of."""


def _masks(recording: Recording) -> dict[Site, Array]:
    """Return what says of elements whether they count, by place, all runs together."""
    runs: dict[Site, list[Array]] = {}
    for op in recording.ops:
        if op.site is not None and len(op.outputs) == 1 and op.index in recording.contributing:
            tensor = recording.tensors[op.outputs[0]]
            if tensor.dtype == "bool" or tensor.floating:
                runs.setdefault(op.site, []).append(np.ravel(recording.array(op.outputs[0])))
    together = {site: np.concatenate(arrays) for site, arrays in runs.items()}
    return {site: array for site, array in together.items() if says_what_counts(array)}


class _NoNameError(Exception):
    """Something has no name in the other function."""


class _Elsewhere:
    """Writes an expression as it may stand in another function: of what is looped over, the whole."""

    def __init__(self, mask: Mask, entries: Mapping[str, str], known: Collection[str]) -> None:
        self._mask, self._entries, self._known = mask, entries, known
        self._within: set[ast.AST] = set()

    def text(self, node: ast.expr) -> str:
        whole = self._as_a_whole(node)
        if whole is not None:
            return whole
        return rewritten(span_of_node(node, self._mask.site), list(self._parts(node)))

    def _parts(self, node: ast.AST) -> Iterator[tuple[Span, str]]:
        for child in ast.iter_child_nodes(node):
            whole = self._as_a_whole(child) if isinstance(child, ast.expr) else None
            if whole is None or not isinstance(child, ast.expr):
                yield from self._parts(child)
            else:
                apart = isinstance(node, ast.Call | ast.keyword | ast.List | ast.Tuple)
                yield span_of_node(child, self._mask.site), whole if apart else bracketed(whole)

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
        return isinstance(node, ast.Name) and is_counted(node, self._mask.site)

    def _of_a_name(self, node: ast.Name) -> str:
        given = value_of(node, self._mask.site)
        if node.id in self._entries:
            return self._entries[node.id]
        if given is not None and given not in self._within:
            self._within.add(given)
            return self.text(given)
        if node.id in self._known:
            return node.id
        if node in self._mask.literals:
            return f"{self._mask.literals[node]:g}"
        raise _NoNameError
