"""Where a mode parts from the loss: the mode written as a formulation, and compared with it as `diff` does."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.arrays import Array
from gradcheck.comparison.compare import compare
from gradcheck.comparison.report import Report
from gradcheck.errors import GradcheckError
from gradcheck.execution.modes import emulated
from gradcheck.execution.modes.steady_draws import steady_draws
from gradcheck.execution.modes.strategies import halves
from gradcheck.execution.modes.subject import Subject
from gradcheck.findings import Finding
from gradcheck.judgement.differences import distance, norm
from gradcheck.options import Options
from gradcheck.running.bench import Bench
from gradcheck.running.words import at


@dataclass(frozen=True)
class Emulation:
    """A mode as a formulation, to be compared with the formulation that it runs.

    Parameters
    ----------
    formulation
        What the mode computes.
    who, whom
        What each of them is called: that one, by which it is known, and the formulation as it is.
    variables
        Its own, where it has any.
    repairable
        Whether the expressions that it runs are its own, so that one of them can be changed alone.
    is_graph
        Whether it runs as a graph, and so tells nothing of who asked for its ops.
    """

    formulation: Any
    who: str
    whom: str
    variables: Any = None
    repairable: bool = False
    is_graph: bool = False


def of_halves(bench: Bench) -> str:
    """Return where the mean loss of both halves of the batch parts from that of the whole."""
    if bench.subject.form not in _LOSSES:
        return ""
    loss = emulated.in_parts(
        bench.subject, halves, lambda parts: [len(one) / sum(map(len, parts)) for one in parts]
    )
    return where_they_part(bench, Emulation(loss, "a part alone", "the whole batch"))


def of_order(bench: Bench, order: Callable[[int], Array]) -> str:
    """Return where the loss of the samples in another order parts from that of the batch."""
    if bench.subject.form not in _LOSSES:
        return ""
    loss = emulated.in_parts(bench.subject, lambda samples: [order(samples)], lambda parts: [1.0])
    return where_they_part(bench, Emulation(loss, "the permuted batch", "the batch as it is"))


def of_graph(bench: Bench, taken: Sequence[Array | None], *, any_size: bool) -> str:
    """Return where the loss as one `tf.function` parts from the loss run op by op, if `taken` is its gradient."""
    if bench.subject.form not in _LOSSES:
        return ""
    loss = emulated.as_one_function(bench.subject, any_size=any_size)
    who = "the graph for a batch of any size" if any_size else "the graph"
    return where_they_part(bench, Emulation(loss, who, "the loss run op by op", is_graph=True), taken)


def of_traced(bench: Bench, taken: Sequence[Array | None]) -> str:
    """Return where the user's functions as they were traced part from what they are when they run op by op."""
    loss = emulated.as_traced(bench.subject)
    told = Emulation(loss, "the graph as it was traced", "the function run op by op", is_graph=True)
    return where_they_part(bench, told, taken)


def of_train_step(bench: Bench, taken: Sequence[Array | None]) -> str:
    """Return where the model's own training step parts from its loss.

    Parameters
    ----------
    taken
        The gradient that is to be explained: that of the training step run op by op has to be it.
    """
    step = emulated.by_its_train_step(bench.subject)
    told = Emulation(step, "its train_step", "compute_loss", repairable=True)
    return where_they_part(bench, told, taken)


def of_policy(bench: Bench, made: Subject) -> str:
    """Return where the formulation made under a dtype policy computes something else, apart from rounding."""
    told = Emulation(
        emulated.under_its_policy(made),
        f"the formulation under {made.policy}",
        "that in float32",
        variables=made.case.variables,
    )
    return where_they_part(bench, told)


_LOSSES = ("loss", "model")


def where_they_part(bench: Bench, emulation: Emulation, taken: Sequence[Array | None] | None = None) -> str:
    """Return the expression at which a mode parts from the formulation, and how; nothing where none is proved.

    Parameters
    ----------
    taken
        The gradient that the mode gave, where that of the emulation may be another one.
    """
    if bench.base.unsteady or bench.drifts:
        return ""
    if emulation.who not in bench.asked:
        bench.asked[emulation.who] = _compared(bench, emulation)
    report = bench.asked[emulation.who]
    if report is None or report.verdict != "different" or not _gives(report, taken, bench.base.exact):
        return ""
    proved = next((one for one in report.findings if one.verified), None)
    return "" if proved is None else _in_words(proved, emulation)


def _compared(bench: Bench, emulation: Emulation) -> Report | None:
    subject = bench.subject
    own = subject.case.variables
    case = replace(
        subject.case,
        reference=subject.case.candidate,
        candidate=emulation.formulation,
        variables=own if emulation.variables is None else emulation.variables,
        reference_variables=None if emulation.variables is None else own,
    )
    try:
        with steady_draws(subject.steady):
            return compare(case, Options(seed=subject.seed))
    except GradcheckError:  # it cannot be run so, or not be compared: then nothing is known of a place
        return None


def _gives(report: Report, taken: Sequence[Array | None] | None, right: Sequence[Array | None]) -> bool:
    """Return whether the emulation's gradient may be that of the mode: as long, and as far from the right one.

    This is asked variable by variable; other elements that are as long and as far away are not told from these.
    """
    if taken is None:
        return True
    most = _NEAR * math.hypot(*map(norm, taken))
    given = [one.judgement.difference for one in report.variables]
    return all(
        abs(norm(one) - (other.candidate_norm or 0.0)) <= most
        and abs(distance(one, exact) - other.absolute) <= most
        for one, exact, other in zip(taken, right, given, strict=True)
    )


_NEAR = 1e-3
"""How far these are apart at most, as a share of the whole gradient."""


def _in_words(found: Finding, emulation: Emulation) -> str:
    # The ops of a graph have no place of their own: they are those of the expression that they stand for.
    place = at(found.span or (found.reference if emulation.is_graph else None))
    if not place:
        return ""
    if found.span and found.reference and found.span.text == found.reference.text:
        return f"{place} is another one for {emulation.who} than for {emulation.whom}"
    said = found.message.replace("the candidate", emulation.who).replace("the reference", emulation.whom)
    fix = found.fix
    repair = f"; it agrees with `{fix.text}` there" if emulation.repairable and fix and fix.source else ""
    return f"they part at {place}: {said}{repair}"
