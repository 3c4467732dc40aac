"""A proposal: a cause that is suspected at a place, and the edit that would prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from gradcheck.findings import CauseName, Finding, Operand
from gradcheck.program.places import place_of
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.edits import Change, Edit, OnInput, OnOutput
from gradcheck.repair.factors import Term


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What would be said if `edits` make the gradients agree.

    Parameters
    ----------
    finding
        As it will be shown once it is verified; until then nothing of it is known.
    edits
        Tried together, on the candidate.
    text
        The expression of the finding's span with the edit written into it, or None where that cannot be
        said in the user's own expression.
    rank
        0 for an edit that people often need; larger ones are tried later.
    tie_break
        Of several edits that are proved at once, and equally likely, the one with the smallest is shown.
    runs
        How often the edited expression ran. Of edits that are equal otherwise, the one of fewest runs is shown.
    describe
        For an edit with a factor that is to be found: what to say, given the factor, and what it is, if known.
    scaled
        The constant that the factor multiplies, where it is one.
    write
        Given the factor, the expression with the constant written as it is then; in place of `text`.
    nonlinear
        Whether to look for the factor also where the gradient is far from linear in it. Not for a term:
        what undoes a fault inside it by a factor around it is often not what is wrong.
    """

    finding: Finding
    edits: tuple[Edit, ...]
    text: str | None = None
    rank: int = 0
    tie_break: int = 0
    runs: int = 1
    describe: Callable[[float, Term | None], Finding] | None = None
    scaled: float | None = None
    write: Callable[[float], str | None] | None = None
    nonlinear: bool = False

    def with_factor(self, factor: float) -> tuple[Edit, ...]:
        """Return the edits with `factor` as their argument."""
        return tuple(
            replace(edit, change=replace(edit.change, argument=factor))
            for edit in self.edits
            if isinstance(edit.change, OnInput | OnOutput)
        )

    def written(self, factor: float) -> Proposal:
        """Return the proposal with its constant written as it is with the factor that was found."""
        return self if self.write is None else replace(self, text=self.write(factor))

    def and_also(self, op: Op, change: Change) -> Proposal:
        """Return the proposal with one more edit, tried together with the others."""
        return replace(self, edits=(*self.edits, Edit(place_of(op), change)))

    @property
    def in_words(self) -> str:
        """The edits, for where they cannot be written as source."""
        return "; ".join(dict.fromkeys(edit.change.in_words for edit in self.edits))


@dataclass(frozen=True)
class Proposer:
    """Makes the proposals of one cause for one recording."""

    cause: CauseName
    recording: Recording

    def __call__(
        self,
        op: Op,
        change: Change,
        message: str,
        *,
        text: str | None = None,
        rank: int = 0,
        tie_break: int = 0,
        notes: Sequence[str] = (),
        operands: Sequence[Operand] = (),
    ) -> Proposal:
        """Return a proposal for one change at the place of `op`."""
        finding = Finding(
            cause=self.cause,
            message=message,
            span=op.span,
            shapes=(*self.recording.shapes(op.inputs), *self.recording.shapes(op.outputs)),
            operands=tuple(operands),
            notes=tuple(notes),
        )
        return Proposal(
            finding=finding,
            edits=(Edit(place_of(op), change),),
            text=text,
            rank=rank,
            tie_break=tie_break,
            runs=sum(other.type == op.type for other in self.recording.at_site[op.site]),
        )


def once_per_place(ops: Iterable[Op]) -> list[Op]:
    """Return the first op of each place, in order: an edit changes all the ops of a place."""
    return list({place_of(op): op for op in reversed(list(ops))}.values())[::-1]
