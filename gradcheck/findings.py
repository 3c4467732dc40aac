"""A finding: a cause seen at a span, with its evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gradcheck.accepted import accepted, meant_so, severity_set
from gradcheck.program.recording import Shape
from gradcheck.source import Site, Span, operand_spans, reason_given

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
    """Return the operands of the expression at `site`; none if it is not certain which is which.

    Parameters
    ----------
    functions
        The names of functions that take them as arguments, in order.
    shapes
        The shape of each operand, in order.
    """
    spans = [] if site is None else operand_spans(site, frozenset(functions))
    if len(spans) != len(shapes):
        return ()
    return tuple(Operand(span=span, shape=shape) for span, shape in zip(spans, shapes, strict=True))


Second = Literal["another seed", "samples drawn again", "other numbers", "next gradients"]
"""How a second batch was made: by the factory with another seed, from the samples of the first, from its numbers
where it is not known what its samples are, or by the script that went on."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How an edit was proved; everything reported about it is based on this.

    Parameters
    ----------
    tried
        The edit in words.
    residual
        The largest relative difference that remains between the float64 gradients with the edit.
    samples
        The number of samples of each batch on which the gradients agree with the edit; the case's own is first.
        1 where it is not known what its samples are.
    second
        How the second batch was made. It differs from the first in its numbers, and in its size if both
        formulations can run at another size; None if there was no second batch.
    needs_also
        The locations of the other fixes that were tried together with this one and that it needs.
    """

    tried: str
    residual: float
    samples: tuple[int, ...]
    second: Second | None = None
    needs_also: tuple[str, ...] = ()

    @property
    def batches(self) -> int:
        """Number of batches on which the gradients agree."""
        return len(self.samples)

    @property
    def holds(self) -> bool:
        """Whether it is a proof: one batch alone may agree by chance."""
        return self.batches > 1 and self.second is not None


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A proved edit for the user to make.

    Parameters
    ----------
    text
        The expression of the finding's span with the edit applied; or, if `source` is false, the edit in
        words.
    source
        Whether `text` is source.
    """

    text: str
    source: bool = True


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A cause found at a span.

    Parameters
    ----------
    cause
        The kind of mistake.
    message
        One self-contained sentence.
    span
        The expression, or None if no user code called the op.
    reference
        The expression of the reference that gives what should stand there; None where none was found.
    shapes
        The shapes of the operands, followed by the shape of the result.
    operands
        The locations of the operands in `span`, as far as they are certain.
    notes
        Further sentences: what it means, what to do.
    severity
        ``error`` is a fact that explains the verdict, ``suspicion`` a likely explanation that was not
        proved, ``note`` something worth knowing that does not make the run fail.
    proof
        How an edit here was proved; None if none was.
    fix
        The proved edit, as source or in words; None if it is not something that one would write.
    """

    cause: CauseName
    message: str
    span: Span | None
    reference: Span | None = None
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


def unaccepted(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what the source or the project accepts, with a reason, or knows; what was proved stays."""
    return [
        _with_lacking_reason(finding)
        for finding in findings
        if finding.verified or finding.span is None or not accepted(finding.cause, finding.span)
    ]


def _with_lacking_reason(finding: Finding) -> Finding:
    if finding.verified or finding.span is None or reason_given(finding.span) != "":
        return finding
    return replace(finding, notes=(*finding.notes, NO_REASON))


NO_REASON = "the comment here gives no reason, so it accepts nothing: write `# gradcheck: ok - the reason`"


def proved_all_the_same(finding: Finding) -> Finding:
    """Return a finding, with why it stays where it is proved, and the source or the project accepts it."""
    meant = None if finding.span is None else meant_so(finding.cause, finding.span)
    if meant is None or not finding.verified:
        return finding
    by = "a comment" if meant.by == "comment" else "pyproject.toml"
    said = f"{by} accepts this ({meant.reason}), but it is proved to change the gradients: it stays an error"
    return replace(finding, notes=(*finding.notes, said))


def as_the_project_sets(finding: Finding) -> Finding:
    """Return the finding with the severity that the project sets for its cause. What was proved keeps its own."""
    level = severity_set(finding.cause)
    return finding if level is None or finding.verified else replace(finding, severity=level)


_RANK = {"error": 0, "suspicion": 1, "note": 2}


def most_certain_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort `findings`: verified ones first, then by severity; otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: (not finding.verified, _RANK[finding.severity])))
