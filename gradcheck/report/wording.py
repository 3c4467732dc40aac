"""The sentence under a verdict: what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.judgement.verdict import Verdict
from gradcheck.report.report import VariableReport


def reason(verdict: Verdict, variables: Sequence[VariableReport]) -> str:
    """Return one sentence that says what `verdict` rests on."""
    concerned = [variable for variable in variables if variable.verdict == verdict]
    if verdict == "vacuous":
        return _vacuous(variables)
    if verdict == "equivalent":
        return _equivalent(variables, concerned)
    worst = max(concerned, key=_relative)
    figure = f"{worst.path} by {_percent(_relative(worst))} of its norm"
    count = f"{len(concerned)} of {len(variables)} gradients"
    if verdict == "different":
        return f"{count} differ; {figure}" if len(concerned) == 1 else f"{count} differ, most of all {figure}"
    return f"{count} cannot be judged: they differ, most of all {figure}"


def _vacuous(variables: Sequence[VariableReport]) -> str:
    states = {state for variable in variables for state in variable.states}
    what = "is None" if states == {"none"} else "is exactly zero" if states == {"zero"} else "is zero or None"
    return f"every gradient {what} on both sides: nothing was compared"


def _equivalent(variables: Sequence[VariableReport], compared: Sequence[VariableReport]) -> str:
    idle = len(variables) - len(compared)
    rest = f"; {idle} more had no gradient on either side" if idle else ""
    plural = "s agree" if len(compared) > 1 else " agrees"
    return (
        f"the gradient{plural} but for rounding for {len(compared)} variable{'s' * (len(compared) > 1)}{rest}"
    )


def _relative(variable: VariableReport) -> float:
    precise = variable.judgement.relative_float64
    return variable.judgement.difference.relative if precise is None else precise


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.1 else f"{share:.0%}"
