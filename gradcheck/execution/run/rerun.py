"""The candidate of a case run once more, from where it was run before."""

from __future__ import annotations

from functools import partial

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.replay.float64_gradients import Float64Gradients, float64_gradients
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.run.replaced_text import CannotReplaceError, replaced_text
from gradcheck.program.run import Run
from gradcheck.source import Site


def gradients_with(pair: FormulationPair, site: Site, text: str, donor: Site) -> list[Array | None] | None:
    """Return the candidate's float64 gradients with another text in place of an expression; see `run_with`."""
    found = run_with(pair, site, text, donor)
    return None if found is None else found.gradients


def run_with(pair: FormulationPair, site: Site, text: str, donor: Site) -> Float64Gradients | None:
    """Return what the candidate gives in float64 with another text in place of an expression.

    None where it cannot be run so: the text does not fit, or the formulation raises with it.
    """
    formulations = pair.case.formulations()
    try:
        with frozen(pair.seed):
            _start_from(pair.runs[1], pair.prepared)
            with replaced_text(site, text, donor), frozen(pair.seed, formulations.values()) as world:
                rerun = world.run(partial(run, "candidate", formulations["candidate"], pair.prepared))
        return float64_gradients(rerun)
    except (CannotReplaceError, GradcheckError):
        return None


def _start_from(done: Run, prepared: Prepared) -> None:
    """Give the variables the values that a run started from. What has them is left alone: it may be trained."""
    for path, variable in prepared.variables.items():
        if not np.array_equal(variable.numpy(), done.start[path].numpy()):
            variable.assign(done.start[path])
