"""The gradients of a case that was cut out of a script, as it runs by itself."""

from __future__ import annotations

import pathlib
from dataclasses import replace
from functools import partial

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.run.batch_of_samples import with_rows
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import prepare
from gradcheck.program.run import Run
from gradcheck.targets.loading import load


def gradients_of(file: pathlib.Path, generators: Generators) -> tuple[float, dict[str, Array | None]]:
    """Return the loss of the case in a file, and its gradients by path.

    Parameters
    ----------
    generators
        Where the random generators are to stand when it begins.

    Raises
    ------
    GradcheckError
        It does not run.
    """
    (factory,) = load(str(file))
    case = factory.make(seed=0)
    prepared = prepare(case)

    def once() -> Run:
        generators.restore()
        return run("candidate", case.candidate, prepared)

    with frozen(0, [case.candidate]) as world:
        done = world.run(once)
    return done.value, dict(zip(prepared.variables, done.gradients, strict=True))


def runs_on_one_sample(file: pathlib.Path) -> bool:
    """Return whether the case in a file runs on the first of its samples alone."""
    (factory,) = load(str(file))
    case = factory.make(seed=0)
    prepared = prepare(case)
    try:
        axis = prepared.sample_axis()
        one = replace(prepared, batch=with_rows(prepared.batch, axis, [0]))
        with frozen(0, [case.candidate]) as world:
            world.run(partial(run, "candidate", case.candidate, one))
    except GradcheckError:
        return False
    return True
