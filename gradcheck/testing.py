"""Entry points for tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from gradcheck.cases import Case
from gradcheck.comparison.api import diff_with
from gradcheck.errors import GradcheckError, UserCodeError
from gradcheck.options import Options
from gradcheck.running.api import modes


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


def assert_same_in_modes(
    case: Case | Callable[..., Case], *, only: Sequence[str] = (), seed: int = 0, side: str = "candidate"
) -> None:
    """Raise an `AssertionError` whose message is the table unless the gradient is the same however it is run.

    Modes that are ``not_applicable``, ``information``, or ``not_run`` for a known reason are accepted. A mode that
    has ``no_verdict`` or crashed is not.

    Parameters
    ----------
    case
        As of `gradcheck.modes`: a factory that is defined in a file, for all modes.
    only
        Names of modes, such as ``["xla", "float16"]``; all, where it is empty.
    seed, side
        As of `gradcheck.modes`.

    Raises
    ------
    GradcheckError
        As of `gradcheck.modes`.
    AssertionError
        A mode is ``different`` or ``no_verdict``, or crashed, or none could be judged.

    Notes
    -----
    Agreement on this batch with these weights proves nothing about others.
    """
    __tracebackhide__ = True  # as above
    try:
        report = modes(case, only=only, seed=seed, side=side)
    except GradcheckError as error:
        if (outcome := outcome_of_pytest(error)) is not None:
            raise outcome from None
        raise error.with_traceback(None) from None
    if not report.same:
        raise AssertionError(str(report))


def outcome_of_pytest(error: GradcheckError) -> BaseException | None:
    """Return what the user's code raised, if that is one of pytest's ways to end a test, such as a skip."""
    pytest = sys.modules.get("pytest")
    if pytest is None or not isinstance(error, UserCodeError):
        return None
    ways = (pytest.skip, pytest.xfail, pytest.fail, pytest.exit)
    return error.error if isinstance(error.error, tuple(way.Exception for way in ways)) else None
