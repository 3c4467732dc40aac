"""What every mode is compared with: the gradient in float64, and how far rounding takes it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.execution.modes.dtype_policy import policy
from gradcheck.execution.modes.steady_draws import steady_draws
from gradcheck.execution.modes.subject import Subject
from gradcheck.execution.replay.float64_gradients import Float64Gradients, float64_gradients
from gradcheck.execution.replay.machine import ReplayUnavailableError, replay
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import prepare
from gradcheck.execution.run.probes import sensitivity
from gradcheck.execution.run.sample_coupling import coupling
from gradcheck.judgement.allowed_difference import NOISE_FACTOR
from gradcheck.judgement.differences import distance, norm
from gradcheck.judgement.modes import ROUNDING_UNIT, largest
from gradcheck.judgement.verdict import NATIVE_AGREE
from gradcheck.program.recording import Recording, SampleCoupling
from gradcheck.program.run import Run
from gradcheck.source import Site, Span, span_of

_SAMPLES = 3
"""How many replays measure the noise with what goes in moved by one rounding, and how many with ops that round."""


@dataclass(frozen=True)
class Base:
    """One run of the formulation, op by op, and its float64 replay.

    Parameters
    ----------
    float64
        None of its gradients where there is no such replay.
    draws
        Whether the formulation draws random numbers.
    unsteady
        Whether some of them could not be made the same in every mode.
    redrawn
        Where a gradient of its own (`tf.recompute_grad`) draws other numbers in the backward pass; None where
        none does.
    """

    subject: Subject
    run: Run
    float64: Float64Gradients
    draws: bool = False
    unsteady: bool = False
    redrawn: Span | None = None

    @property
    def exact(self) -> Sequence[Array | None]:
        """The gradients that all modes are compared with: in float64, or as they were taken."""
        return self.run.gradients if self.float64.gradients is None else self.float64.gradients

    @functools.cached_property
    def precision(self) -> str:
        """The coarsest precision that the loss is computed in."""
        return coarsest(self.run.recording)

    @functools.cached_property
    def coupling(self) -> SampleCoupling | None:
        """Where its samples are combined; None where that cannot be measured."""
        subject = self.subject
        with steady_draws(subject.steady):
            return coupling(self.run, subject.case.candidate, subject.prepared, subject.seed)

    def noise(self, precision: str) -> list[float]:
        """Return for each variable how far one rounding of everything in that precision takes its gradient.

        It is the largest of several samples: what goes in is moved, and every op rounds at random.
        """
        return self._noise[precision] if precision in self._noise else self._measured(precision)

    @functools.cached_property
    def _noise(self) -> dict[str, list[float]]:
        return {}

    def _measured(self, precision: str) -> list[float]:
        unit = ROUNDING_UNIT[precision]
        if self.float64.gradients is None:
            noise = [NATIVE_AGREE / NOISE_FACTOR * 2 * unit * norm(one) for one in self.exact]
        else:
            noise = largest(_samples(self.run, self.float64.gradients, unit))
            if unit <= ROUNDING_UNIT["float32"]:
                sizes = [norm(one) / 4 / NOISE_FACTOR for one in self.exact]
                own = [min(pair) for pair in zip(self.float64.off, sizes, strict=True)]
                noise = largest([noise, own])
        self._noise[precision] = noise
        return noise


def base_of(case: Case, seed: int) -> Base:
    """Run the formulation of `case` once, with the same random numbers as in every other mode.

    Raises
    ------
    GradcheckError
        It raised, or gave something that cannot be differentiated.
    """
    subject = Subject(case, prepare(case), seed)
    first, advanced = _recorded(subject)
    subject = replace(subject, form=first.form)
    if not (first.recording.all_draws or advanced):
        return Base(subject, first, float64_gradients(first))
    subject = replace(subject, steady=True)
    steady, advanced = _recorded(subject)
    exact = float64_gradients(steady)
    return Base(
        subject,
        steady,
        exact,
        draws=True,
        unsteady=bool(steady.recording.all_draws) or advanced,
        redrawn=None if exact.gradients is None else _redrawn(first),
    )


def recorded(subject: Subject) -> Run:
    """Run the formulation once under the recorder."""
    return _recorded(subject)[0]


def _recorded(subject: Subject) -> tuple[Run, bool]:
    formulation = subject.case.candidate
    with (
        frozen(subject.seed, [formulation]) as world,
        steady_draws(subject.steady),
        policy(subject.policy),
    ):
        done = world.run(partial(run, "candidate", formulation, subject.prepared))
        return done, bool(world.advanced())


def _redrawn(first: Run) -> Span | None:
    """Return where the tape's gradient is not that of the numbers that were drawn in the forward pass.

    Given the same numbers each time it is drawn, the gradient is the right one: that is known already.
    """
    sites: Sequence[Site] = first.recording.custom_gradients
    if not sites or float64_gradients(first).gradients is not None:
        return None
    return span_of(sites[0])


def backward_and_forward(subject: Subject) -> tuple[Sequence[Array | None], Sequence[Array | None]]:
    """Return the tape's gradient of one run, and that of the very numbers which its forward pass drew."""
    done = recorded(subject)
    return done.gradients, replay(done.recording, done.start, float64=True).gradients


def rounding_noise(run: Run, precision: str) -> list[float]:
    """Return how far rounding takes the gradient of a run for each variable; zeros where there is no replay."""
    try:
        exact = replay(run.recording, run.start, float64=True).gradients
    except ReplayUnavailableError:
        return [0.0] * len(run.gradients)
    return [
        0.0 if not math.isfinite(one) else one
        for one in largest(_samples(run, exact, ROUNDING_UNIT[precision]))
    ]


def _samples(run: Run, exact: Sequence[Array | None], unit: float) -> list[list[float]]:
    exact = list(exact)
    samples = [sensitivity(run, exact, epsilon=unit, seed=seed) for seed in range(_SAMPLES)]
    if unit <= ROUNDING_UNIT[coarsest(run.recording)]:
        for seed in range(_SAMPLES):
            try:
                rounded = stochastically_rounded(run.recording, run.start, seed)
            except ReplayUnavailableError:
                break
            samples.append([distance(*pair) for pair in zip(exact, rounded.gradients, strict=True)])
    return samples


def coarsest(recording: Recording) -> str:
    """Return the coarsest dtype among what depends on the variables."""
    dtypes = {recording.tensors[number].dtype for number in recording.trainable}
    known = [dtype for dtype in dtypes if dtype in ROUNDING_UNIT]
    return max(known, key=ROUNDING_UNIT.__getitem__, default="float32")
