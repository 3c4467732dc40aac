"""A finding: a cause seen at a span, with its evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gradcheck.recording import Shape
from gradcheck.source import Site, Span, operand_spans

CauseName = Literal[
    "broadcast",
    "reduction",
    "axis",
    "stop_gradient",
    "disconnected",
    "numerics",
    "dead",
    "sign",
    "index",
    "dtype",
    "loss_shape",
    "nondeterministic",
    "other",
]
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


@dataclass(frozen=True, kw_only=True)
class Fix:
    """An edit that was tried.

    Parameters
    ----------
    text
        The expression of the finding's span with the edit written into it; or, where `source` is false,
        the edit in words.
    residual
        The relative difference of the float64 gradients that was left with it.
    source
        Whether `text` is source.
    """

    text: str
    residual: float
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
    verified
        Whether an edit made the gradients agree.
    fix
        That edit, written as source.
    """

    cause: CauseName
    message: str
    span: Span | None
    shapes: tuple[Shape, ...] = ()
    operands: tuple[Operand, ...] = ()
    notes: tuple[str, ...] = field(default=())
    severity: Severity = "suspicion"
    verified: bool = False
    fix: Fix | None = None


_RANK = {"error": 0, "suspicion": 1, "note": 2}


def most_certain_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort `findings`: verified ones first, then by severity; otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: (not finding.verified, _RANK[finding.severity])))
