"""The search for the smallest batch on which two formulations differ: generate, compare, shrink."""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample

from gradcheck.cases import Case
from gradcheck.comparison.report import Report, could_not_check
from gradcheck.errors import CaseError, GradcheckError, UserCodeError, user_traceback
from gradcheck.findings import Second
from gradcheck.fuzzing.document import Ended
from gradcheck.fuzzing.hypothesis_internals import LeavesEngine
from gradcheck.fuzzing.result import Batch, Counterexample, Crash, FuzzResult
from gradcheck.fuzzing.variants import Variant, arrays_of, possible_changes, variants
from gradcheck.judgement.verdict import Verdict
from gradcheck.options import FuzzOptions, Options
from gradcheck.targets.samples import SampleAxis, named_samples, sample_axis

SEEDS = 8
"""How many of a factory's own batches, from consecutive seeds, rows are taken from."""

_SMALLER = 500
"""How many further batches are made, at most, to find a smaller one that differs too."""

_FAILING: tuple[Verdict, ...] = ("different", "unstable")


class Maker:
    """Makes cases, the own ones and those of a variant.

    Only the last own one is kept: a factory that sets the weights of a model that all its cases share
    would otherwise change those of another seed.
    """

    def __init__(self, make: Callable[[int], Case], seeds: list[int]) -> None:
        self._make = make
        self._last: tuple[int, Case] | None = None
        self.seeds = seeds

    def own(self, seed: int) -> Case:
        """Return the case as it is with `seed`."""
        if self._last is None or self._last[0] != seed:
            self._last = None
            self._last = (seed, self._make(seed))
        return self._last[1]

    def of(self, variant: Variant) -> Case:
        """Return the case on the batch of `variant`."""
        own = self.own(variant.seed)
        return _on(own, variant, sample_axis(own.batch, own.samples))

    def another(self, variant: Variant, seed: int) -> Case:
        """Return the case on a second batch, for trying a repair: rows that `variant` does not hold too."""
        own = self._make(seed)
        axis = sample_axis(own.batch, own.samples)
        rows = Random(seed).choices(range(axis.length), k=max(variant.samples, 2 * SEEDS))
        return _on(own, Variant(seed, tuple(rows)), axis)

    @property
    def source(self) -> Second:
        """Where the rows of a second batch come from: a factory may ignore its seed."""
        from gradcheck.execution.run.resample import same_arrays

        first, last = self.seeds[0], self.seeds[-1]
        alike = first == last or same_arrays(self.own(first), self._make(last))
        return "samples drawn again" if alike else "another seed"


def _on(own: Case, variant: Variant, axis: SampleAxis) -> Case:
    batch = variant.batch(own.batch, axis)
    return replace(own, batch=batch, samples=named_samples(own.batch, own.samples))


class _Stopped(LeavesEngine):
    """Ends the search."""

    def __init__(self, ended: Ended = "done") -> None:
        self.ended = ended


_Raised = Mapping[str, GradcheckError]


