"""The candidate of a case run once more, from where it was run before."""

from __future__ import annotations

from functools import partial

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.replaced_text import CannotReplaceError, replaced_text
from gradcheck.source import Site


def gradients_with(pair: FormulationPair, site: Site, text: str, donor: Site) -> list[Array | None] | None:
    """Return the candidate's float64 gradients with another text in place of an expression.

    None where it cannot be run so: the text does not fit, or the formulation raises with it.
    """
    candidate = pair.runs[1]
    variables = pair.prepared.variables
    before = {path: variable.read_value() for path, variable in variables.items()}
    try:
        for path, variable in variables.items():
            variable.assign(candidate.start[path])
        formulations = pair.case.formulations()
        with (
            replaced_text(site, text, donor),
            frozen(pair.seed, formulations.values()) as world,
        ):
            rerun = world.run(partial(run, "candidate", formulations["candidate"], pair.prepared))
        return float64_gradients(rerun).gradients
    except (CannotReplaceError, GradcheckError):
        return None
    finally:
        for path, variable in variables.items():
            variable.assign(before[path])
