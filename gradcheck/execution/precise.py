"""Gradients in float64, or the reason why they cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.execution.replay import ReplayUnavailableError, replay
from gradcheck.execution.run import Run
from gradcheck.execution.unavailable import place
from gradcheck.judgement.differences import Array, difference
from gradcheck.judgement.verdict import EPSILON
from gradcheck.recording import Recording

FAITHFUL = 8
"""How many times the noise of a replay in its own precision the tape's gradient may be off.

It is a bound on the harm: a replay that is wrong by less makes the measured noise larger by this factor at
most, and moves the two sides apart by 2 * (8 + 1) times the noise at most, where the verdict asks for 32."""


@dataclass(frozen=True)
class Precise:
    """The float64 gradients of a run, in the order of the variables; or None, and the reason."""

    gradients: list[Array | None] | None
    reason: str = ""


def precise_gradients(run: Run) -> Precise:
    """Replay `run` in float64 and prove that it was a replay of this very computation.

    The proof: the tape's gradient is as near to the float64 one as rounding leaves a gradient of this
    loss. How near that is, is seen from a second replay, in the precision of the recording. It is the
    same bits as the tape's gradient for most losses; other bits where a gradient is written by hand and
    the replay differentiates what is inside. The second replay is left out where the first already
    agrees to the last digits of float32.
    """
    try:
        exact = replay(run.recording, run.start, float64=True).gradients
        faithful = _agree(run.gradients, exact, exact)
        if not faithful:
            same = replay(run.recording, run.start, float64=False).gradients
            faithful = _agree(run.gradients, exact, same)
    except ReplayUnavailableError as error:
        return Precise(None, str(error))
    return Precise(exact) if faithful else Precise(None, _unfaithful(run.recording))


def _agree(
    tape: Sequence[Array | None],
    exact: Sequence[Array | None],
    again: Sequence[Array | None],
) -> bool:
    return all(_near(*three) for three in zip(tape, exact, again, strict=True))


def _near(tape: Array | None, exact: Array | None, again: Array | None) -> bool:
    """Return whether the tape's gradient is off by no more than rounding, as `again` shows it."""
    if tape is None or exact is None or again is None:
        return tape is exact is again
    if not np.array_equal(np.isfinite(tape), np.isfinite(again)):
        return False
    finite = np.isfinite(tape) & np.isfinite(exact)
    t, e, a = (np.where(finite, gradient, 0) for gradient in (tape, exact, again))
    off = difference(e, t)
    noise = difference(e, a).absolute
    return off.absolute <= FAITHFUL * max(noise, EPSILON * (off.reference_norm or 0.0))


def _unfaithful(recording: Recording) -> str:
    said = "a replay of its ops does not reproduce the tape's gradient"
    if not recording.custom_gradients:
        return said
    return f"{said}, which is written by hand (tf.custom_gradient){place(recording.custom_gradients[0])}"
