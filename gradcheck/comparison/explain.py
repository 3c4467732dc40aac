"""Why a case is not equivalent: what can be seen, what can be proved, and else where the sides part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gradcheck.causes import find_all, propose_all
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._pairing import pairs_no_samples
from gradcheck.causes._shared_lines import shared_sites
from gradcheck.causes._symptoms import symptoms
from gradcheck.causes.broadcast import both_are_broadcast
from gradcheck.comparison.at_the_place import in_pairs, said_at_the_place, with_its_fact
from gradcheck.comparison.counterpart import without_counterpart
from gradcheck.comparison.forms import visible
from gradcheck.comparison.goals import ResampledBatches, goals_of
from gradcheck.comparison.locating import Proved, located
from gradcheck.comparison.repairs import at_one_of_several
from gradcheck.comparison.rewritten import as_it_runs, in_source, rewritten
from gradcheck.comparison.shortest import repaired_anywhere, shortened
from gradcheck.execution.replay.float64_values import float64_values
from gradcheck.execution.replay.zero_gradients import closings
from gradcheck.execution.run.pair import FormulationPair, randomness_of
from gradcheck.execution.run.sample_coupling import coupling
from gradcheck.explanation.divergence import Divergence, divergences
from gradcheck.findings import Finding, most_certain_first, unaccepted
from gradcheck.judgement.differences import state
from gradcheck.judgement.verdict import Verdict
from gradcheck.options import Options
from gradcheck.program.recording import Breakdown, Closing, SampleCoupling
from gradcheck.program.work import Work
from gradcheck.repair.goal import Goal
from gradcheck.repair.proposal import Proposal
from gradcheck.repair.search import EditSearch, Found
from gradcheck.targets.samples import SampleAxis

Propose = Callable[[Evidence], list[Proposal]]
"""Returns the edits to try, the likeliest first."""


@dataclass(frozen=True)
class Explanation:
    """What was found, the search for an edit, and what that for a place took."""

    findings: tuple[Finding, ...]
    search: EditSearch | None = None
    seeking: Work | None = None

    @property
    def incomparable(self) -> bool:
        """Whether the sides did not see the same random numbers."""
        return any(f.cause == "nondeterministic" and f.severity == "error" for f in self.findings)


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
    explanation = Explanation(most_certain_first(unaccepted(visible(find_all(evidence), pair))))
    unwanted = Work(options.work, options.budget).cut  # a limit of 0 asks for no search
    if verdict != "different" or explanation.incomparable or unwanted or not _repairable(pair):
        return explanation
    return _searched(pair, evidence, explanation, fresh, options=options, propose=propose or propose_all)


def _searched(
    pair: FormulationPair,
    evidence: Evidence,
    seen: Explanation,
    fresh: ResampledBatches,
    *,
    options: Options,
    propose: Propose,
) -> Explanation:
    """Return what was seen, and what is proved: first where the programs part, then which edit repairs that."""
    goals, seeking = goals_of(pair, fresh, options), Work(options.work, options.budget)
    parting = [] if pair.runs[0].form == "saved" else _divergences(pair)
    comparable = not evidence.alone and all(run.direct for run in pair.runs)
    places = located(pair, goals.own, goals.others, seeking) if comparable else []
    place = places[0] if len(places) == 1 else None
    sites = frozenset(one.op.site for one in parting) if place is None else place.parting.region
    search = EditSearch(goals.own, goals.others, goals.work, sites)
    if options.watch is not None:
        options.watch("trying fixes", search)
    proposals = [one for one in propose(evidence) if not places or _is_there(one, places)]
    edited = search.run(proposals, pairs=not places)
    if len(places) > 1 and not any(one.finding.verified for one in edited):
        edited = search.run_pairs(proposals)
    if len(places) > 1 and not any(one.finding.verified for one in edited):
        found = [one for each in places for one in shortened(each, at_one_of_several(each), goals)]
        return Explanation(most_certain_first([*found, *_without_guesses(seen.findings, found)]), search)
    edited = [as_it_runs(hit, pair, goals.own) for hit in edited]
    if place is None and len(edited) == 1:
        edited = [in_source(hit, pair, goals) for hit in edited]
    found = [_with_symptoms(hit, evidence, goals.own) for hit in edited]
    if place is None and comparable and not any(one.verified for one in found):
        anywhere = repaired_anywhere(pair, parting, goals)
        found = [_with_what_was_seen(one, seen.findings) for one in anywhere] or found
    if place is not None:
        there = said_at_the_place(place, edited, found, goals, seen.findings)
        found = [_as_seen(one, seen.findings) for one in there]
        found = shortened(place, found, goals)
        found = rewritten(place, edited, found, goals)
        found = found if _has_a_fix(found) else in_pairs(search, proposals, found, place)
        found = with_its_fact(place, found, seen.findings)
    findings = _beside(seen, found)
    if not found and not any(finding.severity == "error" for finding in findings):
        findings += without_counterpart(parting, evidence, shared_sites(evidence), tried=bool(search.tried))
    began = search.tried or goals.work.stopped or seeking.stopped
    return Explanation(most_certain_first([*found, *findings]), search if began else None, seeking)


def _has_a_fix(found: Sequence[Finding]) -> bool:
    return any(one.fix is not None for one in found)


def _beside(seen: Explanation, found: list[Finding]) -> list[Finding]:
    """Return what was seen that still deserves to be said beside what was found."""
    proved = any(finding.verified for finding in found)
    return _without_guesses(seen.findings, found) if proved else _without_twins(seen, found)


def _with_what_was_seen(repaired: Finding, seen: Sequence[Finding]) -> Finding:
    """Return a fact that was seen in the very expression, with what repairs it; else what repairs it alone."""
    facts = [one for one in seen if one.span == repaired.span and one.severity == "error"]
    return replace(facts[0], proof=repaired.proof, fix=repaired.fix) if facts else repaired


def _as_seen(located: Finding, seen: Sequence[Finding]) -> Finding:
    """Return a finding with the cause that was seen in its very expression, where the place alone names none."""
    causes = [one.cause for one in seen if one.span == located.span and one.severity != "note"]
    return replace(located, cause=causes[0]) if causes and located.cause == "other" else located


def _is_there(proposal: Proposal, places: Sequence[Proved]) -> bool:
    region = frozenset(site for place in places for site in place.parting.region)
    return all(edit.place.site in region for edit in proposal.edits)


def _with_symptoms(found: Found, evidence: Evidence, target: Goal) -> Finding:
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing and found.place.holds(op)]
    if len(ops) != 1:  # what one run of an expression shows need not hold for the others
        return found.finding
    said = symptoms(ops[0], found.finding, recording, evidence.samples, target.attempt)
    return replace(found.finding, notes=(*found.finding.notes, *said))


def evidence_of(pair: FormulationPair, verdict: Verdict, breakdowns: Mapping[str, Breakdown]) -> Evidence:
    """Return what the causes may look at.

    Where the sides differ, both are run again, to see whether they repeat themselves; and where they drew
    other random numbers, to see where.
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


