"""Where the candidate of a case parts from its reference, found and proved by interchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from gradcheck.causes import cause_of
from gradcheck.execution.replay.interchange import Interchange
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import gradients_with
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.interchange import Aim, Hit, Interchanger, reading
from gradcheck.explanation.locate import Parting, parting
from gradcheck.explanation.refine import refined
from gradcheck.explanation.transplant import Transplant, Transplanter
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.work import Work
from gradcheck.repair.acceptance import OtherBatch
from gradcheck.repair.goal import Goal
from gradcheck.source import Site, Span, span_of


@dataclass(frozen=True)
class OtherPair(OtherBatch):
    """Another batch than the case's own, and what both formulations gave on it."""

    pair: FormulationPair


@dataclass(frozen=True)
class Proved:
    """A place where the programs part, and how that was proved.

    Parameters
    ----------
    parting
        The place.
    proof
        That the reference's quantity repairs the candidate there.
    batches
        The batches that it was proved on, the case's own first.
    transplants
        What may be written there, to be tried.
    comparison
        Of both programs on the case's own batch.
    """

    parting: Parting
    proof: Proof
    batches: tuple[tuple[FormulationPair, Goal], ...]
    transplants: tuple[Transplant, ...]
    comparison: Comparison


class Comparison:
    """One run of both formulations, to be compared with each other.

    Parameters
    ----------
    pair
        The runs.
    goal
        What the gradients have to be.
    work
        What it may cost.
    """

    def __init__(self, pair: FormulationPair, goal: Goal, work: Work) -> None:
        self._goal = goal
        self.interchanger: Interchanger | None = None
        points = [points_of(run) for run in pair.runs]
        reference, candidate = points
        if reference is None or candidate is None:
            return
        sides = [
            Groups(run.recording, *side.arrays())
            for run, side in zip(pair.runs, (reference, candidate), strict=True)
        ]
        self.alignment = Alignment(sides[1], sides[0])
        self._bench = Interchange(*pair.runs, (reference, candidate), work)
        losses = [run.recording.loss for run in pair.runs]
        wanted = reading(sides[0].here[losses[0]], sides[0].there[losses[0]])
        own = reading(sides[1].here[losses[1]], sides[1].there[losses[1]])
        if own.is_near(wanted):
            return  # only what happens on the way back differs: nothing that is put in place changes it
        self.interchanger = Interchanger(self.alignment, self._bench, Aim(losses[1], wanted), work)

    def first(self) -> Hit | None:
        """Return the earliest place where the candidate can be repaired, before the loss itself."""
        hit = None if self.interchanger is None else self.interchanger.first()
        if hit is None or self.interchanger is None:
            return None
        better = refined(hit, self.alignment, self.interchanger)
        return better if better is hit or self.residual(better) is not None else hit

    def again(self, hit: Hit) -> float | Literal["differs", "cannot tell"]:
        """Return what is left on this batch with what was found on another one.

        It cannot tell where it has no such quantities, as in another branch, or where the losses agree anyway.
        """
        if self.interchanger is None:
            return "cannot tell"
        group = self.alignment.candidate.find(hit.candidate.key)
        other = self.alignment.reference.find(hit.reference.key)
        if group is None or other is None:
            return "cannot tell"
        found = self.interchanger.replaced(group, other)
        left = None if found is None else self.residual(found)
        return "differs" if left is None else left

    def transplants(self, found: Parting) -> list[Transplant]:
        """Return what may be written in place of what was replaced."""
        reverse = Alignment(self.alignment.reference, self.alignment.candidate)
        writer = Transplanter(self.alignment, reverse)
        return writer.transplants(found.hit, found.replaced_site, found.reference_site)

    def screen(self, hit: Hit, work: Work) -> Screen:
        """Return what tells which edits give the right numbers."""
        return self._bench.screen(hit.splice, work)

    def residual(self, hit: Hit) -> float | None:
        """Return the largest relative difference of the gradients that is left; None where they differ."""
        gradients = self._bench.gradients([hit.splice])
        return None if gradients is None else self._goal.residual(gradients)


def located(pair: FormulationPair, goal: Goal, others: Iterable[OtherBatch], work: Work) -> Proved | None:
    """Return where the programs part; None where no interchange shows it, on a second batch too.

    Notes
    -----
    That the reference's quantity repairs the candidate there does not establish that an earlier place is right:
    the reference may have no quantity to put there.
    """
    own = Comparison(pair, goal, work)
    hit = own.first()
    residual = None if hit is None else own.residual(hit)
    if hit is None or residual is None:
        return None
    confirmed = _confirmed(hit, goal, others, work)
    if confirmed is None:
        return None
    other, left = confirmed
    found = parting(hit, own.alignment)
    proof = Proof(
        tried=_in_words(found),
        residual=max(residual, left),
        samples=(goal.samples, other.target.samples),
        second=other.second,
    )
    batches = ((pair, goal), (other.pair, other.target))
    return Proved(found, proof, batches, tuple(own.transplants(found)), own)


