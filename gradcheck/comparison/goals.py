"""What a search for an edit has to reach: on the case's own batch, and on others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.comparison.locating import OtherPair
from gradcheck.execution.replay.attempts import Attempts
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.replay.machine import Replay
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.findings import Second
from gradcheck.judgement.allowed_difference import EPSILON, FINEST, NOISE_FACTOR
from gradcheck.judgement.differences import norm
from gradcheck.options import Options
from gradcheck.program.places import ops_at
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work
from gradcheck.repair.factors import Quantities
from gradcheck.repair.goal import Goal
from gradcheck.repair.language import Edit
from gradcheck.repair.other_batches import OtherBatches, always
from gradcheck.repair.places import places_of


@dataclass(frozen=True)
class Resampled:
    """The case on another batch, and where that came from; see `OtherBatch`."""

    pair: FormulationPair
    second: Second
    tells_of_sizes: Callable[[], bool] = always


ResampledBatches = Callable[[], Iterator[Iterator[Resampled]]]
"""Makes the same case on other batches and runs it, each when it is asked for. They come in groups of one kind, of
which one batch is enough; the kind that tells most comes first."""


@dataclass(frozen=True)
class Goals:
    """What has to be reached, and what that may cost.

    Parameters
    ----------
    own, others
        On the case's own batch, and on others.
    work
        What trying edits may cost; the attempts of the goals count it.
    """

    own: Goal
    others: OtherBatches
    work: Work
    every: Callable[[], Iterator[OtherPair]]
    """Makes other batches, each when it is asked for; on these the sides may also agree in float64."""

    def second(self) -> Iterator[OtherPair]:
        """Yield other batches on which a source may be run: those on which the sides differ, if there are any."""
        found = (one for one in self.others if isinstance(one, OtherPair))
        first = next(found, None)
        yield from self.every() if first is None else itertools.chain([first], found)


def goals_of(pair: FormulationPair, fresh: ResampledBatches, options: Options) -> Goals:
    """Return what an edit of the candidate has to reach."""
    work = Work(options.work, options.budget)
    own = replace(goal_of(pair, work), provisional=True)

    def every() -> Iterator[OtherPair]:
        return itertools.chain.from_iterable(_others(fresh, work, sides=(0,)))

    return Goals(own, OtherBatches(lambda: _others(fresh, work)), work, every)


def goals_as_run(pair: FormulationPair, fresh: ResampledBatches, options: Options) -> Goals:
    """Return what a change of the candidate has to reach where the reference is known as it ran alone."""
    work = Work(options.work, options.budget)

    def every() -> Iterator[OtherPair]:
        return itertools.chain.from_iterable(_others(fresh, work, sides=(), goal=_goal_as_run))

    return Goals(_goal_as_run(pair, work), OtherBatches(lambda: iter(())), work, every)


def _goal_as_run(pair: FormulationPair, work: Work) -> Goal:
    reference, candidate = pair.runs
    sizes = list(map(norm, reference.gradients))
    return Goal(
        gradients=reference.gradients,
        allowed=[NOISE_FACTOR * EPSILON * max(size, _SHARE * math.hypot(*sizes)) for size in sizes],
        unresolved=[0.0] * len(sizes),
        value=(reference.value, NOISE_FACTOR * EPSILON * abs(reference.value)),
        attempt=Attempts(candidate.recording, candidate.start, work),
        samples=pair.prepared.samples or 1,
        sample_counts=pair.prepared.sample_counts,
        quantities=lambda _: [],
    )


_SHARE = 1e-2
"""What share of the whole gradient one is that float32 does not round away."""

_MOST_ALLOWED = 1e-3
"""Both sides are exact where an edit is tried: a reference that rounds away much of a small gradient must not let
pass what only comes near it."""


def goal_of(pair: FormulationPair, work: Work) -> Goal:
    """Return what an edit of the candidate has to reach, with the noise of the reference as allowance.

    A gradient that is zero on paper is not so in float64 either: what is left is as much smaller than its noise as
    float64 is finer than the formulation's own precision, or a last digit of the whole gradient.
    """
    reference, candidate = pair.runs
    float64 = pair.replayed(0)
    assert float64.gradients is not None
    sizes = float64.sizes
    finer = [FINEST / _epsilon(gradient) for gradient in reference.gradients]
    whole = math.hypot(*sizes)
    unresolved = [
        NOISE_FACTOR * (FINEST * whole + off * share) for off, share in zip(float64.off, finer, strict=True)
    ]
    rounding = [
        min(NOISE_FACTOR * max(EPSILON * size, off), _MOST_ALLOWED * size)
        for size, off in zip(sizes, float64.off, strict=True)
    ]
    known = zip(rounding, sizes, unresolved, strict=True)
    shares = [allowed / size for allowed, size, noise in known if size > noise]
    return Goal(
        gradients=float64.gradients,
        allowed=[max(pair) for pair in zip(rounding, unresolved, strict=True)],
        unresolved=unresolved,
        value=(float64.value, _allowed_value(pair)),
        attempt=Attempts(candidate.recording, candidate.start, work, lambda: _plain(pair)),
        samples=pair.prepared.samples or 1,  # the whole batch, where it is not known what its samples are
        sample_counts=pair.prepared.sample_counts,
        quantities=Quantities(candidate.recording, reference.recording, pair.prepared.sample_counts).at,
        ahead=_ahead(pair, work, share=max(shares, default=_MOST_ALLOWED)),
    )


def _plain(pair: FormulationPair) -> Replay | None:
    """Return what the candidate gives without an edit."""
    known = pair.replayed(1)
    return None if known.gradients is None else Replay(known.value, known.gradients)


def _ahead(pair: FormulationPair, work: Work, share: float) -> Goal | None:
    """Return what an edit has to reach of what follows all that both sides share; None where that is nothing.

    Parameters
    ----------
    share
        How much of a gradient is allowed as a whole, where that is most.
    """
    reference, candidate = pair.tails
    wanted = None if reference is pair.runs[0] else edited_replay(reference.recording, reference.start, ())
    if wanted is None:
        return None
    sizes = list(map(norm, wanted.gradients))
    unresolved = NOISE_FACTOR * FINEST * math.hypot(*sizes)
    return Goal(
        gradients=wanted.gradients,
        allowed=[max(share * size, unresolved) for size in sizes],
        unresolved=[unresolved] * len(sizes),
        value=(wanted.value, _allowed_value(pair)),
        attempt=Attempts(candidate.recording, candidate.start, work),
        samples=pair.prepared.samples or 1,
        sample_counts=pair.prepared.sample_counts,
        quantities=lambda _: [],
    )


@dataclass(frozen=True)
class _Losses:
    """Tries what edits make of the loss, which stands for its gradient."""

    screen: Screen
    recording: Recording

    def __call__(self, edits: Sequence[Edit]) -> Replay | None:
        loss = self.screen.loss(edits)
        return None if loss is None or loss.size != 1 else Replay(float(loss[0]), [loss])

    def applies(self, edits: Sequence[Edit]) -> bool:
        return all(ops_at(place, self.recording)[0] for place in places_of(edits))


def by_the_loss_first(goals: Goals, screen: Screen, recording: Recording) -> Goals:
    """Return the goals where an edit has to give the loss of the reference before its gradients are asked for.

    That holds where all that is wrong stands at a place at which the reference's quantity gives that loss, which
    the candidate's does not.
    """
    value, allowed = goals.own.value
    losses = Goal(
        gradients=[np.array([value])],
        allowed=[allowed],
        unresolved=[0.0],
        value=(value, allowed),
        attempt=_Losses(screen, recording),
        samples=goals.own.samples,
        quantities=lambda _: [],
    )
    if losses.reached(()) != "differs":
        return goals
    own = goals.own
    if own.ahead is None:
        return replace(goals, own=replace(own, ahead=losses, provisional=False))
    return replace(goals, own=replace(own, ahead=replace(own.ahead, ahead=losses)))


def _epsilon(gradient: Array | None) -> float:
    return FINEST if gradient is None else max(float(np.finfo(gradient.dtype).eps), FINEST)


def _allowed_value(pair: FormulationPair) -> float:
    """Return how far apart two losses may be that are equal up to rounding."""
    known = (0, 1) if pair.both_are_replayed else (0,)
    sides = [(pair.runs[side], pair.replayed(side)) for side in known]
    size = max(abs(float64.value) for _, float64 in sides)
    return NOISE_FACTOR * max(EPSILON * size, *(abs(run.value - float64.value) for run, float64 in sides))


def _others(
    fresh: ResampledBatches,
    work: Work,
    sides: Sequence[int] | None = None,
    goal: Callable[[FormulationPair, Work], Goal] = goal_of,
) -> Iterator[Iterator[OtherPair]]:
    for group in fresh():
        yield (
            OtherPair(goal(one.pair, work), one.second, one.pair, tells_of_sizes=one.tells_of_sizes)
            for one in group
            if _is_comparable(one.pair, sides)
        )


def _is_comparable(pair: FormulationPair, sides: Sequence[int] | None) -> bool:
    """Return whether what holds on another batch tells; that its candidate can be replayed shows where it is."""
    drew_alike = pair.draws not in ("others", "perhaps others")
    if sides is None:
        sides = (0, 1) if pair.runs[1].recording.custom_gradients else (0,)
    return drew_alike and all(pair.replayed(side).gradients is not None for side in sides)
