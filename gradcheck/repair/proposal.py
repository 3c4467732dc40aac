"""A proposal: a cause that is suspected at a place, and the edit that would prove it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.findings import CauseName, Finding, Operand
from gradcheck.program.places import Place, place_of
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.factors import Term
from gradcheck.repair.language import Edit, Expression, with_number
from gradcheck.repair.words import in_words
from gradcheck.repair.written import Writer


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What would be said if `edits` make the gradients agree.

    Parameters
    ----------
    finding
        As it will be shown once it is verified; until then nothing of it is known.
    edits
        Tried together, on the candidate.
    writer
        Writes the edits into the source of the candidate; None where that is the reference's as well.
    in_source
        Whether what the edits do may be written: a lower precision than a replay's may need what they change.
    rank
        0 for an edit that people often need; larger ones are tried later.
    tie_break
        Of several edits that are proved at once, and equally likely, the one with the smallest is shown.
    runs
        How often the edited expression ran. Of edits that are equal otherwise, the one of fewest runs is shown.
    describe
        For an edit with a number that is to be found: what to say, given that, and what it is, if known.
    scaled
        The constant that the number multiplies, where it is one: the product is what would be written.
    nonlinear
        Whether to look for the number also where the gradient is far from linear in it. Not for a term:
        what undoes a fault inside it by a factor around it is often not what is wrong.
    is_solved
        Whether the number in the edits is the one that was found.
    """

    finding: Finding
    edits: tuple[Edit, ...]
    writer: Writer | None = field(default=None, repr=False)
    in_source: bool = True
    rank: int = 0
    tie_break: int = 0
    runs: int = 1
    describe: Callable[[float, Term | None], Finding] | None = None
    scaled: float | None = None
    nonlinear: bool = False
    is_solved: bool = False

    @property
    def place(self) -> Place:
        """Where the first edit is."""
        return self.edits[0].place

    @functools.cached_property
    def text(self) -> str | None:
        """The expression of the finding's span with the edits in it; None where that would be a guess."""
        unknown = self.describe is not None and not self.is_solved
        if self.writer is None or not self.in_source or unknown:
            return None
        return self.writer.written(self.edits)

    def with_factor(self, factor: float) -> tuple[Edit, ...]:
        """Return the edits with `factor` as the number that is sought."""
        return tuple(with_number(edit, factor) for edit in self.edits)

    def written(self, factor: float) -> Proposal:
        """Return the proposal with its constant written as it is with the factor that was found."""
        if self.scaled is None:
            return self
        said = f"use {self.scaled * factor:.6g} in place of {self.scaled:.6g}"
        edits = tuple(replace(edit, words=edit.words or said) for edit in self.with_factor(factor))
        return replace(self, edits=edits, is_solved=True)

    def and_also(self, op: Op, expression: Expression) -> Proposal:
        """Return the proposal with one more edit, tried together with the others."""
        return replace(self, edits=(*self.edits, Edit(place_of(op), expression)))

    @property
    def in_words(self) -> str:
        """The edits, for where they cannot be written as source."""
        return "; ".join(dict.fromkeys(map(in_words, self.edits)))


@dataclass(frozen=True)
class Proposer:
    """Makes the proposals of one cause for one recording."""

    cause: CauseName
    recording: Recording

    def __call__(
        self,
        op: Op,
        expression: Expression,
        message: str,
        *,
        words: str = "",
        in_source: bool = True,
        rank: int = 0,
        tie_break: int = 0,
        notes: Sequence[str] = (),
        operands: Sequence[Operand] = (),
    ) -> Proposal:
        """Return a proposal for one change at the place of `op`; `in_source`, whether it may be written there."""
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
            edits=(Edit(place_of(op), expression, words),),
            writer=Writer(self.recording),
            in_source=in_source,
            rank=rank,
            tie_break=tie_break,
            runs=sum(other.type == op.type for other in self.recording.at_site[op.site]),
        )


def once_per_place(ops: Iterable[Op]) -> list[Op]:
    """Return the first op of each place, in order: an edit changes all the ops of a place."""
    return list({place_of(op): op for op in reversed(list(ops))}.values())[::-1]
