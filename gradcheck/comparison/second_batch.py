"""Other batches for a case whose sides differ, to check edits that work on its own batch."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.cases import Case
from gradcheck.comparison.goals import Resampled
from gradcheck.errors import GradcheckError
from gradcheck.execution.run.assignments import told_apart
from gradcheck.execution.run.pair import FormulationPair, run_pair
from gradcheck.execution.run.resample import (
    How,
    first_of,
    in_another_order,
    renumbered,
    resampled,
    same_arrays,
    samples_of,
    some_of,
)
from gradcheck.findings import Second
from gradcheck.judgement.differences import state
from gradcheck.options import seeds_from
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run

_RESAMPLING_SEED = 7919
"""Added to the seed for a second batch: far from the seeds that people use for their trials."""


@dataclass(frozen=True)
class Another:
    """Makes the case again, with another batch, from a seed.

    Parameters
    ----------
    make
        Makes it.
    source
        Where what it makes comes from.
    """

    make: Callable[[int], Case]
    source: Second = "another seed"


def resampled_batches(
    pair: FormulationPair, seed: int, another: Another | None
) -> Iterator[Iterator[Resampled]]:
    """Yield the case run on other batches lazily, in groups of one kind each.

    They differ from its own in their numbers: those come from the factory with another seed, or else from its
    samples, drawn again and mixed, with the weights moved a little. And in their size, where one can be run: those
    of the same size come after these. None has a gradient that is less finite than the case's own. Where it is
    not known what its samples are, or none can be drawn, its numbers are moved. What was recorded in a program has
    none but what was recorded there later.
    """
    if pair.further is not None:
        yield (Resampled(one, "next gradients") for one in pair.further())
        return
    seeds = seeds_from(seed + _RESAMPLING_SEED, 2)
    made = _made(pair, seeds[0], another)
    if made is not None and another is not None:
        for runs in _from_the_factory(pair, made.case, seeds):
            yield (_of_a_size(pair, made.run(one), another.source) for one in runs if one is not None)
    for runs in _from_its_samples(pair, seeds):
        yield (_of_a_size(pair, one, "samples drawn again") for one in runs if one is not None)
    moved = (_renumbered(pair, one) for one in seeds)
    yield (Resampled(one, "other numbers") for one in moved if one is not None)


def _of_a_size(pair: FormulationPair, made: FormulationPair, second: Second) -> Resampled:
    return Resampled(made, second, functools.cache(functools.partial(_are_read_alike, pair, made)))


@dataclass(frozen=True)
class _Made:
    """What a factory made, and the values that it gave to variables that the case does not list."""

    case: Case
    beside: Sequence[tuple[Any, Any]]

    def run(self, pair: FormulationPair) -> FormulationPair:
        """Return what was run of it, to be run again with these values."""
        pair.prepared.beside[:] = self.beside
        return pair


def _made(pair: FormulationPair, seed: int, another: Another | None) -> _Made | None:
    """Return the case that the factory makes from another seed; None where its batch is the same, or it raises.

    It may give others of its variables new values, too, as of a frozen model that both sides read: what the pair
    ran with is kept for when it is run again.
    """
    if another is None:
        return None
    with contextlib.suppress(GradcheckError):
        try:
            with told_apart(pair.prepared.variables.values()) as (before, after):
                made = another.make(seed)
        finally:
            pair.prepared.beside[:] = before
        return None if same_arrays(made, pair.case) else _Made(made, after)
    return None


def _from_the_factory(
    pair: FormulationPair, made: Case, seeds: Sequence[int]
) -> Iterator[Iterator[FormulationPair | None]]:
    """Yield the batch that the factory made: at another size, which it may already have, and then unchanged."""
    own = pair.prepared.samples
    if samples_of(made) == own:
        for samples in other_sizes(own):
            yield (_run_some(pair, made, one, samples) for one in seeds)
    yield (_run(pair, made, one) for one in seeds[:1])


def _from_its_samples(
    pair: FormulationPair, seeds: Sequence[int]
) -> Iterator[Iterator[FormulationPair | None]]:
    own = pair.prepared.samples
    if not own or _reads_them_elsewhere(pair, seeds[0]):
        return
    for samples in other_sizes(own):
        yield (_resampled(pair, one, how, samples) for one in seeds for how in _HOW)
    first, second = seeds
    ways: tuple[tuple[int, How], ...] = (
        *((first, how) for how in _HOW),
        (first, "shuffled"),
        (second, "drawn"),
    )
    yield (_resampled(pair, one, how, own) for one, how in ways)


def _reads_them_elsewhere(pair: FormulationPair, seed: int) -> bool:
    """Return whether the reference has from elsewhere what the candidate has from the batch.

    Samples that are drawn again would not belong to that. It shows in that their order matters to the reference
    alone. Of a reference in which it is meant to matter, as of steps in time, the same is said. It is not said of
    a candidate whose loss is not finite: with the same samples, little tells one way to mend that from another.
    """
    with contextlib.suppress(GradcheckError):
        other = run_pair(in_another_order(pair.case, seed), pair.seed, forward=("reference", "candidate"))
        sides = zip(other.runs, pair.runs, strict=True)
        return [math.isclose(one.value, own.value, rel_tol=_EQUAL) for one, own in sides] == [False, True]
    return False


_EQUAL = 1e-4
"""How near two losses are of the same samples in another order, added up in single precision."""

_HOW: tuple[How, ...] = ("mixed", "drawn")
"""What shows only in some samples, as a root of zero, is not there any more where they are mixed."""


def other_sizes(samples: int) -> list[int]:
    """Return other numbers of samples to try, two at least.

    Half as many, with which a loop over a fixed number raises; then twice as many, which can be split into as many
    parts.
    """
    return [size for size in (samples // 2, 2 * samples) if size > 1]


def _run_some(pair: FormulationPair, made: Case, seed: int, samples: int) -> FormulationPair | None:
    try:
        return _run(pair, some_of(made, seed, samples), seed)
    except GradcheckError:
        return None


def _resampled(pair: FormulationPair, seed: int, how: How, samples: int) -> FormulationPair | None:
    try:
        with resampled(pair.case, seed, how, samples) as case:
            return _run(pair, case, pair.seed)
    except GradcheckError:
        return None


def _are_read_alike(pair: FormulationPair, made: FormulationPair) -> bool:
    """Return whether both sides read all samples of a batch of another size, or both read as many as before.

    Where one has its number of samples written into it, it takes samples that are not there, or leaves the others
    out: no number can make the sides agree then.
    """
    own = pair.prepared.samples or 0
    if _takes_what_is_not_there(pair, made):
        return False
    if (made.prepared.samples or 0) <= own:
        return True
    with contextlib.suppress(GradcheckError):
        cases = made.case, first_of(made.case, own)
        many, few = (run_pair(one, made.seed, forward=("reference", "candidate")).runs for one in cases)
        pairs = zip(few, many, strict=True)
        return len({math.isclose(one.value, other.value, rel_tol=_ROUNDED) for one, other in pairs}) == 1
    return True


def _takes_what_is_not_there(pair: FormulationPair, made: FormulationPair) -> bool:
    """Return whether a side makes tensors without an element, and did not on its own batch."""
    sides = zip(pair.runs, made.runs, strict=True)
    return any(_has_an_empty(now.recording) and not _has_an_empty(own.recording) for own, now in sides)


def _has_an_empty(recording: Recording) -> bool:
    return any(0 in info.shape for info in recording.tensors.values())


_ROUNDED = 1e-6
"""How near two losses of the very same samples are."""


def _renumbered(pair: FormulationPair, seed: int) -> FormulationPair | None:
    with contextlib.suppress(GradcheckError), renumbered(pair.case, seed) as case:
        return _run(pair, case, pair.seed)
    return None


def _run(pair: FormulationPair, case: Case, seed: int) -> FormulationPair | None:
    """Run both sides; None where one raises, or has a gradient that is not finite and was.

    The candidate's gradient as it runs is not asked for, where its replay was proved on the case's own batch: on
    another one it is the gradient with an edit that tells.
    """
    forward = () if pair.runs[1].recording.custom_gradients else ("candidate",)
    try:
        second = run_pair(case, seed, forward=forward)
    except GradcheckError:
        return None
    made = second if pair.again is None else pair.again(second)
    if made is None:
        return None
    runs = zip(pair.runs, made.runs, strict=True)
    return made if all(_is_finite(new) or not _is_finite(old) for old, new in runs) else None


def _is_finite(run: Run) -> bool:
    return all(state(gradient) != "non-finite" for gradient in run.gradients)
