"""Gradients in float64, or the reason why they are not available."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.ops.unavailable import place
from gradcheck.execution.replay.exact import exact_replay
from gradcheck.execution.replay.float64_values import LARGEST
from gradcheck.execution.replay.machine import Replay, ReplayUnavailableError, replay
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.judgement.allowed_difference import EPSILON, is_rounding
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run

FAITHFUL = 8
"""How many times the noise the tape's gradient may be off.

It is a bound on the harm: a replay that is wrong by less makes the measured noise larger by this factor at
most, and moves the two sides apart by 2 * (8 + 1) times the noise at most, where the verdict asks for 32."""


_DRAWS = 4
"""How many replays that round at random are tried where one in the recording's precision is not enough."""

_MOST_NOISE = 1e-3
"""What counts of their noise, as a share of the gradient for all variables: more is no rounding, but a tie
that came out the other way."""


@dataclass(frozen=True)
class Float64Gradients:
    """The float64 gradients of a run, in the order of the variables; or None, and the reason.

    `off` is how far the tape's gradients are from them, `sizes` are their own norms, and `value` is the loss in
    float64. `tensors` are those of the replay by number, where they were held.
    """

    gradients: list[Array | None] | None
    off: Sequence[float] = ()
    sizes: Sequence[float] = ()
    value: float = math.nan
    reason: str = ""
    tensors: Mapping[int, Tensor] = field(default_factory=dict)


def float64_gradients(run: Run, *, hold: bool = False) -> Float64Gradients:
    """Replay `run` in float64 and prove that it was a replay of this very computation.

    The proof: the tape's gradient is as near to the float64 one as rounding leaves a gradient of this
    loss. Most of the time it agrees to the last digits of float32, which is enough. How near rounding
    leaves it is otherwise seen from a second replay, in the precision of the recording. It gives the same
    bits as the tape, except where a gradient is written by hand and the replay differentiates what is
    inside; then it is a sample of the noise, and replays that round at random are more of them.

    Of a run that was not differentiated nothing is proved: the same program was, on another batch.

    Parameters
    ----------
    hold
        Whether its tensors are held, where they are `LARGEST` numbers at most, and one replay is enough.
    """
    try:
        if not run.gradients:
            exact = replay(run.recording, run.start, float64=True)
            sizes = list(map(norm, exact.gradients))
            return Float64Gradients(exact.gradients, [0.0] * len(sizes), sizes, exact.value)
        replayed, is_proved = _quickly_replayed(run, hold=hold)
        if not is_proved:
            # What noise is, must not rest on formulas of ours: from here on all gradients are TensorFlow's.
            replayed = _measured(run, replay(run.recording, run.start, float64=True))
            is_proved = _proved(run, replayed)
    except ReplayUnavailableError as error:
        return Float64Gradients(None, reason=str(error))
    return replayed if is_proved else Float64Gradients(None, reason=_unfaithful(run.recording))


def _quickly_replayed(run: Run, *, hold: bool) -> tuple[Float64Gradients, bool]:
    """Return a replay that costs as little as it can, and whether it is proved by that alone."""
    hold = hold and sum(info.size for info in run.recording.tensors.values()) <= LARGEST
    replayed = _measured(run, exact_replay(run.recording, run.start, hold=hold))
    return replayed, is_proved_by(run, replayed.gradients or [], replayed.off, replayed.sizes)


def _measured(run: Run, replayed: Replay) -> Float64Gradients:
    exact = replayed.gradients
    off = [distance(*pair) for pair in zip(run.gradients, exact, strict=True)]
    sizes = [norm(gradient) for gradient in exact]
    return Float64Gradients(exact, off, sizes, replayed.value, tensors=replayed.tensors)


def is_proved_by(
    run: Run, exact: Sequence[Array | None], off: Sequence[float], sizes: Sequence[float]
) -> bool:
    """Return whether the tape's gradients agree with others to the last digits of float32.

    Parameters
    ----------
    exact
        The others; of these it matters only which are None.
    off, sizes
        How far the tape's gradients are from them, and how large these are.
    """
    if [gradient is None for gradient in run.gradients] != [gradient is None for gradient in exact]:
        return False
    return bool(np.isfinite(sizes).all()) and _within(off, _least_noise(run, off, sizes))


