"""Where in the source the quantities of a recording are written: as expressions, as operands, as names."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping

from gradcheck.program.ops import ELEMENTWISE, OPS
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, Span, assigned_names, node_of, operand_nodes, span_of_node


class Sightings:
    """What the expressions of one program stand for.

    Parameters
    ----------
    recording
        The program.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        # A loop has thousands of ops at a few places.
        self._node = functools.cache(node_of)
        self._assigned = functools.cache(assigned_names)
        self._operands_at = functools.cache(operand_nodes)

    @functools.cached_property
    def numbers(self) -> Mapping[ast.AST, tuple[int, ...]]:
        """The tensors that an expression gave in its runs, as far as that is certain."""
        found: dict[ast.AST, list[int]] = {}
        for node, number in (*self._results(), *self._calls(), *self._operands()):
            numbers = found.setdefault(node, [])
            if number not in numbers:
                numbers.append(number)
        return {node: tuple(numbers) for node, numbers in found.items()}

    @functools.cached_property
    def spans(self) -> Mapping[int, list[tuple[Span, Site]]]:
        """The expressions that stand for a tensor, each with the place in which it does."""
        found: dict[int, list[tuple[Span, Site]]] = {}
        for node, numbers in self.numbers.items():
            site = self._sites.get(node)
            if site is not None and isinstance(node, ast.expr):
                for number in numbers:
                    found.setdefault(number, []).append((span_of_node(node, site), site))
        return found

    @functools.cached_property
    def ranks(self) -> Mapping[str, int]:
        """How many axes each expression has, by how it is written; none that has several numbers of them."""
        found: dict[str, set[int]] = {}
        for number, spans in self.spans.items():
            for span, _ in spans:
                found.setdefault(span.text, set()).add(len(self.recording.tensors[number].shape))
        return {text: ranks.pop() for text, ranks in found.items() if len(ranks) == 1}

    @functools.cached_property
    def _sites(self) -> dict[ast.AST, Site]:
        found: dict[ast.AST, Site] = {}
        for op in self.recording.ops:
            node = None if op.site is None else self._node(op.site)
            if op.site is None or node is None:
                continue
            for part in (node, *self._operands_at(op.site, _names(op.type)), *self._assigned(op.site)):
                found.setdefault(part, op.site)
        for site in self._given:
            node = self._node(site)
            for part in (*([] if node is None else [node]), *self._assigned(site)):
                found.setdefault(part, site)
        return found

    @functools.cached_property
    def _given(self) -> Mapping[Site, int]:
        """The tensor that a call of the user's own functions gives, where it gives one in all its runs."""
        read: dict[Site, set[int]] = {}
        for op in self.recording.ops:
            for site in op.callers:
                outside = (number for number in op.outputs if self._is_read_outside(number, site))
                read.setdefault(site, set()).update(outside)
        return {site: numbers.pop() for site, numbers in read.items() if len(numbers) == 1}

    def _is_read_outside(self, number: int, call: Site) -> bool:
        readers = self.recording.consumers.get(number, ())
        return number == self.recording.loss or any(call not in reader.callers for reader in readers)

    def _results(self) -> Iterator[tuple[ast.AST, int]]:
        for op in self.recording.ops:
            node = None if op.site is None else self._node(op.site)
            if op.site is None or node is None or len(op.outputs) != 1 or not self.is_result(op):
                continue
            yield node, op.outputs[0]
            for name in self._assigned(op.site):
                yield name, op.outputs[0]

    def _calls(self) -> Iterator[tuple[ast.AST, int]]:
        for site, number in self._given.items():
            node = self._node(site)
            if isinstance(node, ast.Call):
                yield node, number
                yield from ((name, number) for name in self._assigned(site))

    def _operands(self) -> Iterator[tuple[ast.AST, int]]:
        for op in self.recording.ops:
            nodes = [] if op.site is None else self._operands_at(op.site, _names(op.type))
            if len(nodes) == len(op.inputs):
                yield from zip(nodes, op.inputs, strict=True)

    def is_result(self, op: Op) -> bool:
        """Return whether an op gives what its expression does: another expression reads it, or it is the loss."""
        readers = self.recording.consumers.get(op.outputs[0], ())
        return self.recording.loss in op.outputs or any(reader.site != op.site for reader in readers)


@functools.cache
def _names(kind: str) -> frozenset[str]:
    """Return the functions whose positional arguments are the inputs of an op of that type, in order."""
    known = OPS.get(kind)
    alike = known is not None and (known.kind in ("unary", "normalisation") or kind == "StopGradient")
    functions = known.functions if known is not None and alike else ()
    return frozenset({*ELEMENTWISE.get(kind, {kind.lower()}), *functions})