def _repairable(pair: FormulationPair) -> bool:
    """Return whether an edit can be proved: in float64, and against a reference that has a gradient.

    Where every gradient of the reference is zero or None, whatever kills the candidate's would "repair" it. Where
    the candidate makes something of its gradients, as by clipping them, an edit of the loss does not reach them.
    """
    reference, candidate = (side.gradients for side in pair.float64)
    if reference is None or candidate is None or not pair.runs[1].direct:
        return False
    return any(state(gradient) not in ("none", "zero") for gradient in reference)


def _divergences(pair: FormulationPair) -> list[Divergence]:
    reference, candidate = pair.runs
    return divergences(
        candidate.recording, float64_values(candidate), reference.recording, float64_values(reference)
    )


def _without_guesses(seen: tuple[Finding, ...], proved: list[Finding]) -> list[Finding]:
    """Return what still deserves to be said beside a proof: facts and notes, each place once."""
    places = {finding.span for finding in proved}
    return [finding for finding in seen if finding.severity != "suspicion" and finding.span not in places]


def _without_twins(seen: Explanation, found: list[Finding]) -> list[Finding]:
    """Return what was seen, without what is among the `found` with more evidence."""
    leads = {(finding.cause, finding.span) for finding in found}
    return [finding for finding in seen.findings if (finding.cause, finding.span) not in leads]
