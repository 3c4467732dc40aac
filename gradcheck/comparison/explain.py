"""Why a case is not equivalent: what can be seen, what can be proved, and else where the sides part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gradcheck.causes import find_all, propose_all
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._pairing import pairs_no_samples
from gradcheck.causes.broadcast import both_are_broadcast
from gradcheck.comparison.forms import visible
from gradcheck.comparison.goals import Goals, ResampledBatches, goals_as_run, goals_of
from gradcheck.comparison.in_source import in_source
from gradcheck.comparison.not_taken import with_what_was_not_tried
from gradcheck.comparison.searched import Explanation, Propose, Searching
from gradcheck.comparison.shortest import repaired_as_run
from gradcheck.comparison.way_back import proved_on_the_way_back
from gradcheck.execution.replay.zero_gradients import closings
from gradcheck.execution.run.pair import FormulationPair, randomness_of
from gradcheck.execution.run.sample_coupling import coupling
from gradcheck.findings import most_certain_first, unaccepted
from gradcheck.judgement.differences import state
from gradcheck.judgement.verdict import Verdict
from gradcheck.options import Options
from gradcheck.program.recording import Breakdown, Closing, SampleCoupling
from gradcheck.program.work import Work
from gradcheck.targets.samples import SampleAxis


@np.errstate(all="ignore")  # where numbers break down, what is computed of them does
def explain(
    pair: FormulationPair,
    verdict: Verdict,
    fresh: ResampledBatches,
    options: Options,
    breakdowns: Mapping[str, Breakdown],
    *,
    propose: Propose | None = None,
) -> Explanation:
    """Return the findings on a case, the most certain first.

    Parameters
    ----------
    breakdowns
        Where the numbers of a side break down, for each side that they do on.
    options
        Of these how much edits may be tried, and who watches. What can be seen without trying takes a second run
        of both sides at most.
    propose
        Returns the edits that may be tried; those of every cause when left out.

    Notes
    -----
    A verified finding says that this edit makes the gradients agree on two batches. That nothing was
    found does not mean that there is nothing.
    """
    evidence = evidence_of(pair, verdict, breakdowns)
    seen = Explanation(most_certain_first(unaccepted(visible(find_all(evidence), pair))))
    unwanted = Work(options.work, options.budget).cut  # a limit of 0 asks for no search
    if verdict not in ("different", "unstable") or seen.incomparable or unwanted or not _is_known(pair):
        return seen
    if pair.float64[0].gradients is None:
        return _as_run(pair, seen, goals_as_run(pair, fresh, options))
    goals = goals_of(pair, fresh, options)
    if verdict == "different" and _repairable(pair):
        seen = Searching(pair, evidence, seen.findings, goals, options, propose or propose_all).explanation()
    if not any(one.verified for one in seen.findings):
        seen = replace(seen, findings=tuple(proved_on_the_way_back(pair, seen.findings, breakdowns, goals)))
    found = in_source(seen.findings, pair, goals)
    return replace(seen, findings=with_what_was_not_tried(found, pair, goals))


def _as_run(pair: FormulationPair, seen: Explanation, goals: Goals) -> Explanation:
    """Return what was seen, and a change that repairs the candidate as it runs: no more is known of the other."""
    found = repaired_as_run(pair, goals) if all(run.direct for run in pair.runs) else []
    return replace(seen, findings=tuple(most_certain_first([*found, *seen.findings])))


def evidence_of(pair: FormulationPair, verdict: Verdict, breakdowns: Mapping[str, Breakdown]) -> Evidence:
    """Return what the causes may look at.

    Where the sides differ, both are run again, to see whether they repeat themselves; and where they drew
    other random numbers, to see where. That comes before another batch is made: a factory may change any weights.
    """
    reference, candidate = pair.runs
    suspicious = verdict in ("different", "unstable")
    missing = _missing(pair, verdict)
    return Evidence(
        reference=reference.recording,
        candidate=candidate.recording,
        samples=pair.prepared.samples,
        verdict=verdict,
        randomness=randomness_of(pair) if suspicious or pair.draws == "others" else {},
        draws=pair.draws,
        missing=missing,
        ends=closings(candidate, sorted(missing), missing) if candidate.direct else {},
        breakdowns=breakdowns,
        closed=_closed(pair, verdict) if candidate.direct else {},
        killed=_killed(pair, verdict) if candidate.direct else {},
        coupling=_coupling(pair, verdict),
        alone=pair.further is None
        and str(getattr(pair.case.reference, "__module__", "")).startswith("gradcheck."),
    )


def _closed(pair: FormulationPair, verdict: Verdict) -> dict[str, Closing]:
    """Return where the way is closed to the variables that have no gradient on either side.

    Where that holds for all of them, those that are None are told already: they are missing.
    """
    candidate = pair.runs[1]
    idle = ("zero",) if verdict == "vacuous" else ("none", "zero")
    # Of several losses another one may well be what trains a variable.
    idle = idle if pair.case.loss is None else ("zero",)
    states = dict(zip(pair.prepared.variables, pair.states, strict=True))
    paths = [path for path, (r, c) in states.items() if r in ("none", "zero") and c in idle]
    exactly = frozenset(paths) & _without_gradient(pair) if paths else frozenset()
    return closings(candidate, paths, exactly)


def _killed(pair: FormulationPair, verdict: Verdict) -> dict[str, Closing]:
    """Return where the way is closed to the variables whose gradient is zero in the candidate alone."""
    states = dict(zip(pair.prepared.variables, pair.states, strict=True))
    paths = [path for path, (r, c) in states.items() if c == "zero" and r not in ("none", "zero")]
    if verdict != "different" or not paths:
        return {}
    return closings(pair.runs[1], paths, frozenset(paths) & _without_gradient(pair))


def _without_gradient(pair: FormulationPair) -> frozenset[str]:
    """Return the variables for which the candidate has no gradient in float64 either, or one that is zero."""
    exact = pair.replayed(1).gradients or pair.runs[1].gradients
    named = zip(pair.prepared.variables, exact, strict=True)
    return frozenset(path for path, gradient in named if state(gradient) in ("none", "zero"))


def _coupling(pair: FormulationPair, verdict: Verdict) -> SampleCoupling | None:
    """Return where samples are combined if gradients agree although operands are broadcast: it takes runs."""
    candidate = pair.runs[1]
    if verdict not in ("equivalent", "vacuous") or not isinstance(pair.prepared.axis, SampleAxis):
        return None
    if not candidate.direct or pair.recorded:
        return None
    recording = candidate.recording
    if not any(
        both_are_broadcast(op, recording) and not pairs_no_samples(op, recording) for op in recording.ops
    ):
        return None
    return coupling(candidate, pair.case.candidate, pair.prepared, pair.seed)


def _missing(pair: FormulationPair, verdict: Verdict) -> frozenset[str]:
    reference, candidate = pair.runs
    return frozenset(
        path
        for path, r, c in zip(pair.prepared.variables, reference.gradients, candidate.gradients, strict=True)
        if c is None and (r is not None or verdict == "vacuous")
    )


def _is_known(pair: FormulationPair) -> bool:
    """Return whether there is a gradient to be reached.

    Where every gradient of the reference is zero or None, whatever kills the candidate's would "repair" it. Where
    the candidate makes something of its gradients, as by clipping them, an edit of the loss does not reach them.
    """
    reference = pair.float64[0].gradients or pair.runs[0].gradients
    return pair.runs[1].direct and any(state(gradient) not in ("none", "zero") for gradient in reference)


def _repairable(pair: FormulationPair) -> bool:
    """Return whether an edit can be proved: in float64."""
    return pair.float64[1].gradients is not None
