"""A change of one op, and what is said of it once it is known that it repairs the candidate."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.findings import Operand
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, Call, Expression, Input, Own


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

    @property
    def reduced(self) -> tuple[str, int] | None:
        """The sum or mean, and the axis, if what the op gives is reduced along one and nothing else is changed."""
        match self.expression:
            case Call(
                name="reduce_sum" | "reduce_mean" as name,
                arguments=(own,),
                settings=(("axis", int() as axis), *_),
            ):
                return (name.removeprefix("reduce_"), axis) if own == OWN else None
        return None


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
