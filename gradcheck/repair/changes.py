"""Changes of one op that people have to make often: enumerated by its type and shapes, and what is said of one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.findings import Operand
from gradcheck.program.ops import ALONG_AXIS, OPS, REDUCTIONS
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, Expression, Input, Own, Settings, call, with_input
from gradcheck.repair.proposal import once_per_place

_LARGEST_RANK = 4
_MOST_OPERANDS = 3


@dataclass(frozen=True)
class Change:
    """Another expression in place of what an op gives: that of the reference, as far as the gradients tell.

    Parameters
    ----------
    trained, is_result
        Whether the result depends on a variable, and whether an expression ends with it.
    """

    op: Op
    expression: Expression
    recording: Recording
    trained: bool
    is_result: bool

    @property
    def operand(self) -> tuple[int, Expression] | None:
        """The one input that is another one, and what it is; None where more is changed than that."""
        match self.expression:
            case Own(inputs=((number, one),), settings=(), kind=""):
                return number, one
        return None

    @property
    def settings(self) -> dict[str, object]:
        """What the op is told, where nothing else is changed."""
        match self.expression:
            case Own(inputs=(), settings=settings, kind=""):
                return dict(settings)
        return {}

    @property
    def kind(self) -> str:
        """The type of op that it is instead, where nothing else is changed."""
        match self.expression:
            case Own(inputs=(), settings=(), kind=kind):
                return kind
        return ""

    @property
    def left_in(self) -> int | None:
        """The input that is all that is left of the op."""
        return self.expression.number if isinstance(self.expression, Input) else None


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a cause says of a change that it explains: as for a `Proposer`.

    Parameters
    ----------
    message, words, notes, operands
        Parts of the finding, once it is proved.
    rank, tie_break
        What sorts changes that work: small for what people often need.
    in_source
        Whether it may be written.
    """

    message: str
    words: str = ""
    notes: tuple[str, ...] = ()
    operands: tuple[Operand, ...] = ()
    rank: int = 0
    tie_break: int = 0
    in_source: bool = True


def changes(recording: Recording) -> Iterator[Change]:
    """Yield changes of the ops that the loss depends on, those of one place once."""
    results = set(recording.results)
    for op in once_per_place(op for op in recording.ops if op.index in recording.contributing):
        trained = any(output in recording.trainable for output in op.outputs)
        for expression in dict.fromkeys(_changes(op, recording)):
            yield Change(op, expression, recording, trained, op in results)


def _changes(op: Op, recording: Recording) -> Iterator[Expression]:
    known = OPS.get(op.type)
    if known is None:
        return
    yield from (Own(kind=kind) for kind in (known.opposite, known.sum_or_mean) if kind)
    yield from (Own(settings=settings) for settings in told(op, recording))
    yield call("negative", OWN)
    for number in operands(op):
        yield Input(number)
        yield with_input(number, lambda operand: call("negative", operand))


def told(op: Op, recording: Recording) -> Iterator[Settings]:
    """Yield other axes for an op that runs over some, or along one."""
    rank = len(recording.tensors[op.inputs[0]].shape) if op.inputs else 0
    if op.type in REDUCTIONS:
        yield from _reduced(op, rank, recording)
    elif op.type in ALONG_AXIS:
        own = int(recording.array(op.inputs[1])) % rank if len(op.inputs) > 1 else rank - 1
        yield from ((("axis", axis),) for axis in range(rank) if axis != own)


def _reduced(op: Op, rank: int, recording: Recording) -> Iterator[Settings]:
    own = reduced_axes(op, recording), bool(op.attributes.get("keep_dims"))
    if rank > _LARGEST_RANK:
        return
    subsets = (axes for count in range(1, rank + 1) for axes in itertools.combinations(range(rank), count))
    for axes, keeps in itertools.product(subsets, (own[1], not own[1])):
        axis: Settings = () if axes == own[0] else (("axis", axes[0] if len(axes) == 1 else axes),)
        keepdims: Settings = () if keeps == own[1] else (("keepdims", keeps),)
        if axis or keepdims:
            yield (*axis, *keepdims)


def operands(op: Op) -> list[int]:
    """Return which inputs are operands, and no axes or the like."""
    known = OPS.get(op.type)
    beside = {
        one.where % len(op.inputs)
        for one in (known.arguments if known else ())
        if isinstance(one.where, int) and op.inputs
    }
    return [number for number in range(len(op.inputs)) if number not in beside][:_MOST_OPERANDS]
