"""Both formulations of a case, run from the same state."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from gradcheck.arrays import Array, Tensor
from gradcheck.cases import Case
from gradcheck.execution.record.recorder import Recorder
from gradcheck.execution.replay.float64_gradients import Float64Gradients, float64_gradients
from gradcheck.execution.replay.tails import tails_of
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import Frozen, frozen
from gradcheck.execution.run.functions_alive import Functions
from gradcheck.execution.run.outside import Outside
from gradcheck.execution.run.prepare import Prepared, prepare
from gradcheck.execution.run.python_generators import Advance
from gradcheck.execution.run.randomness import Drawn, Watchdog, draws_of, first_disagreement, given_alike
from gradcheck.execution.run.replaced_text import Written
from gradcheck.execution.run.started import start_from
from gradcheck.judgement.differences import Difference, State, difference, distance, norm
from gradcheck.judgement.verdict import Sides, states_of
from gradcheck.program.recording import Draws, Op, Randomness, Recording
from gradcheck.program.run import Run
from gradcheck.system.collecting import only_new_objects_collected

OnRecording = Callable[[str, Recorder], None]


@dataclass(frozen=True)
class FormulationPair:
    """What one run of each side gave, the reference first."""

    case: Case
    prepared: Prepared
    seed: int
    runs: tuple[Run, Run]
    advances: tuple[Sequence[Advance], Sequence[Advance]] = ((), ())
    further: Callable[[], Iterator[FormulationPair]] | None = None
    """What was recorded later, of sides that were recorded in programs that cannot be run again; else None."""
    again: Callable[[FormulationPair], FormulationPair | None] | None = None
    """What was made of the runs, to be made of those on other batches, too; None where they are as they ran."""

    @property
    def recorded(self) -> bool:
        """Whether the recordings are no runs of the case: its formulations, run again, give something else."""
        return self.further is not None or self.again is not None

    @functools.cached_property
    def functions(self) -> Functions:
        """The functions that both sides may have run."""
        return Functions(self.case.formulations().values())

    @functools.cached_property
    def outside(self) -> Outside:
        """What only the reference reads of the functions in which both sides are defined."""
        donors, own = (run.recording.codes for run in self.runs)
        return Outside(donors, own, self.functions)

    @functools.cached_property
    def losses_with(self) -> dict[frozenset[Written], float]:
        """What the candidate gave when it was run with other texts in its source; NaN for no loss."""
        return {}

    @functools.cached_property
    def native(self) -> list[Sides]:
        """Both gradients of each variable, as they ran."""
        return [Sides(*pair) for pair in zip(*(run.gradients for run in self.runs), strict=True)]

    @functools.cached_property
    def apart(self) -> list[Difference]:
        """How these compare."""
        return [difference(sides.reference, sides.candidate) for sides in self.native]

    @functools.cached_property
    def states(self) -> list[tuple[State, State]]:
        """What these are."""
        return [states_of(*each) for each in zip(self.native, self.apart, strict=True)]

    @property
    def float64(self) -> tuple[Float64Gradients, Float64Gradients]:
        """The float64 gradients of both sides; each side is replayed when it is asked for first."""
        # One replay right after the other reuses the memory that the first one released.
        return self.replayed(0), self.replayed(1)

    def replayed(self, side: int, *, hold: bool = True) -> Float64Gradients:
        """Return the float64 gradients of one side, the reference being side 0.

        Its tensors are held for a search, which otherwise replays it once more; unless that is of the tails alone.
        """
        if side not in self._replays:
            hold = hold and self.tails is self.runs
            self._replays[side] = float64_gradients(self.runs[side], hold=hold)
        return self._replays[side]

    def has_its_own_gradient(self, side: int) -> bool:
        """Return whether a side has a gradient that is written by hand and not known to be that of its ops.

        A replay differentiates the ops; of what is not finite it cannot be told whether both are alike.
        """
        if not self.runs[side].recording.custom_gradients:
            return False
        found = self.replayed(side).gradients
        return found is None or not all(math.isfinite(norm(one)) for one in found)

    def held(self, side: int) -> Mapping[int, Tensor]:
        """Return the float64 tensors of one side by number; none where none were held."""
        return self._replays[side].tensors if side in self._replays else {}

    @property
    def both_are_replayed(self) -> bool:
        """Whether the float64 gradients of both sides are there already."""
        return len(self._replays) == len(self.runs)

    @functools.cached_property
    def _replays(self) -> dict[int, Float64Gradients]:
        return {}

    @functools.cached_property
    def tails(self) -> tuple[Run, Run]:
        """What both sides do after what they share, where a search of that alone takes less; else both sides."""
        if not all(run.direct for run in self.runs):
            return self.runs
        gradients = zip(*(run.gradients for run in self.runs if run.gradients), strict=True)
        idle = (all(one is None or not one.any() for one in sides) for sides in gradients)
        return tails_of(self.runs, [*itertools.compress(self.prepared.variables, idle)])

    @functools.cached_property
    def draws(self) -> Draws:
        """Whether the sides drew random numbers, and if both did, whether these were the same."""
        recordings = (run.recording for run in self.runs)
        return draws_of(*map(Drawn, recordings, self.advances))


def run_pair(
    case: Case, seed: int, watch: OnRecording | None = None, forward: Collection[str] = ()
) -> FormulationPair:
    """Run each formulation of `case` once.

    Both start from the same variable values and random state, which are as before afterwards.

    Parameters
    ----------
    forward
        The sides whose gradients as they run are not asked for.
    """
    prepared = prepare(case)
    runs, advances = [], []
    with frozen(seed, case.formulations().values()) as world, only_new_objects_collected():
        for side, formulation in case.formulations().items():
            once = partial(run, side, formulation, prepared, watch, forward=side in forward)
            runs.append(world.run(once))
            advances.append(world.advanced())
    return FormulationPair(case, prepared, seed, (runs[0], runs[1]), (advances[0], advances[1]))


def randomness_of(pair: FormulationPair) -> dict[str, Randomness]:
    """Run both sides again from the same state, where possible, and return what is known of their randomness."""
    if pair.recorded:
        return {run.side: Randomness(draws=_in_question(run.recording, pair.draws)) for run in pair.runs}
    found = {}
    with frozen(pair.seed):
        start_from(pair.runs[1], pair.prepared)
        with frozen(pair.seed, pair.case.formulations().values()) as world:
            for first, advances in zip(pair.runs, pair.advances, strict=True):
                found[first.side] = _randomness(pair, first, [advance.name for advance in advances], world)
    return found


def _randomness(pair: FormulationPair, first: Run, generators: Sequence[str], world: Frozen) -> Randomness:
    watchdog = Watchdog(world.generator_states)
    formulation = pair.case.formulations()[first.side]

    def watched(*, forward: bool) -> Run:
        with watchdog.watching() if generators else nullcontext():
            return run(first.side, formulation, pair.prepared, forward=forward, with_places=False)

    again = world.run(partial(watched, forward=not first.recording.custom_gradients))
    other = None
    if not (again.value == first.value and given_alike(first.recording, again.recording)):
        again = again if again.gradients else world.run(partial(watched, forward=False))
        # What takes gradients itself may run its ops in another order each time, and give the same all the same.
        alike = _gave_the_same(first, again)
        other = None if alike else first_disagreement(first.recording, again.recording)
    return Randomness(
        draws=_in_question(first.recording, pair.draws),
        generators=tuple(generators),
        place=watchdog.span,
        disagreement=other,
    )


_ROUNDING = 1e-6
"""How far apart the loss, and each gradient, of two runs are at most that differ in the order of sums alone."""


def _gave_the_same(one: Run, other: Run) -> bool:
    """Return whether two runs gave the same loss and the same gradients, up to rounding in float32."""
    if not math.isclose(one.value, other.value, rel_tol=_ROUNDING):
        return False
    pairs = zip(one.gradients, other.gradients, strict=True)
    return all(
        first is second if first is None or second is None else _is_near(first, second)
        for first, second in pairs
    )


def _is_near(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(distance(one, other) <= _ROUNDING * norm(one))


def _in_question(recording: Recording, draws: Draws) -> tuple[Op, ...]:
    """Return the ops whose random numbers are not those of the other side, as far as that is known."""
    aside = tuple(op for op in recording.all_draws if op not in recording.draws)
    return aside if draws == "perhaps others" and aside else recording.draws
