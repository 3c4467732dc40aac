"""Lines that both formulations run: the difference is not there but in their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.causes._evidence import Evidence
from gradcheck.findings import Finding
from gradcheck.program.recording import Recording, Shape
from gradcheck.source import Site, span_of


def shared_sites(evidence: Evidence) -> frozenset[Site | None]:
    """Return the places that both formulations run: an edit was tried on one, but the source is that of both.

    Where the reference is the candidate itself, on single samples, there is one formulation only.
    """
    if evidence.alone:
        return frozenset()
    return frozenset(evidence.candidate.at_site) & frozenset(evidence.reference.at_site)


def off_shared_lines(findings: Sequence[Finding], evidence: Evidence) -> list[Finding]:
    """Return `findings` without suspicions of an expression that both sides run alike.

    Where they hand it other shapes, it remains as a note that says so: it is right for one of them.
    """
    if not findings:
        return []
    sites = {span_of(site): site for site in shared_sites(evidence) if site is not None}
    kept = []
    for finding in findings:
        site = None if finding.span is None else sites.get(finding.span)
        if site is None or finding.severity != "suspicion":
            kept.append(finding)
        elif _handed(site, evidence.candidate) != _handed(site, evidence.reference):
            kept.append(replace(finding, severity="note", notes=(*finding.notes, _ON_OTHER_SHAPES)))
    return kept


_ON_OTHER_SHAPES = "both formulations run this line, with different shapes: check its arguments"


def _handed(site: Site, recording: Recording) -> frozenset[tuple[str, tuple[Shape, ...]]]:
    """Return which shapes the ops of an expression are given."""
    return frozenset((op.type, tuple(recording.shapes(op.inputs))) for op in recording.at_site[site])
