"""Run each formulation separately, to see which of them raises."""

from __future__ import annotations

from gradcheck.cases import Case
from gradcheck.errors import GradcheckError, NamedLossesError
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.per_sample import with_reference
from gradcheck.execution.run.prepare import prepare


def errors_by_side(case: Case, seed: int) -> dict[str, GradcheckError]:
    """Run each formulation of `case` from the same state; return by side what it raised.

    Without a reference, the candidate on single samples takes its place.

    Raises
    ------
    CaseError
        The case itself is at fault: its batch, its variables, or how the formulations are called.
    """
    if case.reference is None:
        case = with_reference(case, "mean", prepare(case).sample_axis())
    prepared = prepare(case)
    errors: dict[str, GradcheckError] = {}
    with frozen(seed, case.formulations().values()) as world:
        for side, formulation in case.formulations().items():
            world.start()
            try:
                run(side, formulation, prepared)
            except NamedLossesError:  # it ran: which of its losses is meant is another question
                continue
            except GradcheckError as error:
                errors[side] = error
    return errors
