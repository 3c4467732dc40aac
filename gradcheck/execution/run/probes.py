"""Replays that measure how well a gradient is determined by its inputs, and by the replay's own rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.replay.float64_gradients import Float64Gradients
from gradcheck.execution.replay.machine import Machine, Replay, run_through
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.judgement.allowed_difference import EPSILON, FAINT, Probes
from gradcheck.judgement.differences import distance
from gradcheck.judgement.verdict import visible_share
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run


def probes_of(pair: FormulationPair) -> Probes:
    """Return lazy measurements of the gradients of `pair`; both sides have a float64 replay."""
    exact = [side.gradients or [] for side in pair.float64]
    given = frozenset(
        tensor_id(tensor) for tensor in tf.nest.flatten(pair.prepared.batch, expand_composites=True)
    )

    def on_the_larger_side(probe: Callable[[Run, list[Array | None]], list[float]]) -> list[float]:
        sides = map(probe, pair.runs, exact)
        return [max(pair) for pair in zip(*sides, strict=True)]

    return Probes(
        sensitivity=lambda: on_the_larger_side(sensitivity),
        constants=lambda: on_the_larger_side(partial(sensitivity, given=given)),
        resolution=lambda: on_the_larger_side(resolution),
        half=any(map(_in_half_precision, pair.runs)),
        visible=max(map(_visible, pair.runs, pair.float64)),
    )


def _visible(run: Run, float64: Float64Gradients) -> float:
    """Return which share of the loss a step would change; one of the least length, where that shows well."""
    whole = math.hypot(*float64.sizes)
    if math.isfinite(whole) and whole > FAINT * abs(run.value) > 0:
        return whole / abs(run.value)
    weights = [np.asarray(value) for value in run.start.values()]
    return visible_share(float64.gradients or [], weights, run.value)


def sensitivity(
    run: Run,
    exact: Sequence[Array | None],
    given: frozenset[int] | None = None,
    *,
    epsilon: float = EPSILON,
    seed: int = 0,
) -> list[float]:
    """Return how far each float64 gradient moves when what goes into the loss is off by one float32 rounding.

    Parameters
    ----------
    exact
        The float64 gradients of `run`, in the order of the variables.
    given
        The numbers of the batch's tensors, where these and the weights are to stay, and only constants move.
    epsilon
        How far one rounding moves a number, relative to it: that of float32, or of a coarser precision.
    seed
        Each draws other signs.

    Returns
    -------
    list of float
        A Euclidean norm per variable, over all its elements.

    Notes
    -----
    Weights, data and constants are moved, each element by a random sign times ε; whole numbers stay, since
    nobody rounded them. It is a sample of the conditioning of the loss (Higham, "Accuracy and Stability of
    Numerical Algorithms", 2002, section 1.6), and says nothing of how well a formulation computes it.
    """
    machine = _PerturbedMachine(run.recording, run.start, seed, given, epsilon)
    return _moved(exact, run_through(machine, run.recording))


def resolution(run: Run, exact: Sequence[Array | None]) -> list[float]:
    """Return how far each float64 gradient moves when every op rounds to float64 at random.

    A sample of the noise in `exact` itself; what an op rounds inside is not in it.
    """
    return _moved(exact, stochastically_rounded(run.recording, run.start, seed=0, as_float64=True))


def _in_half_precision(run: Run) -> bool:
    recording = run.recording
    return any(recording.tensors[number].dtype in ("float16", "bfloat16") for number in recording.trainable)


def _moved(exact: Sequence[Array | None], again: Replay) -> list[float]:
    return [distance(one, other) for one, other in zip(exact, again.gradients, strict=True)]


class _PerturbedMachine(Machine):
    def __init__(
        self,
        recording: Recording,
        start: Mapping[str, Any],
        seed: int,
        given: frozenset[int] | None,
        epsilon: float,
    ) -> None:
        super().__init__(recording, start, float64=True)
        self._random = np.random.default_rng(seed)
        self._given = given or frozenset()
        self._epsilon = epsilon
        if given is None:
            self.leaves = {path: self._off(leaf) for path, leaf in self.leaves.items()}

    def _recorded(self, number: int) -> Any:
        exact = super()._recorded(number)
        return exact if number in self._given else self._off(exact)

    def _off(self, exact: Any) -> Any:
        if exact.dtype not in (tf.float64, tf.complex128):
            return exact
        values = exact.numpy()
        moved = values * (1 + self._epsilon * self._random.choice((-1.0, 1.0), values.shape))
        return tf.constant(np.where(values == np.rint(values), values, moved))
