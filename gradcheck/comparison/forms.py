"""What a report says, and may say, where a formulation gives something other than a loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.comparison.report import LossReport
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.saved_gradients import SavedGradients
from gradcheck.findings import CauseName, Finding
from gradcheck.judgement.allowed_difference import Probes
from gradcheck.program.run import Form, Run

_WHAT: dict[Form, str] = {
    "model": "the loss of the compiled Keras model",
    "gradients": "the gradients that it returned",
    "step": "the gradients that it passed to the optimizer",
    "saved": "gradients from elsewhere",
}


def loss_of(run: Run) -> LossReport:
    """Return what a report says of the loss of one side; where it has none, what was compared instead."""
    described = _WHAT.get(run.form)
    if run.known is None:
        return LossReport(value=None, span=None, description=described)
    value, number = run.known
    producer = None if number is None else run.recording.producer(number)
    return LossReport(value=value, span=None if producer is None else producer.span, description=described)


def compared(pair: FormulationPair) -> str:
    """Return what was compared where it is not the gradients of two losses, for the reason of a report."""
    said = [_said(run, pair) for run in pair.runs if run.form in _GRADIENTS]
    if len(said) == 2 and pair.runs[0].form == pair.runs[1].form and pair.runs[0].form != "saved":
        said = [f"compared were {_BOTH[pair.runs[0].form]}"]
    if pair.prepared.reference_variables is not None and pair.prepared.lends_weights():
        said.append(
            "the reference's own variables, which have other values, were given the candidate's for the comparison"
        )
    return "".join(f"; {one}" for one in said)


_GRADIENTS: tuple[Form, ...] = ("gradients", "step", "saved")

_BOTH: dict[Form, str] = {
    "gradients": "the gradients that both returned",
    "step": "the gradients that both passed to their optimizers",
}


def _said(run: Run, pair: FormulationPair) -> str:
    if isinstance(pair.case.reference, SavedGradients) and run.side == "reference":
        return f"the reference is the gradients in {pair.case.reference.origin}"
    verb = "returned" if run.form == "gradients" else "passed to the optimizer"
    return f"of the {run.side}, the gradients that it {verb} were compared"


def as_known(
    off: Sequence[tuple[float, float]], probes: Probes, pair: FormulationPair
) -> tuple[list[tuple[float, float]], Probes]:
    """Return the figures of a comparison with what can be known of saved gradients: they cannot be run in float64.

    Those computed in float64 are taken for exact. Others hold the rounding of the program that made them, which is
    taken to be as large as the candidate's own; no sensitivity makes it any smaller.
    """
    reference = pair.case.reference
    if not isinstance(reference, SavedGradients) or any(map(_has_more_digits, reference.gradients.values())):
        return list(off), probes
    unknown = [math.inf] * len(off)
    return [(candidate, candidate) for _, candidate in off], replace(probes, sensitivity=lambda: unknown)


def _has_more_digits(array: Array) -> bool:
    """Return whether an array holds more than float32 does: a list of Python's numbers is float64 anyway."""
    shorter = array.astype(np.complex64 if array.dtype.kind == "c" else np.float32)
    return not np.array_equal(array, shorter, equal_nan=True)


_OF_OPS: tuple[CauseName, ...] = ("broadcast", "nondeterministic", "numerics")
"""Causes that are seen in the ops of a recording, whatever becomes of their results."""

_OF_BOTH: tuple[CauseName, ...] = ("dead",)
"""Causes that are told from what the reference does or does not do."""


def visible(findings: Sequence[Finding], pair: FormulationPair) -> list[Finding]:
    """Return the findings that the recordings of `pair` allow.

    Gradients that a formulation made of others, as by clipping them, do not say through which op they went; and of
    saved ones nothing is known but their numbers.
    """
    if not pair.runs[1].direct:
        return [finding for finding in findings if finding.cause in _OF_OPS]
    if pair.runs[0].form == "saved":
        return [f for f in findings if f.cause not in _OF_BOTH or f.severity == "note"]
    return list(findings)
