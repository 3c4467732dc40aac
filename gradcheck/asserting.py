"""The way in from a test."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.case import Case
from gradcheck.pipeline import diff


def assert_equivalent(case: Case | Callable[..., Case], *, seed: int = 0, trials: int = 1) -> None:
    """Raise an `AssertionError` whose text is the report unless the case is equivalent.

    Takes what `diff` takes and raises what it raises. What holds of its verdict holds here: gradients
    that agree on this batch at these weights are no proof for others.
    """
    report = diff(case, seed=seed, trials=trials)
    if not report.equivalent:
        raise AssertionError(f"\n{report}")