class BatchSearch:
    """One search: what was compared so far, and the results."""

    def __init__(self, maker: Maker, name: str, options: FuzzOptions) -> None:
        self._maker, self._name, self._options = maker, name, options
        self._started = time.monotonic()
        self._seen: dict[Variant, Report | _Raised] = {}

    def run(self) -> Ended:
        """Search until every example was made, or a limit is reached."""
        from gradcheck.execution.run.kernels import draws_watched

        with draws_watched():
            return self._run()

    def _run(self) -> Ended:
        whole = self._check_own()
        try:
            self._verdict(whole)
            self._generate(whole.samples)
            self._make_smaller()
        except _Stopped as stopped:
            if stopped.__cause__ is not None:
                raise stopped.__cause__ from None
            return stopped.ended
        return "done"

    @property
    def best(self) -> Variant | None:
        """The smallest variant that differs, or else the smallest that is unstable."""
        for verdict in _FAILING:
            failing = [variant for variant in self._seen if _verdict_of(self._seen[variant]) == verdict]
            if failing:
                return min(failing, key=self._rank)
        return None

    def _rank(self, variant: Variant) -> tuple[Any, ...]:
        """Return what to sort by: fewest samples, fewest and gentlest changes, and then the least rounding."""
        report = self._seen[variant]
        assert isinstance(report, Report)
        noises = [variable.judgement.lost for variable in report.variables]
        noise = max(math.inf if noise is None else noise for noise in noises)
        powers = sum(abs(change.power) for change in variant.changes)
        return variant.samples, len(variant.changes), powers, noise, variant.size

    def _check_own(self) -> Variant:
        """Return the variant that is the case's own batch; raise if it cannot be compared."""
        from gradcheck.execution.run.freeze import seeded
        from gradcheck.execution.run.prepare import prepare

        seed = self._maker.seeds[0]
        with seeded(seed):
            own = self._maker.own(seed)
        if own.reference_gradients is not None:
            raise CaseError(
                "reference_gradients hold for their own batch: there is no other one to search on"
            )
        samples = prepare(own).sample_axis().length
        arrays_of(own.batch)
        return Variant(seed, tuple(range(samples)))

    def _generate(self, samples: int) -> None:
        """Let the engine look for a variant that differs, and shrink it."""
        changes = possible_changes(arrays_of(self._maker.own(self._maker.seeds[0]).batch))
        with contextlib.suppress(NoSuchExample):
            find(
                variants(self._maker.seeds, samples, changes),
                lambda variant: self._verdict(variant) == "different",
                settings=settings(
                    max_examples=self._options.examples,
                    database=None,
                    derandomize=False,
                    deadline=None,
                    phases=(Phase.generate, Phase.shrink),
                    verbosity=Verbosity.quiet,
                    suppress_health_check=list(HealthCheck),
                ),
                random=Random(self._options.seed),
            )

    def _make_smaller(self) -> None:
        """Leave out what can be left out of the best, and of the smallest batches on which a side raises."""
        if self.best is not None:
            verdict = self._verdict(self.best)
            self._reduce(self.best, lambda variant: self._verdict(variant) == verdict)
        for sides, variant in self._raising().items():
            self._reduce(variant, lambda smaller, sides=sides: self._sides(smaller) == sides)  # type: ignore[misc]

    def _reduce(self, variant: Variant, same: Callable[[Variant], bool]) -> None:
        smaller: Variant | None = variant
        while smaller is not None:
            smaller = next(filter(same, _smaller(smaller)), None)

    def _verdict(self, variant: Variant) -> Verdict | None:
        return _verdict_of(self._outcome(variant))

    def _sides(self, variant: Variant) -> tuple[str, ...]:
        outcome = self._outcome(variant)
        return () if isinstance(outcome, Report) else tuple(outcome)

    def _raising(self) -> dict[tuple[str, ...], Variant]:
        """Return the smallest variant for each set of sides that raise."""
        smallest: dict[tuple[str, ...], Variant] = {}
        for variant in sorted(self._seen, key=lambda variant: variant.size):
            if sides := self._sides(variant):
                smallest.setdefault(sides, variant)
        return smallest

    def _outcome(self, variant: Variant) -> Report | _Raised:
        """Return the result of comparing on `variant`; each variant is compared only once, within the limits."""
        if variant not in self._seen:
            self._stop_at_a_limit()
            try:
                self._seen[variant] = self._compared(variant)
            except Exception as error:  # hypothesis would take it for a failing example, and shrink it
                raise _Stopped from error
            self._say()
        return self._seen[variant]

    def _stop_at_a_limit(self) -> None:
        """Leave the search where a limit is reached; the first batch is compared all the same."""
        budget = self._options.budget
        if not self._seen:
            return
        if budget is not None and time.monotonic() - self._started > budget:
            raise _Stopped("out of time")
        if len(self._seen) > self._options.examples + _SMALLER:
            raise _Stopped("out of batches")

    def _compared(self, variant: Variant) -> Report | _Raised:
        from gradcheck.comparison.compare import compare
        from gradcheck.execution.run.errors_by_side import errors_by_side
        from gradcheck.execution.run.freeze import seeded

        with seeded(variant.seed):
            try:
                case = self._maker.of(variant)
            except GradcheckError as error:
                if variant.seed == self._maker.seeds[0]:
                    raise
                return could_not_check(self._name, f"with seed {variant.seed}: {error}")
            try:
                return compare(case, Options(seed=variant.seed, budget=0))
            except GradcheckError:
                raised = errors_by_side(case, variant.seed)
                if not raised:
                    raise
                return raised

    def _say(self) -> None:
        if self._options.watch is not None:
            found = "" if self.best is None else f", the smallest that differs: {_samples(self.best.samples)}"
            count = len(self._seen)
            self._options.watch(f"{count} batch{'es' * (count != 1)}{found}", ())

    def result(self, ended: Ended) -> FuzzResult:
        """Return what was found, with the full report on the smallest counterexample."""
        best = self.best
        example = None if best is None else self._counterexample(best)
        reports = [outcome for outcome in self._seen.values() if isinstance(outcome, Report)]
        verdicts = Counter(verdict for one in reports if (verdict := _verdict_of(one)) is not None)
        undecided = [one.reason for one in reports if _verdict_of(one) == "inconclusive"]
        if best is not None and example is None:
            undecided.insert(
                0, "a difference was observed that did not recur when the same batch was compared again"
            )
        return FuzzResult(
            name=self._name,
            batches=len(self._seen),
            verdicts=dict(verdicts),
            counterexample=example,
            crashes=tuple(self._crash(variant) for variant in self._raising().values()),
            ended=ended,
            undecided=undecided[0] if undecided else "",
        )

    def _counterexample(self, variant: Variant) -> Counterexample | None:
        """Compare once more, with repairs; None where the difference is gone, as one by chance is."""
        from gradcheck.comparison.compare import compare
        from gradcheck.comparison.second_batch import Another
        from gradcheck.execution.run.freeze import seeded

        def another(seed: int) -> Case:
            with seeded(seed):
                return self._maker.another(variant, seed)

        with seeded(variant.seed):
            case = self._maker.of(variant)
            options = Options(seed=variant.seed, watch=self._options.watch)
            report = compare(case, options, Another(another, self._maker.source))
        if _verdict_of(report) not in _FAILING:
            return None
        return Counterexample(batch=_batch(variant, case), report=report)

    def _crash(self, variant: Variant) -> Crash:
        from gradcheck.execution.run.freeze import seeded

        raised = self._seen[variant]
        assert not isinstance(raised, Report)
        with seeded(variant.seed):
            case = self._maker.of(variant)
        return Crash(
            batch=_batch(variant, case),
            errors={side: _text(error) for side, error in raised.items()},
            alone=case.reference is None,
        )


