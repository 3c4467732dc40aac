"""What a loss may have to be multiplied or divided by that is a plain multiple of the reference's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gradcheck.explanation.quantities import is_array, shape_of
from gradcheck.program.recording import Recording

_SAME = 1e-4
"""How near a number has to be to the ratio of two losses in float32."""

_LARGEST = 1e6
"""A loss that is more times as large is wrong in another way."""

_MOST = 6


def by_the_ratio(kinds: Mapping[str, object], known: Mapping[str, Any], ratio: float | None) -> list[str]:
    """Return an operator and a name, as ``/ steps``, of each number that is the ratio of both losses.

    Numbers that have a name come first, then lengths of arrays, by the names of these; then a whole number itself.

    Parameters
    ----------
    kinds, known
        Of what kind the quantities of a function are, and what they are.
    ratio
        As `ratio_of` returns it.
    """
    if ratio is None:
        return []
    numbers = [(text, known[text]) for text, kind in kinds.items() if kind in (int, float)]
    numbers += [(text, length) for text, length in _lengths(kinds, known) if length > 1]
    whole = round(max(ratio, 1 / ratio))
    numbers.append((str(whole), whole))
    divided = [f"/ {text}" for text, value in numbers if _near(ratio, value)]
    times = [f"* {text}" for text, value in numbers if _near(1 / ratio, value)]
    return [*divided, *times][:_MOST]


def ratio_of(candidate: Recording, reference: Recording) -> float | None:
    """Return how many times as large the candidate's loss is; None where that is once, or not known."""
    own, other = (float(one.array(one.loss).sum()) for one in (candidate, reference))
    ratio = own / other if own and other else math.nan
    plain = 1 / _LARGEST < ratio < _LARGEST and not _near(ratio, 1.0)
    return ratio if plain else None


def _lengths(kinds: Mapping[str, object], known: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    arrays = (text for text in kinds if is_array(known[text]))
    for text in arrays:
        for axis, length in enumerate(shape_of(known[text])):
            yield f"{text}.shape[{axis}]", length


def _near(one: float, other: float) -> bool:
    # `math.isclose` takes no whole number that is too large for a float.
    return one * (1 - _SAME) <= other <= one * (1 + _SAME)
