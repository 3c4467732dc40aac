"""A proposal: a cause that is suspected at a place, and the edit that would prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from gradcheck.edits import Change, Edit, OnInput, OnOutput, place_of
from gradcheck.findings import CauseName, Finding, Operand
from gradcheck.recording import Op, Recording
from gradcheck.source import Span, operand_spans, rewritten


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
    unlikely
        0 for an edit that people often need; larger ones are tried later.
    preference
        Of several edits that are proved at once, and equally likely, the one with the smallest is shown.
    describe
        For an edit with a factor that is to be found: what to say, given the factor.
    """

    finding: Finding
    edits: tuple[Edit, ...]
    text: str | None = None
    unlikely: int = 0
    preference: int = 0
    describe: Callable[[float], Finding] | None = None

    def with_factor(self, factor: float) -> tuple[Edit, ...]:
        """Return the edits with `factor` as their argument."""
        return tuple(
            replace(edit, change=replace(edit.change, argument=factor))
            for edit in self.edits
            if isinstance(edit.change, OnInput | OnOutput)
        )

    @property
    def in_words(self) -> str:
        """The edits, where they cannot be written as source."""
        return "; ".join(edit.change.in_words for edit in self.edits)


def propose(
    op: Op,
    change: Change,
    *,
    cause: CauseName,
    message: str,
    notes: Sequence[str] = (),
    text: str | None = None,
    unlikely: int = 0,
    preference: int = 0,
    recording: Recording,
    operands: Sequence[Operand] = (),
) -> Proposal:
    """Return a proposal for one change at the place of `op`."""
    shapes = (*recording.shapes(op.inputs), *recording.shapes(op.outputs))
    finding = Finding(
        cause=cause,
        message=message,
        span=op.span,
        shapes=shapes,
        operands=tuple(operands),
        notes=tuple(notes),
    )
    return Proposal(
        finding=finding,
        edits=(Edit(place_of(op), change),),
        text=text,
        unlikely=unlikely,
        preference=preference,
    )


def once_per_place(ops: Iterable[Op]) -> list[Op]:
    """Return the first op of each place, in order: an edit changes all the ops of a place."""
    return list({place_of(op): op for op in reversed(list(ops))}.values())[::-1]


def with_operand(op: Op, names: frozenset[str], input_number: int, wrapper: str) -> str | None:
    """Return the expression of `op` with ``{}`` of `wrapper` put around one operand, where that is certain."""
    if op.site is None or op.span is None:
        return None
    spans = operand_spans(op.site, names)
    if len(spans) != len(op.inputs):
        return None
    operand = spans[input_number]
    return rewritten(op.span, [(operand, wrapper.format(operand.text))])


def around(span: Span | None, wrapper: str) -> str | None:
    """Return the expression of `span` with ``{}`` of `wrapper` put around it."""
    return None if span is None or not span.text else wrapper.format(span.text)
