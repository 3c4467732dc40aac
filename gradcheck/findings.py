"""A finding: a cause seen at a span, with its evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gradcheck.program.recording import Shape
from gradcheck.source import Site, Span, operand_spans

CauseName = str
"""The name of a file in `gradcheck/causes`: `gradcheck.causes.names` has all of them."""

Severity = Literal["error", "suspicion", "note"]


@dataclass(frozen=True, kw_only=True)
class Operand:
    """One operand of an expression, underlined with its shape."""

    span: Span
    shape: Shape


def operands_at(
    site: Site | None, functions: Collection[str], shapes: Sequence[Shape]
) -> tuple[Operand, ...]:
    """Return the operands of the expression at `site`; none where it is not certain which is which.

    Parameters
    ----------
    functions
        The names of functions that have them as their arguments, in order.
    shapes
        Of each operand, in order.
    """
    spans = [] if site is None else operand_spans(site, frozenset(functions))
    if len(spans) != len(shapes):
        return ()
    return tuple(Operand(span=span, shape=shape) for span, shape in zip(spans, shapes, strict=True))


Second = Literal["another seed", "samples drawn again"]
"""Where a second batch came from: from the factory with another seed, or from the samples of the first."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How an edit was proved; all that is said of it follows from this.

    Parameters
    ----------
    tried
        The edit in words.
    residual
        The largest relative difference of the float64 gradients that was left with it.
    samples
        How many samples each batch has on which the gradients agree with it; the case's own comes first.
    second
        Where the second batch came from, which differs from the first in its numbers, and in its size where
        both formulations can be run so; None where there was none.
    needs_also
        The places of the other fixes that were tried together with this one, and without which it does not do.
    """

    tried: str
    residual: float
    samples: tuple[int, ...]
    second: Second | None = None
    needs_also: tuple[str, ...] = ()

    @property
    def batches(self) -> int:
        """On how many batches the gradients agree."""
        return len(self.samples)

    @property
    def holds(self) -> bool:
        """Whether it is a proof: one batch alone may agree by chance."""
        return self.batches > 1 and self.second is not None


@dataclass(frozen=True, kw_only=True)
class Fix:
    """An edit that was proved, for the reader to make.

    Parameters
    ----------
    text
        The expression of the finding's span with the edit written into it; or, where `source` is false,
        the edit in words.
    source
        Whether `text` is source.
    """

    text: str
    source: bool = True


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A cause seen at a span.

    Parameters
    ----------
    cause
        The kind of mistake.
    message
        One sentence that stands by itself.
    span
        The expression, or None when none of the user's code asked for it.
    shapes
        The shapes of the operands, and last the shape of the result.
    operands
        Where in `span` the operands stand, as far as that is certain.
    notes
        Further sentences: what it means, what to do.
    severity
        ``error`` is a fact that explains the verdict, ``suspicion`` a likely explanation that was not
        proved, ``note`` something worth knowing that does not fail the run.
    proof
        How an edit here was proved; None where none was.
    fix
        That edit, written as source or said in words; None where it is nothing that one would write.
    """

    cause: CauseName
    message: str
    span: Span | None
    shapes: tuple[Shape, ...] = ()
    operands: tuple[Operand, ...] = ()
    notes: tuple[str, ...] = field(default=())
    severity: Severity = "suspicion"
    proof: Proof | None = None
    fix: Fix | None = None

    def __post_init__(self) -> None:
        if self.fix is not None and not self.verified:
            raise ValueError(f"a fix without a proof: {self.fix.text}")

    @property
    def verified(self) -> bool:
        """Whether an edit here made all gradients agree, on a second batch too."""
        return self.proof is not None and self.proof.holds


_RANK = {"error": 0, "suspicion": 1, "note": 2}


def most_certain_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort `findings`: verified ones first, then by severity; otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: (not finding.verified, _RANK[finding.severity])))
