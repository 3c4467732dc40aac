"""A trace folded by the user's expressions: one row for each, under its statement, in order of execution."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gradcheck.program.ops import ELEMENTWISE, INDICES
from gradcheck.program.recording import NO_NUMBERS
from gradcheck.program.trace import CallChain, Step, Trace
from gradcheck.source import Site, Span, span_of, statement_at
from gradcheck.tracing.axes import Axes
from gradcheck.tracing.marks import Mark, Marker


@dataclass(frozen=True, slots=True)
class ShapeCount:
    """Shapes that an expression read and made, and how often it was these."""

    operands: tuple[Axes, ...]
    results: tuple[Axes, ...]
    times: int


@dataclass(frozen=True)
class Row:
    """What is known of one expression.

    Parameters
    ----------
    text
        The expression, or its whole statement, as the user wrote it, in one line; or the name of a layer
        or an op. Empty where the source is unavailable.
    level
        How far it is indented: below its statement, and that below the expression that called it.
    site
        Where the expression is; None for a statement of several, a layer, or an op.
    span
        The same in the source; None where no code of the user's took part.
    dtype
        Of the result.
    times
        How often it was executed.
    variants
        Its shapes, in the order in which they were first seen; empty for a mere heading.
    marks
        What deserves a look.
    made, read
        Tensor numbers of all results and operands.
    """

    text: str
    level: int
    site: Site | None
    span: Span | None
    dtype: str
    times: int
    variants: tuple[ShapeCount, ...]
    marks: tuple[Mark, ...]
    made: frozenset[int]
    read: frozenset[int]


def fold(trace: Trace, axes: Mapping[int, Axes], depth: int = 0) -> list[Row]:
    """Return the rows of `trace`.

    Parameters
    ----------
    axes
        Of every tensor, by number.
    depth
        How many levels of Keras layers, and below them ops, to show under each expression.
    """
    return list(_Folder(trace, axes, depth).rows())


@dataclass
class _Node:
    """An expression, reached in one way: its executions, as indices of steps."""

    path: CallChain
    executions: dict[int, list[int]] = field(default_factory=dict)
    called: dict[CallChain, _Node] = field(default_factory=dict)

    @property
    def site(self) -> Site:
        return self.path[-1]

    @property
    def first(self) -> int:
        return next(iter(self.executions.values()))[0]


class _Folder:
    def __init__(self, trace: Trace, axes: Mapping[int, Axes], depth: int) -> None:
        self._trace = trace
        self._axes = axes
        self._depth = depth
        self._marker = Marker(trace, axes)
        self._returned = frozenset(trace.results)
        self._made_here = frozenset(
            number for s in trace.steps if s.type != "ReadVariableOp" for number in s.outputs
        )
        self._readers: dict[int, list[int]] = {}
        for index, step in enumerate(trace.steps):
            for number in step.inputs:
                self._readers.setdefault(number, []).append(index)

    def rows(self) -> Iterator[Row]:
        """Yield the rows, in the order of execution."""
        yield from self._unplaced()
        yield from self._context(_nodes(self._trace.steps), 0)

    def _unplaced(self) -> Iterator[Row]:
        """Yield rows for what ran without any code of the user's on the stack, as a whole Keras model."""
        steps = [index for index, step in enumerate(self._trace.steps) if not step.path]
        if steps:
            yield from self._unfolded([steps], 0, self._depth + 1)

    def _context(
        self, nodes: Mapping[CallChain, _Node], level: int, around: Span | None = None
    ) -> Iterator[Row]:
        """Yield the rows of what one frame ran; `around` is the statement that it was called from."""
        statements: dict[Span, list[_Node]] = {}
        for node in sorted(nodes.values(), key=lambda node: node.first):
            statements.setdefault(statement_at(node.site), []).append(node)
        for statement, members in statements.items():
            if statement == around:  # a comprehension or a lambda: the statement is shown already
                for node in members:
                    yield from self._expression(node, level)
            else:
                yield from self._statement(statement, members, level)

    def _statement(self, statement: Span, nodes: Sequence[_Node], level: int) -> Iterator[Row]:
        whole = _outermost(nodes)
        if whole is None:
            yield self._heading(statement, nodes, level)
        else:
            yield self._row(whole, _line(statement), level)
        for node in nodes:
            if node is not whole:
                yield from self._expression(node, level + 1)
        if whole is not None:
            yield from self._inside(whole, level + 1)

    def _expression(self, node: _Node, level: int) -> Iterator[Row]:
        yield self._row(node, _line(_span(node.site)), level)
        yield from self._inside(node, level + 1)

    def _inside(self, node: _Node, level: int) -> Iterator[Row]:
        if self._depth:
            yield from self._unfolded([self._own(steps, node) for steps in node.executions.values()], level)
        yield from self._context(node.called, level, statement_at(node.site))

    def _own(self, steps: Sequence[int], node: _Node) -> list[int]:
        return [index for index in steps if self._trace.steps[index].path == node.path]

    def _unfolded(
        self, executions: Sequence[Sequence[int]], level: int, depth: int | None = None
    ) -> Iterator[Row]:
        """Yield a row for each layer, `depth` layers deep, or op below the layers."""
        shared = self._shared_layers([index for steps in executions for index in steps])
        shown = shared + (depth or self._depth)
        found: dict[tuple[str, ...], list[list[int]]] = {}
        for steps in executions:
            own = [index for index in steps if not self._reads_variable(index)]
            for label, run in itertools.groupby(own, lambda index: self._label(index)[:shown]):
                found.setdefault(label, []).append(list(run))
        for label, runs in found.items():
            if len(found) > 1 or shared:  # a single op is what the expression's own row shows
                text = " › ".join(label)
                marks = self._marks(index for run in runs for index in run) if depth else ()
                yield self._made(runs, text=text, level=level, site=None, span=None, marks=marks)

    def _label(self, index: int) -> tuple[str, ...]:
        step = self._trace.steps[index]
        return (*step.layers, step.type)

    def _shared_layers(self, steps: Sequence[int]) -> int:
        """Return how many of the outermost layers are the same for all steps."""
        columns = zip(*(self._trace.steps[index].layers for index in steps), strict=False)
        return sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, columns))

    def _heading(self, statement: Span, nodes: Sequence[_Node], level: int) -> Row:
        times = max(len(node.executions) for node in nodes)
        nothing: frozenset[int] = frozenset()
        return Row(_line(statement), level, None, statement, "", times, (), (), nothing, nothing)

    def _row(self, node: _Node, text: str, level: int) -> Row:
        executions = list(node.executions.values())
        marks = self._marks(step for steps in executions for step in self._own(steps, node))
        return self._made(
            executions,
            text=text,
            level=level,
            site=node.site,
            span=_span(node.site),
            marks=marks,
            calls_user_code=bool(node.called),
        )

    def _marks(self, steps: Iterable[int]) -> tuple[Mark, ...]:
        found: dict[tuple[str, int], Mark] = {}
        for index in steps:
            step = self._trace.steps[index]
            for number, mark in enumerate(self._marker.marks(step)):
                found.setdefault((step.type, number), mark)  # in a loop: those of the first iteration
        return tuple(dict.fromkeys(found.values()))

    def _made(
        self,
        executions: Sequence[Sequence[int]],
        *,
        text: str,
        level: int,
        site: Site | None,
        span: Span | None,
        marks: tuple[Mark, ...],
        calls_user_code: bool = False,
    ) -> Row:
        counted: Counter[tuple[tuple[Axes, ...], tuple[Axes, ...]]] = Counter()
        read: set[int] = set()
        made: list[int] = []
        for steps in executions:
            operands, results = self._operands(steps), self._results(steps)
            if calls_user_code:  # constants and variables are shown where they are used
                operands = [n for n in operands if n in self._made_here or n in self._trace.arguments]
            counted[tuple(self._axes[n] for n in operands), tuple(self._axes[n] for n in results)] += 1
            read.update(operands)
            made += results
        return Row(
            text=text,
            level=level,
            site=site,
            span=span,
            dtype=self._trace.tensors[made[-1]].dtype if made else "",
            times=len(executions),
            variants=tuple(ShapeCount(*shapes, times) for shapes, times in counted.items()),
            marks=marks,
            made=frozenset(made),
            read=frozenset(read),
        )

    def _operands(self, steps: Sequence[int]) -> list[int]:
        """Return the tensors that an execution read and had not made itself, without what only steers it."""
        inside = {number for i in steps if not self._reads_variable(i) for number in self._outputs(i)}
        found: dict[int, None] = {}
        # What the last step reads comes first: in x[i], the index is made ready before x is read.
        for index in (*steps[-1:], *steps):
            step = self._trace.steps[index]
            for position, number in enumerate(step.inputs):
                if number not in inside and self._is_data(step, position, number):
                    found[number] = None
        return list(found)

    def _outputs(self, index: int) -> tuple[int, ...]:
        return self._trace.steps[index].outputs

    def _reads_variable(self, index: int) -> bool:
        return self._trace.steps[index].type == "ReadVariableOp"

    def _is_data(self, step: Step, position: int, number: int) -> bool:
        info = self._trace.tensors[number]
        if info.dtype in NO_NUMBERS:
            return False
        if number in self._trace.arguments or number in self._made_here:
            return True
        # What no step of the user's made is a constant or a variable: of a layer it is no operand; an
        # integer is most often an axis, a shape or a permutation.
        if info.shape == () and step.type not in ELEMENTWISE:
            return False
        return not step.layers and (info.floating or INDICES.get(step.type) == position)

    def _results(self, steps: Sequence[int]) -> list[int]:
        """Return what an execution made that something else reads; of what nothing reads, the last."""
        inside = set(steps)
        made = [
            number
            for index in steps
            for number in self._outputs(index)
            if self._trace.tensors[number].dtype not in ("resource", "variant")
        ]
        used = [
            number
            for number in made
            if number in self._returned
            or any(reader not in inside for reader in self._readers.get(number, ()))
        ]
        return self._as_returned(used) or made[-1:]

    def _as_returned(self, made: list[int]) -> list[int]:
        """Return results in the order in which a call returned them, if one did; else as they were made."""
        if len(made) < 2:
            return made
        orders = (order for order in reversed(self._trace.returned) if set(made) <= set(order))
        order = next(orders, ())
        return sorted(made, key=order.index) if order else made


