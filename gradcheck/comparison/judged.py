"""The verdict on every variable of a pair, with as few replays as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gradcheck.comparison.forms import as_known
from gradcheck.execution.replay.release import release
from gradcheck.execution.replay.sketches import measured
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.probes import probes_of
from gradcheck.judgement.one_replay import agree_as_they_ran, judged_by_one
from gradcheck.judgement.verdict import Judgement, Sides, judge
from gradcheck.program.work import replay_cost

_CHEAP = 100
"""A replay of fewer ops takes about ten milliseconds: then the difference in float64 is worth having."""


def judged(pair: FormulationPair, *, exact: bool = False) -> list[Judgement]:
    """Judge every variable of `pair`.

    Parameters
    ----------
    exact
        Whether to replay both sides in float64 even where one decides. Both are, where that takes next to no time.
    """
    found = None if exact else _by_one(pair)
    if found is not None:
        return found
    reference, candidate = pair.float64
    if reference.gradients is None or candidate.gradients is None:
        return judge(pair.native, None, apart=pair.apart)
    off = list(zip(reference.off, candidate.off, strict=True))
    float64 = [Sides(*each) for each in zip(reference.gradients, candidate.gradients, strict=True)]
    return judge(pair.native, float64, *as_known(off, probes_of(pair), pair), apart=pair.apart)


def _by_one(pair: FormulationPair) -> list[Judgement] | None:
    """Judge by the replay of the side that costs less; None where that does not decide."""
    costs = [replay_cost(run.recording) for run in pair.runs]
    side: Literal[0, 1] = 0 if costs[0] < costs[1] else 1
    # Gradients that a formulation made of others are not told by its ops; of saved ones nothing is known.
    direct = all(run.direct and run.finite for run in pair.runs)
    if not direct or max(costs) <= _CHEAP:
        return None
    if not agree_as_they_ran(pair.apart):
        return None
    for run in pair.runs:
        release(run)
    norms = [one.candidate_norm if side else one.reference_norm for one in pair.apart]
    quick = measured(pair.runs[side], norms)
    found = None if quick is None else _judged_by(pair, side, quick.sizes, quick.off)
    if found is not None:
        return found
    replayed = pair.replayed(side, hold=False)
    return None if replayed.gradients is None else _judged_by(pair, side, replayed.sizes, replayed.off)


def _judged_by(
    pair: FormulationPair, side: Literal[0, 1], sizes: Sequence[float], off: Sequence[float]
) -> list[Judgement] | None:
    return judged_by_one(
        pair.native,
        pair.apart,
        sizes,
        off,
        replayed="candidate" if side else "reference",
        loss=pair.runs[side].value,
    )
