"""Entry point for tests."""

from __future__ import annotations

import sys
from collections.abc import Callable

from gradcheck.cases import Case
from gradcheck.comparison.api import diff_with
from gradcheck.errors import GradcheckError, UserCodeError
from gradcheck.options import Options


def assert_equivalent(case: Case | Callable[..., Case], *, seed: int = 0, trials: int = 1) -> None:
    """Raise an `AssertionError` whose message is the report unless the case is equivalent.

    Without a reference, ``consistent`` is accepted too. Any other verdict raises: ``inconclusive`` and
    ``vacuous`` prove nothing.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`.
    seed
        As of `diff`.
    trials
        As of `diff`.

    Raises
    ------
    GradcheckError
        As of `diff`.
    AssertionError
        The verdict is neither ``equivalent`` nor ``consistent``.

    Notes
    -----
    Agreement on this batch with these weights proves nothing about others.
    """
    __tracebackhide__ = True  # pytest then shows the line of the test, not these
    try:
        report = diff_with(case, Options(seed=seed, trials=trials))
    except GradcheckError as error:
        if (outcome := outcome_of_pytest(error)) is not None:
            raise outcome from None
        raise error.with_traceback(None) from None  # its message says where in the user's code
    if not report.equivalent:
        raise AssertionError(str(report))


def outcome_of_pytest(error: GradcheckError) -> BaseException | None:
    """Return what the user's code raised, if that is one of pytest's ways to end a test, such as a skip."""
    pytest = sys.modules.get("pytest")
    if pytest is None or not isinstance(error, UserCodeError):
        return None
    ways = (pytest.skip, pytest.xfail, pytest.fail, pytest.exit)
    return error.error if isinstance(error.error, tuple(way.Exception for way in ways)) else None
