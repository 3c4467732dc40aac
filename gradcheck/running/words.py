"""What is said of a mode."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.judgement.modes import Comparison
from gradcheck.program.recording import Breakdown, Op, Recording
from gradcheck.source import Span


def how_it_differs(found: Comparison, paths: Sequence[str]) -> str:
    """Return how a gradient differs from the exact one."""
    if not found.finite:
        return "not finite"
    if found.size == 0:
        return "exactly zero"
    if found.is_multiple and found.scale is not None:
        return f"{multiple(found.scale)} the gradient"
    cosine = "" if found.cosine is None else f", cosine {found.cosine:.3f}"
    worst = "" if found.variable is None or len(paths) < 2 else f", most for {paths[found.variable]}"
    return f"another gradient: {share(found.relative)} off{cosine}{worst}"


def with_the_place(said: str, parted: str) -> str:
    """Return what is said of a difference, and where the mode parts from the loss, if that is known."""
    return f"{said}; {parted}" if parted else said


def share(part: float) -> str:
    """Return a part of a whole: ``2.5 %``."""
    return f"{100 * part:.0f} %" if part >= 0.1 else f"{100 * part:.2g} %"


def multiple(scale: float) -> str:
    """Return a factor as one says it: ``2 times``."""
    nearest = round(scale)
    said = f"{nearest}" if nearest and abs(scale / nearest - 1) < _EXACT else f"{scale:.4g}"
    return f"{said} times"


_EXACT = 2e-4
"""A factor this near to a whole number is said to be it."""


def at(span: Span | None) -> str:
    """Return an expression with its place; nothing where there is none."""
    if span is None:
        return ""
    return f"`{' '.join(span.text.split())}` ({span.file}:{span.line})"


def scalar_at(recording: Recording) -> Span | None:
    """Return the first of the user's expressions that makes one number of what depends on the variables."""
    for op in recording.results:
        made = [number for number in op.outputs if number in recording.trainable]
        if op.span is not None and any(recording.tensors[number].shape == () for number in made):
            return op.span
    return None


def of_breakdown(found: Breakdown) -> str:
    """Return at which expression the numbers break down, and how."""
    where = at(found.op.span) or found.op.type
    if found.underflowed:
        return underflow(found)
    what = {
        "value": "gives a result that is not finite",
        "gradient": "passes on a gradient that is not finite",
        "precision": "loses its precision",
        "coarse": "leaves too few digits",
        "lost": "passes on a gradient that has lost its precision",
    }[found.what]
    return f"{where} {what} in {found.dtype}"


def underflow(found: Breakdown) -> str:
    """Return how much of what an expression passes on underflows."""
    where = at(found.op.span) or found.op.type
    return f"{share(found.underflowed)} of the elements that {where} passes on underflow in {found.dtype}"


def of_slope(op: Op) -> str:
    """Return that zero is multiplied by the infinite slope of an expression."""
    where = at(op.span) or op.type
    return (
        f"XLA multiplies 0 by inf: {where} has an infinite derivative where its result is not used, for example "
        "in the branch that tf.where does not take; give it a harmless input there, with a second tf.where inside"
    )


ADDED_UP = "each replica's mean is added up"
COUPLES = "the loss couples its samples"
"""What is relied on from outside, too."""
