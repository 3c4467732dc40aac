"""What Keras's logs say of the gradients of one epoch; other callbacks write these to TensorBoard or elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gradcheck.program.gradient_health import PlaceHealth

EpochLogs = Callable[[Sequence[PlaceHealth]], dict[str, float]]
"""Called with what was seen so far, at the end of each epoch."""


class _Counts(NamedTuple):
    calls: int
    nothing: int
    not_finite: int


def epoch_logs() -> EpochLogs:
    """Return what is called at the end of each epoch: it keeps the counts of the epochs before."""
    before: dict[tuple[int, int], _Counts] = {}

    def logs(places: Sequence[PlaceHealth]) -> dict[str, float]:
        epoch = [counts for counts in _since(places, before) if counts.calls]
        norms = [each.norm.last for place in places for each in place.variables if each.norm is not None]
        before.update(_counted(places))
        return {
            "gradient_norm": math.hypot(*norms),
            "gradients_zero": float(sum(each.nothing == each.calls for each in epoch)),
            "gradients_not_finite": float(sum(each.not_finite > 0 for each in epoch)),
        }

    return logs


def _counted(places: Sequence[PlaceHealth]) -> Iterator[tuple[tuple[int, int], _Counts]]:
    for at, place in enumerate(places):
        for number, each in enumerate(place.variables):
            yield (at, number), _Counts(place.calls, each.zero + each.none, each.not_finite)


def _since(places: Sequence[PlaceHealth], before: dict[tuple[int, int], _Counts]) -> Iterator[_Counts]:
    for key, now in _counted(places):
        then = before.get(key, _Counts(0, 0, 0))
        yield _Counts(*(new - old for new, old in zip(now, then, strict=True)))
