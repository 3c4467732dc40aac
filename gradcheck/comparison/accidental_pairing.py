"""Samples that are combined by accident: whether pairing them gives the gradient that they have alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from gradcheck.arrays import Array
from gradcheck.causes import propose_all
from gradcheck.causes._evidence import Evidence
from gradcheck.causes.broadcast import find as broadcasts
from gradcheck.execution.replay.attempts import Attempts
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.per_sample import BatchReduction
from gradcheck.findings import Finding
from gradcheck.judgement.differences import norm
from gradcheck.program.places import place_of as edited_place
from gradcheck.program.recording import Op
from gradcheck.program.work import Work
from gradcheck.repair.language import Call, Edit, Own
from gradcheck.repair.proposal import Proposal


def together(gradients: Sequence[Array | None], like: Sequence[Array | None]) -> Array:
    """Return all gradients as one vector, with zeros for None: variables without a gradient decide nothing."""
    parts = [
        np.zeros(0 if other is None else other.size) if own is None else own.ravel()
        for own, other in zip(gradients, like, strict=True)
    ]
    return np.concatenate([np.zeros(0), *parts])


_MOST_COMBINATIONS = 32
_OF_THE_GAP, _OF_THE_WHOLE = 1e-3, 1e-6


def proof(pair: FormulationPair, ops: Sequence[Op], samples: int) -> BatchReduction | None:
    """Return whether the gradients agree once every two operands of `ops` are paired, and with what of them.

    That samples were meant one by one cannot be measured. But where nobody gave an operand an axis for it,
    and pairing them gives the very gradient that the samples have alone, they were.
    """
    exact, batch = pair.float64[0].gradients, pair.float64[1].gradients
    if not ops or exact is None or batch is None:
        return None
    candidate = pair.runs[1]
    evidence = Evidence(
        reference=pair.runs[0].recording, candidate=candidate.recording, samples=samples, verdict="different"
    )
    attempt = Attempts(candidate.recording, candidate.start, Work())
    goals: dict[BatchReduction, Array] = {
        "mean": together(exact, batch),
        "sum": samples * together(exact, batch),
    }
    by_place: dict[object, list[Proposal]] = {}
    for proposal in pairings(evidence, ops):
        by_place.setdefault(proposal.place, []).append(proposal)
    for combination in itertools.islice(itertools.product(*by_place.values()), _MOST_COMBINATIONS):
        tried = attempt([edit for proposal in combination for edit in proposal.edits])
        gradients = None if tried is None else together(tried.gradients, exact)
        reached = None if gradients is None else _reached(gradients, goals, together(batch, exact))
        if reached is not None and combination:
            return reached
    return None


def _reached(tried: Array, goals: dict[BatchReduction, Array], before: Array) -> BatchReduction | None:
    for kind, goal in goals.items():
        size = norm(goal)
        allowed = min(_OF_THE_WHOLE * size, _OF_THE_GAP * norm(before - goal))
        if size and norm(tried - goal) <= allowed:
            return kind
    return None


def pairings(evidence: Evidence, ops: Sequence[Op]) -> list[Proposal]:
    """Return the edits that pair the operands of `ops` element by element."""
    places = {edited_place(op) for op in ops}
    return [
        proposal
        for proposal in propose_all(evidence)
        if len(proposal.edits) == 1 and proposal.place in places and _pairs(proposal)
    ]


def _pairs(proposal: Proposal) -> bool:
    match proposal.edits[0]:
        case Edit(expression=Own(inputs=((_, Call(name="squeeze" | "expand_dims")),), settings=())):
            return True
        case Edit(expression=Own(settings=settings)):
            return any(name == "batch_dims" and value for name, value in settings)
    return False


def suspected(pair: FormulationPair, ops: Sequence[Op]) -> list[Finding]:
    """Return the suspicions that operands of `ops` are broadcast against each other by accident."""
    reference, candidate = (run.recording for run in pair.runs)
    evidence = Evidence(
        reference=reference, candidate=candidate, samples=pair.prepared.samples, verdict="different"
    )
    spans = {op.span for op in ops}
    return [finding for finding in broadcasts(evidence) if finding.span in spans]
