"""Fixes as source: longer texts of the reference, and edits whose source gives what their replay gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.comparison.locating import Proved
from gradcheck.comparison.repairs import repaired
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import is_refuted
from gradcheck.findings import Finding, Fix
from gradcheck.repair.goal import Goal
from gradcheck.repair.search import Found


def rewritten(place: Proved, edited: Sequence[Found], found: list[Finding]) -> list[Finding]:
    """Return what to say where two programs part with a fix that is source, where one is found; else `found`.

    Parameters
    ----------
    place
        Where they part.
    edited, found
        Edits that repair the candidate, and what is said of them and of the place.

    Notes
    -----
    A text is found by trying: that it repairs the candidate does not establish that it was meant.
    """
    if any(one.fix is not None and one.fix.source for one in found):
        return found
    known = [one for one in edited if one.finding.verified and one.place.site in place.parting.region]
    if not all(one.may_be_written for one in known):
        return found
    return repaired(place, place.written_out, known) or found


def as_it_runs(hit: Found, pair: FormulationPair, target: Goal) -> Found | None:
    """Return an edit in words where the source with it does not give what its replay gives.

    Of what was tried only behind what both sides share, the whole gradients are compared: those of the source with
    it, as it runs, or else those of its replay. None where they differ.
    """
    finding, site = hit.finding, hit.place.site
    fix, proof = finding.fix, finding.proof
    if fix is None or proof is None or proof.needs_also or not fix.source or site is None or pair.recorded:
        return _as_a_whole(hit, target)
    refuted = is_refuted(pair, site, fix.text, lambda gradients: target.residual(gradients) is not None)
    if refuted is None:
        return _as_a_whole(hit, target)
    if not refuted:
        return hit
    in_words = replace(finding, fix=Fix(text=proof.tried, source=False))
    return _as_a_whole(replace(hit, finding=in_words), target)


def _as_a_whole(hit: Found, target: Goal) -> Found | None:
    """Return what is known of an edit with what it leaves of the whole gradients; None where they differ."""
    proof = hit.finding.proof
    residual = 0.0 if proof is None else target.whole(hit.edits)
    if isinstance(residual, str):
        return None
    if proof is None:
        return hit
    measured = replace(proof, residual=max(proof.residual, residual))
    return replace(hit, finding=replace(hit.finding, proof=measured))
