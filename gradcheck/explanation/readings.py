"""A number of a program at two points: its value, and how it changes on the way from the one to the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradcheck.arrays import Array
from gradcheck.explanation.align import CLOSE, ROUNDED, SAME_SLOPE
from gradcheck.program.splice import STEP


@dataclass(frozen=True)
class Reading:
    """A number at both points."""

    value: float
    slope: float

    @classmethod
    def of(cls, here: float, there: float) -> Reading:
        """Return the reading of a number that is this at either point."""
        return cls(here, (there - here) / STEP)

    @property
    def is_nothing(self) -> bool:
        """Whether it is zero, and stays so."""
        return self.value == 0 and self.slope == 0

    def is_near(self, other: Reading) -> bool:
        """Return whether two readings are the same but for rounding."""
        near_value = math.isclose(self.value, other.value, rel_tol=CLOSE)
        rounded = ROUNDED * abs(self.value)
        return near_value and math.isclose(self.slope, other.slope, rel_tol=SAME_SLOPE, abs_tol=rounded)

    def changed(self, away: Reading, instead: Reading) -> Reading:
        """Return the reading of a sum of which one term is another one."""
        return Reading(self.value - away.value + instead.value, self.slope - away.slope + instead.slope)


NOTHING = Reading(0.0, 0.0)


def reading(here: Array, there: Array) -> Reading:
    """Return what a tensor of one element is at both points."""
    return Reading.of(float(here.ravel()[0]), float(there.ravel()[0]))
