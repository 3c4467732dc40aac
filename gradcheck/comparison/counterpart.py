"""What to say where nothing was proved: the first expression whose result the reference does not have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._naming import named
from gradcheck.explanation.align import Standing
from gradcheck.explanation.callers import own_site, places_of
from gradcheck.explanation.divergence import Divergence
from gradcheck.findings import Finding
from gradcheck.program.recording import Op
from gradcheck.source import Site, Span, span_of


def without_counterpart(
    parting: Sequence[Divergence], evidence: Evidence, shared: Collection[Site | None], *, tried: bool
) -> list[Finding]:
    """Return the first of `parting` as a finding; empty where there is none in what the candidate alone runs.

    What both run is told where the candidate calls it: it is given something that the reference does not give it.

    Parameters
    ----------
    shared
        The places that both formulations run.
    tried
        Whether edits were tried, in vain.
    """
    missing = [(one, _own_span(one.op, evidence, shared)) for one in parting if one.result in _GIVEN]
    told = [_finding(one, span, evidence, tried=tried) for one, span in missing if span is not None]
    return told[:1]


def _own_span(op: Op, evidence: Evidence, shared: Collection[Site | None]) -> Span | None:
    """Return where the candidate's own code runs an op, or calls what does; None where the reference does, too."""
    if op.site not in shared:
        return op.span
    site = own_site(op, evidence.candidate, evidence.reference)
    return None if site is None or site in places_of(evidence.reference) else span_of(site)


def _finding(divergence: Divergence, span: Span, evidence: Evidence, *, tried: bool) -> Finding:
    recording, op = evidence.candidate, divergence.op
    return Finding(
        cause="other",
        message="the result here has no counterpart in the reference; the expression may itself be right",
        span=span,
        shapes=(*recording.shapes(op.inputs), *recording.shapes(op.outputs)),
        notes=(
            _READ[divergence.reads].format(named(op)),
            _GIVEN[divergence.result],
            *(("no edit that was tried made the gradients agree",) if tried else ()),
        ),
    )


_IN_SOME_ORDER = "the earlier results that {} reads here also occur in the reference, in some order"
_READ: dict[Standing | None, str] = {
    "same": _IN_SOME_ORDER,
    "moved": _IN_SOME_ORDER,
    "scaled": "the earlier results that {} reads here also occur in the reference, but for a factor",
    "numbers": "the earlier results that {} reads here occur in the reference, but only as individual numbers",
    "weak": "the earlier results that {} reads here may occur anywhere, and are not compared",
    None: "no earlier results are compared: {} reads none here",
}
_GIVEN: dict[Standing | None, str] = {
    "numbers": "the numbers of its result occur there too, but not together: others may be intended",
    "no": "its result holds numbers that do not occur there with the same derivative",
}
