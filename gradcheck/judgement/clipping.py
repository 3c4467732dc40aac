"""What a Keras optimizer makes of a gradient before it applies it: clipping. Uses only NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judgement.differences import norm


@dataclass(frozen=True)
class Clipping:
    """The settings of a Keras optimizer, of which one is set at most.

    Parameters
    ----------
    clipnorm
        The largest norm that the gradient of a variable may have.
    clipvalue
        The largest magnitude that an element may have.
    global_clipnorm
        The largest norm that the gradient of all variables may have.
    """

    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None

    def __bool__(self) -> bool:
        return any((self.clipnorm, self.clipvalue, self.global_clipnorm))

    def of(self, gradients: Sequence[Array | None]) -> list[Array | None]:
        """Return gradients as the optimizer clips them. None stays None."""
        if self.clipvalue:
            return [
                None if one is None else np.clip(one, -self.clipvalue, self.clipvalue) for one in gradients
            ]
        if self.clipnorm:
            return [None if one is None else one * _factor(norm(one), self.clipnorm) for one in gradients]
        if self.global_clipnorm:
            whole = math.hypot(*(norm(one) for one in gradients if one is not None))
            factor = _factor(whole, self.global_clipnorm)
            return [None if one is None else one * factor for one in gradients]
        return list(gradients)


def _factor(size: float, largest: float) -> float:
    return largest / size if size > largest else 1.0


def may_be_clipped(before: Sequence[Array | None], after: Sequence[Array | None]) -> bool:
    """Return whether gradients may be others that were clipped: no element is larger, or has the other sign."""
    pairs = [(one, two) for one, two in zip(before, after, strict=True) if one is not None or two is not None]
    return all(
        one is not None
        and two is not None
        and bool(np.all((one * two >= 0) & (np.abs(two) <= _ROUNDING * np.abs(one))))
        for one, two in pairs
    )


_ROUNDING = 1 + 1e-5
