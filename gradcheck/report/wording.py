"""The sentence under a verdict: what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.judgement.verdict import Verdict
from gradcheck.report.report import Trials, VariableReport


def reason(verdict: Verdict, variables: Sequence[VariableReport]) -> str:
    """Return one sentence that says what `verdict` rests on."""
    concerned = [variable for variable in variables if variable.verdict == verdict]
    if verdict == "vacuous":
        return _vacuous(variables)
    if verdict == "equivalent":
        return _equivalent(variables, concerned)
    worst = max(concerned, key=lambda variable: variable.relative)
    figure = f"{worst.path} by {_percent(worst.relative)} of its norm"
    count = f"{len(concerned)} of {len(variables)} gradients"
    if verdict == "unstable":
        return _unstable(concerned)
    if verdict == "different":
        return f"{count} differ; {figure}" if len(concerned) == 1 else f"{count} differ, most of all {figure}"
    return f"{count} cannot be judged: they differ, most of all {figure}"


def on_batches(trials: Trials, verdict: Verdict) -> str:
    """Return on how many of several batches the sides were not equivalent, and which is shown."""
    if not trials.not_equivalent:
        return f"so on each of {trials.count} batches"
    bad = len(trials.not_equivalent)
    what = "not shown to be equivalent" if verdict == "inconclusive" else "not equivalent"
    return f"{what} on {bad} of {trials.count} batches, of which seed {trials.shown} is shown"


def _unstable(concerned: Sequence[VariableReport]) -> str:
    worst = max(concerned, key=lambda variable: variable.judgement.noise or math.inf)
    side, noise = worst.judgement.lossy, worst.judgement.noise
    if noise is None:
        return f"in float64 all is finite; in {worst.dtype} the {side}'s gradient for {worst.path} is not"
    lost = f"{_percent(noise)} of the gradient for {worst.path}"
    return f"equal in float64 to {worst.relative:.0e}, but in {worst.dtype} the {side} loses {lost}"


def _vacuous(variables: Sequence[VariableReport]) -> str:
    states = {state for variable in variables for state in variable.states}
    if states & {"finite"}:
        return (
            "every gradient is zero but for rounding, or does not show in the last digit of the loss, "
            "on both sides: nothing was compared"
        )
    what = "is None" if states == {"none"} else "is exactly zero" if states == {"zero"} else "is zero or None"
    return f"every gradient {what} on both sides: nothing was compared"


def _equivalent(variables: Sequence[VariableReport], compared: Sequence[VariableReport]) -> str:
    idle = len(variables) - len(compared)
    rest = f"; {idle} more had no gradient on either side" if idle else ""
    plural = "s agree" if len(compared) > 1 else " agrees"
    return (
        f"the gradient{plural} but for rounding for {len(compared)} variable{'s' * (len(compared) > 1)}{rest}"
    )


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.1 else f"{share:.0%}"
