"""A gradient that ends where a value is taken out of TensorFlow: the source in which it stays there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import CodeType

from gradcheck.comparison.goals import Goals
from gradcheck.comparison.repairs import proof_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.recording import Recording
from gradcheck.source import (
    Span,
    function_at,
    innermost_conversions,
    shown_path,
    site_of,
    span_at,
    span_of,
)
from gradcheck.source.kept import kept


def kept_in_tensorflow(found: Sequence[Finding], pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return what was found, with source for a gradient that ends where a value is copied, if that repairs all."""
    written = any(one.fix is not None and one.fix.source for one in found)
    copies = [one for one in found if one.cause == "disconnected" and one.severity == "error"]
    if written or pair.recorded or not pair.runs[1].direct:
        return list(found)
    for one in copies[:_MOST]:
        for text in _texts(one.span, pair.runs[1].recording):
            proof = proof_of(text, pair, goals)
            if proof is not None:
                return [*_repaired(one, text, proof), *(other for other in found if other.severity == "note")]
    return list(found)


_MOST = 2
"""Of how many copies it is tried."""


def _texts(span: Span | None, recording: Recording) -> Iterator[Transplant]:
    """Yield the texts with which what is computed within a span stays in TensorFlow."""
    for code in [] if span is None else _codes(span, recording):
        definition, filename = function_at(code), code.co_filename
        within = [one for one in ast.walk(definition or ast.Pass()) if _is_at(one, span, filename)]
        parts = kept(definition, innermost_conversions(within[0]), filename) if definition and within else []
        sites = [(site_of(node, code), text) for node, text in parts]
        texts = [Transplant(site, text, site) for site, text in sites if site is not None]
        if texts and len(texts) == len(parts) <= _MOST_TEXTS:
            yield replace(texts[0], also=tuple(texts[1:]))


_MOST_TEXTS = 3


def _is_at(node: ast.AST, span: Span | None, filename: str) -> bool:
    return isinstance(node, ast.expr) and span_at(filename, node) == span


def _codes(span: Span, recording: Recording) -> list[CodeType]:
    """Return the code of the functions around a span, as far as they run ops."""
    sites = (site for op in recording.ops for site in (op.site, *op.callers) if site is not None)
    return [
        code
        for code in dict.fromkeys(site.code for site in sites)
        if shown_path(code.co_filename) == span.file
    ]


def _repaired(found: Finding, text: Transplant, proof: Proof) -> list[Finding]:
    """Return a finding with a text as its fix, and one more for each that is to be written together with it."""
    together = (text, *text.also)
    findings = []
    for one in together:
        others = tuple(span_of(other.site).place for other in together if other is not one)
        own = replace(proof, tried=f"`{one.text}`", needs_also=others)
        said = found if one is text else replace(found, message=_HERE_TOO, notes=())
        findings.append(replace(said, span=span_of(one.site), proof=own, fix=Fix(text=one.text)))
    return findings


_HERE_TOO = "the value that was taken out of TensorFlow is used here: no gradient passes"
