"""Gradients in float64, or the reason why they cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.execution.replay import ReplayUnavailableError, replay
from gradcheck.execution.run import Run
from gradcheck.judgement.differences import Array, difference
from gradcheck.recording import Recording
from gradcheck.source import span_of

FAITHFUL = 1e-5
"""The relative difference up to which two gradients count as the same but for rounding."""


@dataclass(frozen=True)
class Precise:
    """The float64 gradients of a run, in the order of the variables; or None, and the reason."""

    gradients: list[Array | None] | None
    reason: str = ""


def precise_gradients(run: Run) -> Precise:
    """Replay `run` in float64 and prove that it was a replay of this very computation.

    The proof is a gradient that agrees with the tape's but for rounding. Where float32 loses too much
    for that, the recording is replayed in its own precision, which has to reproduce the tape's gradient.
    """
    try:
        exact = replay(run.recording, run.start, float64=True)
        faithful = _agree(run.gradients, exact.gradients)
        if not faithful:
            same = replay(run.recording, run.start, float64=False)
            faithful = _agree(run.gradients, same.gradients)
    except ReplayUnavailableError as error:
        return Precise(None, str(error))
    return Precise(exact.gradients) if faithful else Precise(None, _unfaithful(run.recording))


def _agree(ones: Sequence[Array | None], others: Sequence[Array | None]) -> bool:
    return all(_same(one, other) for one, other in zip(ones, others, strict=True))


def _same(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True) or difference(one, other).relative <= FAITHFUL


def _unfaithful(recording: Recording) -> str:
    said = "a replay of its ops does not reproduce the tape's gradient"
    places = [span_of(site).place for site in recording.custom_gradients]
    return f"{said}, which is written by hand (tf.custom_gradient) at {places[0]}" if places else said