def _batch(variant: Variant, case: Case) -> Batch:
    return Batch(
        seed=variant.seed,
        rows=variant.rows,
        changes=tuple(map(str, variant.changes)),
        arrays=arrays_of(case.batch),
    )


def _smaller(variant: Variant) -> Iterator[Variant]:
    """Yield what is left of `variant` without a half of its rows, without a change, without one row."""
    rows, changes = variant.rows, variant.changes
    half = len(rows) // 2
    if half:
        yield replace(variant, rows=rows[:half])
        yield replace(variant, rows=rows[half:])
    for number in range(len(changes)):
        yield replace(variant, changes=changes[:number] + changes[number + 1 :])
    if len(rows) > 1:
        for number in range(len(rows)):
            yield replace(variant, rows=rows[:number] + rows[number + 1 :])


def _verdict_of(outcome: Report | _Raised) -> Verdict | None:
    """Return the verdict; none where a side raised, and `inconclusive` where it tells nothing of the formulations.

    That is where a loss is left to chance, or where both lose a gradient alike: on values that are extreme enough,
    as a softmax that is sure, any two do.
    """
    if not isinstance(outcome, Report):
        return None
    by_chance = any(finding.cause == "nondeterministic" for finding in outcome.findings)
    lossy = {one.judgement.lossy for one in outcome.variables if one.verdict == "unstable"}
    alike = outcome.verdict == "unstable" and lossy == {"both"}
    return "inconclusive" if (by_chance and outcome.verdict in _FAILING) or alike else outcome.verdict


def _text(error: GradcheckError) -> str:
    raised = isinstance(error, UserCodeError) and error.__cause__ is not None
    return user_traceback(error.__cause__) if raised and error.__cause__ else str(error)


def _samples(count: int) -> str:
    return f"{count} sample{'s' * (count != 1)}"