def _nodes(steps: Sequence[Step]) -> dict[CallChain, _Node]:
    """Return the expressions of the outermost frame, with what each of them called."""
    top: dict[CallChain, _Node] = {}
    for index, step in enumerate(steps):
        siblings = top
        for level, call in enumerate(step.calls, start=1):
            path = step.path[:level]
            node = siblings.get(path)
            if node is None:
                node = siblings[path] = _Node(path)
            node.executions.setdefault(call, []).append(index)
            siblings = node.called
    return top


def _outermost(nodes: Sequence[_Node]) -> _Node | None:
    """Return the expression of a statement in which all others of it lie, if there is one."""
    for node in nodes:
        whole = span_of(node.site)
        if all(_within(span_of(other.site), whole) for other in nodes):
            return node
    return None


def _within(part: Span, whole: Span) -> bool:
    return (whole.line, whole.column) <= (part.line, part.column) and (part.end_line, part.end_column) <= (
        whole.end_line,
        whole.end_column,
    )


def _span(site: Site) -> Span:
    """Return the span of an expression; of what a ``for`` does by itself, the span of its first line."""
    span, statement = span_of(site), statement_at(site)
    begins_it = (span.line, span.column) == (statement.line, statement.column)
    return statement if begins_it and span.end_line > statement.end_line else span


def _line(span: Span) -> str:
    return " ".join(span.text.split())
