"""Findings as in the JSON."""

from __future__ import annotations

from gradcheck.comparison.document import FindingDocument, FixDocument, ProofDocument
from gradcheck.documents import number, shape_document, span_document, span_or_none
from gradcheck.findings import Finding, Fix, Proof


def finding_document(finding: Finding) -> FindingDocument:
    """Return a finding as in the JSON."""
    proof, fix = finding.proof, finding.fix
    return {
        "cause": finding.cause,
        "message": finding.message,
        "span": span_or_none(finding.span),
        "reference": span_or_none(finding.reference),
        "shapes": [shape_document(shape) for shape in finding.shapes],
        "operands": [
            {"span": span_document(operand.span), "shape": shape_document(operand.shape)}
            for operand in finding.operands
        ],
        "notes": list(finding.notes),
        "severity": finding.severity,
        "verified": finding.verified,
        "proof": None if proof is None else _proof_document(proof),
        "fix": None if fix is None or proof is None else _fix_document(fix, proof),
    }


def _proof_document(proof: Proof) -> ProofDocument:
    return {
        "tried": proof.tried,
        "residual": number(proof.residual),
        "samples": list(proof.samples),
        "second": proof.second,
        "needs_also": list(proof.needs_also),
    }


def _fix_document(fix: Fix, proof: Proof) -> FixDocument:
    """Return a fix with the figures of its proof."""
    return {
        "text": fix.text,
        "source": fix.source,
        "residual": number(proof.residual),
        "needs_also": list(proof.needs_also),
    }
