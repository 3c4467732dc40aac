"""Reporting on `tf.function`: it ran eagerly, and this is how the compiled result compares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.comparison.report import Report
from gradcheck.execution.run.compiled import Compiled, compiled_sides
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.findings import Finding, most_certain_first
from gradcheck.judgement.differences import difference
from gradcheck.program.run import Called
from gradcheck.source import Span, is_user_file, line_span, span_of


def with_compiled(report: Report, pair: FormulationPair) -> Report:
    """Return `report` with the result of compiled `tf.function` runs; the functions ran eagerly for recording.

    If a compiled side gives a different result, the verdict is ``different``, whatever the eager runs gave.
    """
    sides = compiled_sides(pair)
    differing = {side: found for side, found in sides.items() if found.differs}
    agreeing = {side: found for side, found in sides.items() if not found.differs}
    reason = "; ".join([report.reason, *_sentences(agreeing)])
    if not differing:
        return replace(report, reason=reason)
    figures = {side: _figure(side, found, list(pair.prepared.variables)) for side, found in differing.items()}
    lead = "; ".join(
        f"when compiled, {one.what} is {one.compiled}; with its tf.function run eagerly for recording, "
        f"it is {one.eager}"
        for one in figures.values()
    )
    findings = [_finding(found, figures[side]) for side, found in differing.items()]
    return replace(
        report,
        verdict="different",
        reason=f"{lead}; for the eager runs: {reason}",
        findings=most_certain_first([*findings, *report.findings]),
    )


def _sentences(sides: Mapping[str, Compiled]) -> Iterator[str]:
    """Yield a sentence for each side that does not differ, or one sentence if it is the same for both."""
    said = {side: _outcome(found) for side, found in sides.items()}
    if len(said) == 2 and len(set(said.values())) == 1:
        yield f"the tf.functions of both sides ran eagerly for recording, {said['candidate']}"
        return
    for side, outcome in said.items():
        yield f"the {side}'s tf.function ran eagerly for recording, {outcome}"


def _outcome(found: Compiled) -> str:
    match found.agreement:
        case None:
            return f"and its result was not compared with the compiled one: {found.why_not}"
        case "unclear":
            return (
                "and whether it gives the same when compiled cannot be decided: rounding takes a tenth of a "
                "gradient"
            )
    return "and when compiled it gives the same loss and gradients up to rounding"


@dataclass(frozen=True)
class _Figure:
    """The number that best shows how a compiled side differs: its name and its two values."""

    what: str
    compiled: str
    eager: str


_VISIBLE = 1e-4
"""The relative difference above which the loss itself is named, and not an element of a gradient."""


def _figure(side: str, found: Compiled, paths: Sequence[str]) -> _Figure:
    assert found.outcome is not None
    eager, compiled = found.eager, found.outcome
    if not math.isclose(compiled.value, eager.value, rel_tol=_VISIBLE):  # so with a NaN
        return _Figure(f"the {side}'s loss", f"{compiled.value:.7g}", f"{eager.value:.7g}")
    pairs = list(zip(eager.gradients, compiled.gradients, strict=True))
    apart = [difference(*pair) for pair in pairs]
    number = int(np.argmax([one.relative for one in apart]))  # a NaN counts as the largest
    worst = apart[number].worst or ()
    said = ["None" if gradient is None else f"{gradient[worst]:.7g}" for gradient in pairs[number]]
    place = f"[{', '.join(map(str, worst))}]" if worst else ""
    return _Figure(f"the {side}'s gradient for {paths[number]}{place}", said[1], said[0])


def _finding(found: Compiled, figure: _Figure) -> Finding:
    assert found.culprit is not None
    name = getattr(found.culprit.python, "__name__", "")
    function = f"`{name}`" if name.isidentifier() else "a tf.function"
    return Finding(
        cause="numerics" if found.agreement == "not finite" else "other",
        message=(
            f"when compiled, {function} makes {figure.what} {figure.compiled}; "
            f"run eagerly, it is {figure.eager}"
        ),
        span=_span(found.culprit),
        severity="error",
        notes=(
            *_ANEW[found.agrees_anew],
            "ops are recorded only when it runs eagerly: the rest of the report is about that run",
        ),
    )


_ANEW = {
    True: (
        "traced again, it agrees: a Python value that it captured when it was traced has changed since",
        "pass values that change as tensors, or keep them in a tf.Variable",
    ),
    False: ("traced again, it does not agree either",),
    None: (),
}


def _span(called: Called) -> Span | None:
    """Return where the function was called, or else where it is defined."""
    if called.site is not None:
        return span_of(called.site)
    code = getattr(called.python, "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return None
    return line_span(code.co_filename, code.co_firstlineno)
