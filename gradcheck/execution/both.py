"""Both formulations of a case, run from the same state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

from gradcheck.case import Case
from gradcheck.execution.freeze import Frozen, frozen
from gradcheck.execution.precise import Precise, precise_gradients
from gradcheck.execution.prepare import Prepared, prepare
from gradcheck.execution.randomness import Watchdog, first_disagreement, same_draws
from gradcheck.execution.record import Recorder
from gradcheck.execution.run import Run, run
from gradcheck.recording import Randomness

Watch = Callable[[str, Recorder], None]


@dataclass(frozen=True)
class Both:
    """What one run of each side gave, the reference first."""

    case: Case
    prepared: Prepared
    seed: int
    runs: tuple[Run, Run]
    precise: tuple[Precise, Precise]
    moved: tuple[Sequence[str], Sequence[str]] = field(default=((), ()))


def run_both(case: Case, seed: int, watch: Watch | None = None) -> Both:
    """Run each formulation of `case` once, and replay it in float64.

    Both start from the same variable values and random state, which are as before afterwards.
    """
    prepared = prepare(case)
    runs, moved = [], []
    with frozen(seed) as world:
        for side, formulation in case.formulations().items():
            runs.append(world.run(partial(run, side, formulation, prepared, watch)))
            moved.append(world.generators_moved())
        # One replay right after the other fits into the memory that the first let go.
        reference, candidate = (precise_gradients(run) for run in runs)
    return Both(case, prepared, seed, (runs[0], runs[1]), (reference, candidate), (moved[0], moved[1]))


def randomness_of(both: Both) -> dict[str, Randomness]:
    """Run both sides again from the same state, and return by side what is known of their randomness."""
    found = {}
    with frozen(both.seed) as world:
        for first, generators in zip(both.runs, both.moved, strict=True):
            found[first.side] = _randomness(both, first, generators, world)
    return found


def same_randomness(both: Both) -> bool:
    """Return whether both sides drew the same random numbers in the same order."""
    reference, candidate = both.runs
    return same_draws(reference.recording, candidate.recording)


def _randomness(both: Both, first: Run, generators: Sequence[str], world: Frozen) -> Randomness:
    watchdog = Watchdog()
    formulation = both.case.formulations()[first.side]

    def watched() -> Run:
        with watchdog.watching() if generators else nullcontext():
            return run(first.side, formulation, both.prepared)

    again = world.run(watched)
    return Randomness(
        draws=first.recording.draws,
        generators=tuple(generators),
        place=watchdog.span,
        disagreement=first_disagreement(first.recording, again.recording),
    )
