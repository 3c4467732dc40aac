"""The reason under a verdict, in a sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from gradcheck.comparison.report import Trials, VariableReport
from gradcheck.judgement.differences import State
from gradcheck.judgement.verdict import Verdict
from gradcheck.program.recording import Breakdown, Draws


def reason(verdict: Verdict, variables: Sequence[VariableReport], breakdowns: Mapping[str, Breakdown]) -> str:
    """Return one sentence that says what `verdict` is based on.

    Parameters
    ----------
    breakdowns
        Where the numbers of a side break down, for each side that they do on.
    """
    concerned = [variable for variable in variables if variable.verdict == verdict]
    if verdict == "vacuous":
        return _vacuous(variables)
    if verdict == "equivalent":
        return _equivalent(variables, concerned)
    if verdict == "unstable":
        return _unstable(concerned, breakdowns)
    count = f"{len(concerned)} of {len(variables)} gradients"
    worst = max(concerned, key=lambda variable: variable.relative)
    if verdict == "different":
        most = "; " if len(concerned) == 1 else ", most of all "
        return f"{count} differ{most}{_apart(worst)}"
    return f"{count} cannot be judged: {_undecided(worst)}"


def _apart(variable: VariableReport) -> str:
    if math.isfinite(variable.relative):
        return f"{variable.path} by {_percent(variable.relative)} of its norm"
    bad = [side for side, state in zip(_SIDES, variable.states, strict=True) if state == "non-finite"]
    where = f"on the {bad[0]}'s side" if len(bad) == 1 else "on both sides, in different places"
    return f"{variable.path}, which is not finite {where}"


def _undecided(variable: VariableReport) -> str:
    judgement = variable.judgement
    if not math.isfinite(variable.relative):
        return f"{variable.path} is not finite, in the same places on both sides"
    differ = f"{variable.path} differs by {_percent(variable.relative)} of its norm"
    if judgement.noise is None:
        return differ
    return f"{differ}, and rounding the inputs of the loss changes it by {_percent(judgement.noise)}"


_SIDES = ("reference", "candidate")


def incomparable(draws: Draws) -> str:
    """Return why the gradients of both sides cannot be compared."""
    if draws in ("others", "perhaps others", "one side"):
        return "the formulations do not draw the same random numbers"
    return "a formulation does not give the same values twice, although it starts from the same state"


def on_draws(verdict: Verdict, draws: Draws) -> str:
    """Return a caveat for a difference with random numbers: which sample got which number is not compared."""
    if verdict != "different" or draws != "same":
        return ""
    return "; both sides drew the same random numbers, though perhaps not for the same samples"


def on_choices(verdict: Verdict, untried: Sequence[str]) -> str:
    """Return a caveat for equal gradients: what a choice never takes on these samples was not compared."""
    if verdict != "equivalent" or not untried:
        return ""
    more = len(untried) - _CHOICES_TOLD
    told = [*untried[:_CHOICES_TOLD], *([f"nor were {more} more such choices"] if more > 0 else [])]
    return "".join(f"; {one}" for one in told)


_CHOICES_TOLD = 2


def on_batches(trials: Trials, verdict: Verdict) -> str:
    """Return on how many of several batches the sides were not equivalent, and which is shown."""
    if not trials.not_equivalent:
        return f"on all {trials.count} batches"
    bad = len(trials.not_equivalent)
    what = "not shown to be equivalent" if verdict == "inconclusive" else "not equivalent"
    return f"{what} on {bad} of {trials.count} batches; seed {trials.shown} is shown"


def _unstable(concerned: Sequence[VariableReport], breakdowns: Mapping[str, Breakdown]) -> str:
    worst = max(concerned, key=lambda variable: variable.judgement.lost or math.inf)
    side, share = worst.judgement.lossy, worst.judgement.lost
    # Not the dtype of the variable: one in float32 may be read as float16.
    found = breakdowns.get("reference" if side == "reference" else "candidate")
    how = "as it runs" if found is None else f"in {found.dtype}"
    if share is None:
        return f"everything is finite in float64, but {how} the {side}'s gradient for {worst.path} is not"
    loses = "both sides lose" if side == "both" else f"the {side} loses"
    lost = f"{_part(share)} the gradient for {worst.path}"
    return f"equal in float64 to {worst.relative:.0e}, but {how} {loses} {lost}"


def _part(share: float) -> str:
    return "all of" if share > _ALL else f"{_percent(share)} of"


_ALL = 0.995


def _vacuous(variables: Sequence[VariableReport]) -> str:
    states = {state for variable in variables for state in variable.states}
    if "finite" in states:
        return (
            "every gradient is zero up to rounding, or too small to change the last digit of the loss, on "
            "both sides: nothing was compared"
        )
    what = "is None" if states == {"none"} else "is exactly zero" if states == {"zero"} else "is zero or None"
    return f"every gradient {what} on both sides: nothing was compared"


def _equivalent(variables: Sequence[VariableReport], compared: Sequence[VariableReport]) -> str:
    rest = idle(variables)
    plural = f"s of {len(compared)} variables agree" if len(compared) > 1 else " of 1 variable agrees"
    return f"the gradient{plural} up to rounding{rest}"


def idle(variables: Sequence[VariableReport]) -> str:
    """Return how many variables have no gradient to be compared, and why: None, zero and tiny are three things."""
    states = [variable.states for variable in variables if variable.verdict in _IDLE]
    counts = Counter(_IDLE_STATES.get(frozenset(both), _TINY) for both in states)
    said = [f"{count} {'has' if count == 1 else 'have'} {what}" for what, count in counts.items()]
    return "".join(f"; {each}" for each in said)


_IDLE_STATES = {
    frozenset[State]({"none"}): "no gradient (None) on either side",
    frozenset[State]({"zero"}): "a gradient of exactly zero on both sides",
    frozenset[State](
        {"none", "zero"}
    ): "no gradient (None) on one side, and one of exactly zero on the other",
}
_TINY = "a gradient that is zero up to rounding"


_IDLE = ("vacuous", "rounding")


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.1 else f"{share:.0%}"
