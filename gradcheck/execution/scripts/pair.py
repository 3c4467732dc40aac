"""Gradients of two scripts as the two sides of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.cases import Case
from gradcheck.errors import CaseError
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.scripts.segments import with_other_paths
from gradcheck.program.run import Run
from gradcheck.targets.samples import NoSampleAxisError, SampleAxis


def recorded_pair(
    name: str,
    runs: Sequence[tuple[Run, Run]],
    variables: Mapping[str, Any],
    paths: Mapping[str, str],
    samples: int | None,
) -> FormulationPair:
    """Return what was recorded in two scripts as a pair, the first of `runs`; the others are further batches.

    Parameters
    ----------
    runs
        The reference's and the candidate's, the first gradients first.
    variables
        The candidate's, by path.
    paths
        The path that the reference has for each of them.
    samples
        The number of samples, where it is known.
    """
    case = Case(
        name=name,
        reference=_cannot_run_again,
        candidate=_cannot_run_again,
        variables=dict(variables),
    )
    axis = NoSampleAxisError("a script has no batch") if samples is None else SampleAxis(samples, frozenset())
    prepared = Prepared(variables, {}, axis)

    def pair(sides: tuple[Run, Run], further: Sequence[tuple[Run, Run]]) -> FormulationPair:
        reference, candidate = with_other_paths(sides[0], paths), sides[1]
        return FormulationPair(
            case,
            prepared,
            0,
            (reference, candidate),
            further=lambda: (pair(each, ()) for each in further),
        )

    return pair(runs[0], runs[1:])


def _cannot_run_again(**_: Any) -> Any:
    raise CaseError("what a script computed was recorded while it ran: it cannot be run again by itself")