def _proved(run: Run, replayed: Float64Gradients) -> bool:
    """Return whether the tape's gradient is off only by rounding, with as few replays as possible."""
    exact = replayed.gradients or []
    if [gradient is None for gradient in run.gradients] != [gradient is None for gradient in exact]:
        return False
    if is_proved_by(run, exact, replayed.off, replayed.sizes):
        return True
    return _within_replays(run, _present(run.gradients), _present(exact))


def _least_noise(run: Run, off: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return the rounding that is left in any gradient, for each variable.

    A variable holds the rounding of the whole gradient, as far as that is not much for its own: terms of the size
    of the whole were added up for it. One that is zero on paper holds nothing else. But a gradient that is written
    by hand may be any number.
    """
    own = [EPSILON * size for size in sizes]
    if run.recording.custom_gradients:
        return own
    whole = math.hypot(*sizes)
    return [
        EPSILON * (whole if is_rounding(size, error, whole) else max(size, min(whole, _MUCH * size)))
        for size, error in zip(sizes, off, strict=True)
    ]


_MUCH = 12
"""How many times its own last digit the whole gradient's may be in one variable's: with FAITHFUL, about 100."""


def _within_replays(run: Run, tape: Sequence[Array], exact: Sequence[Array]) -> bool:
    same = _present(replay(run.recording, run.start, float64=False).gradients)
    if not _finite_alike(tape, same):
        return False
    off = [_apart(*pair) for pair in zip(tape, exact, strict=True)]
    noise = [max(EPSILON * _norm(e), _apart(again, e)) for e, again in zip(exact, same, strict=True)]
    return _within(off, noise) or _within_stochastic_rounding(run, exact, off, noise)


def _within_stochastic_rounding(
    run: Run, exact: Sequence[Array], off: list[float], noise: list[float]
) -> bool:
    most = _MOST_NOISE * float(np.hypot.reduce([_norm(e) for e in exact]))
    if not _within(off, [most] * len(off)):
        return False
    for seed in range(_DRAWS):
        drawn = _present(stochastically_rounded(run.recording, run.start, seed).gradients)
        sample = [_apart(d, e) for d, e in zip(drawn, exact, strict=True)]
        noise = _larger(noise, [each if each <= most else 0.0 for each in sample])
        if _within(off, noise):
            return True
    return False


def _within(off: Sequence[float], noise: Sequence[float]) -> bool:
    return all(o <= FAITHFUL * n for o, n in zip(off, noise, strict=True))


def _larger(ones: list[float], others: list[float]) -> list[float]:
    return [max(pair) for pair in zip(ones, others, strict=True)]


def _present(gradients: Sequence[Array | None]) -> list[Array]:
    return [gradient for gradient in gradients if gradient is not None]


def _finite_alike(ones: Sequence[Array], others: Sequence[Array]) -> bool:
    return len(ones) == len(others) and all(
        np.array_equal(np.isfinite(one), np.isfinite(other)) for one, other in zip(ones, others, strict=True)
    )


def _apart(one: Array, other: Array) -> float:
    """Return the norm of the difference, over the elements that are finite in both."""
    plain = distance(one, other)
    if np.isfinite(plain):
        return plain
    finite = np.isfinite(one) & np.isfinite(other)
    return distance(np.where(finite, one, 0), np.where(finite, other, 0))


def _norm(array: Array) -> float:
    """Return the norm over the elements that are finite."""
    plain = norm(array)
    return plain if np.isfinite(plain) else norm(np.where(np.isfinite(array), array, 0))


def _unfaithful(recording: Recording) -> str:
    said = "a replay of its ops does not reproduce the tape's gradient"
    if not recording.custom_gradients:
        return said
    return f"{said}, which is hand-written (tf.custom_gradient){place(recording.custom_gradients[0])}"