def _confirmed(
    hit: Hit, goal: Goal, others: Iterable[OtherBatch], work: Work
) -> tuple[OtherPair, float] | None:
    """Return the batch on which the place holds too, and what is left there; None where it fails, or none tells.

    As for an edit, a failure on a batch of another size may be of that size; one on the same size is final.
    """
    failed_on: OtherPair | None = None
    for other in others:
        assert isinstance(other, OtherPair)
        if failed_on is not None and other.second != failed_on.second:
            return None
        left = Comparison(other.pair, other.target, work).again(hit)
        if isinstance(left, float):
            return other, left
        if left == "differs":
            failed_on = other
            if other.target.samples == goal.samples:
                return None
    return None


def repaired(proved: Proved, texts: Iterable[Transplant]) -> list[Finding]:
    """Return what to say of the place with the first of some texts as its fix that works; empty where none does.

    Each is written into the source, which is run on both batches.
    """
    for one in texts:
        residual = residual_with(proved.batches, one)
        if residual is not None:
            return _with_fix(proved, one, residual)
    return []


def residual_with(batches: Iterable[tuple[FormulationPair, Goal]], transplant: Transplant) -> float | None:
    """Return the largest relative difference that a text leaves on all batches; None where gradients differ."""
    worst = 0.0
    for pair, goal in batches:
        value, _ = goal.value
        gradients = gradients_with(pair, transplant.site, transplant.text, transplant.donor, value)
        residual = None if gradients is None else goal.residual(gradients)
        if residual is None:
            return None
        worst = max(worst, residual)
    return worst


def _with_fix(proved: Proved, transplant: Transplant, residual: float) -> list[Finding]:
    shown, span = finding(proved), span_of(transplant.site)
    proof = replace(proved.proof, tried=f"`{transplant.text}`", residual=residual)
    said = _message(proved.parting, transplant.site)
    with_fix = replace(shown, message=said, span=span, proof=proof, fix=Fix(text=transplant.text))
    if transplant.donor == transplant.site:
        found = proved.parting
        own = transplant.site in (found.site, found.replaced_site)
        elsewhere = (
            f"the candidate computes {_text(transplant.site)}; the reference agrees with another expression"
        )
        return [with_fix if own else replace(with_fix, message=elsewhere, reference=None)]
    if shown.span is None or (span.line <= shown.span.line and shown.span.end_line <= span.end_line):
        return [with_fix]
    return [shown, with_fix]


def finding(proved: Proved) -> Finding:
    """Return what to say of the place."""
    found = proved.parting
    own = found.located
    recording = own.candidate
    return Finding(
        cause=cause_of(own),
        message=_message(found, found.site),
        span=_span(found.site),
        reference=_span(found.reference_site),
        shapes=(*recording.shapes(own.op.inputs), *recording.shapes(own.op.outputs)),
        severity="error",
        proof=proved.proof,
    )


def _span(site: Site | None) -> Span | None:
    return None if site is None else span_of(site)


def _message(found: Parting, site: Site | None) -> str:
    """Return what is said of the place, or of an expression that is made from it."""
    replaced, reference = map(_quoted, found.texts)
    own, hit = _text(site), found.hit
    takes, given = (one.key.given for one in (hit.candidate, hit.reference))
    if site == found.site != found.replaced_site:
        return f"through {own}, the candidate's {replaced} is not the reference's {_factor(found)}{reference}"
    if site != found.replaced_site:
        return f"the candidate computes {own} where the reference computes {reference}"
    verbs = ["takes" if one else "computes" for one in (takes, given)]
    return f"the candidate {verbs[0]} {replaced} where the reference {verbs[1]} {_factor(found)}{reference}"


def _factor(found: Parting) -> str:
    """Return what the reference's quantity is multiplied by; nothing where that is said of what both run."""
    if found.replaced_site != found.hit.candidate.op.site:
        return ""
    times = found.located.factor
    return {1.0: "", -1.0: "minus "}.get(times, f"{times:.6g} times ")


def _in_words(found: Parting) -> str:
    return f"the reference's {_text(found.reference_site)} in place of what is computed here"


def _text(site: Site | None) -> str:
    return _quoted("" if site is None else span_of(site).text)


def _quoted(text: str) -> str:
    return f"`{' '.join(text.split())}`" if text else "another value"
