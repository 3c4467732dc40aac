"""The pytest plugin: a factory marked with `gradcheck.case` is a test.

pytest loads this file at every start, so it imports nothing but the mark; comparing imports the rest.
"""

from __future__ import annotations

import argparse
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.cases import Case, is_case_factory

if TYPE_CHECKING:
    from gradcheck.comparison.report import Report
    from gradcheck.running.result import ModesReport


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, and the settings that are their defaults."""
    about = "number of batches on which to compare each case, from consecutive seeds"
    parser.getgroup("gradcheck").addoption(
        "--gradcheck-trials", type=_count, metavar="N", default=None, help=f"{about} (default: 1)"
    )
    parser.addini("gradcheck_trials", f"{about}, if --gradcheck-trials is not given", default="1")
    about = "modes in which each case is run as well, such as xla,float16, or all"
    parser.getgroup("gradcheck").addoption(
        "--gradcheck-modes", metavar="MODE,...", default=None, help=f"{about} (default: none)"
    )
    parser.addini("gradcheck_modes", f"{about}, if --gradcheck-modes is not given", default="")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of 1 or more, not {text!r}")
    return int(text)


def _trials(config: pytest.Config) -> int:
    given = config.getoption("--gradcheck-trials")
    if given is not None:
        return int(given)
    try:
        return _count(config.getini("gradcheck_trials"))
    except argparse.ArgumentTypeError as error:
        raise pytest.UsageError(f"gradcheck_trials: {error}") from None


def _modes(config: pytest.Config) -> list[str] | None:
    """Return the modes to run, an empty list for all; None where none is wanted."""
    from gradcheck.errors import TargetError
    from gradcheck.running.registry import chosen, names_in

    given = config.getoption("--gradcheck-modes")
    text = str(config.getini("gradcheck_modes") if given is None else given)
    names = names_in(text)
    if not names:
        return None
    names = [] if names == ["all"] else names
    try:
        chosen(names)
    except TargetError as error:
        raise pytest.UsageError(f"gradcheck_modes: {error}") from None
    return names


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Make one test of each marked factory in a module, whatever it is called."""
    if not is_case_factory(obj):
        return None
    if name.startswith("_") or not getattr(obj, "__test__", True):
        return []
    if isinstance(collector, pytest.Class):
        raise collector.CollectError(f"{name}: a case in a class; move it to module level")
    if any(mark.name == "parametrize" for mark in getattr(obj, "pytestmark", ())):
        raise collector.CollectError(f"{name}: a case cannot be parametrized; write a factory for each value")
    return [CaseItem.from_parent(collector, name=name, callobj=_without_parameters(obj), factory=obj)]


def _without_parameters(factory: Any) -> Callable[[], None]:
    """Return a function with the location and marks of `factory`, whose parameters are not fixtures."""

    def compared() -> None: ...

    functools.update_wrapper(compared, factory)
    compared.__signature__ = inspect.Signature()  # type: ignore[attr-defined]
    return compared


class CaseItem(pytest.Function):
    """A case as a test; a `pytest.Function`, so that marks and automatic fixtures hold for it."""

    def __init__(self, *, factory: Callable[..., Case], **rest: Any) -> None:
        super().__init__(**rest)
        self._factory = factory
        self._report: Report | None = None
        self._modes: ModesReport | None = None

    def runtest(self) -> None:
        """Compare; raise unless it is equivalent, or consistent without a reference."""
        self._report = report = self._compared()
        self.user_properties.append(("gradcheck_verdict", report.verdict))
        if not report.equivalent:
            raise AssertionError(str(report))
        self.add_report_section("call", "gradcheck", str(report))
        only = _modes(self.config)
        if only is not None:
            self._run_in_modes(only)

    def _run_in_modes(self, only: list[str]) -> None:
        from gradcheck.running.api import modes

        self._modes = report = modes(self._factory, only=only)
        if not report.same:
            raise AssertionError(str(report))
        self.add_report_section("call", "gradcheck modes", str(report))

    def _compared(self) -> Report:
        from gradcheck import execution
        from gradcheck.comparison.api import diff_factory
        from gradcheck.errors import UserCodeError
        from gradcheck.options import Options
        from gradcheck.targets.loading import Factory
        from gradcheck.testing import outcome_of_pytest

        execution.start()
        try:
            return diff_factory(Factory(self.name, self._factory), Options(trials=_trials(self.config)))
        except UserCodeError as error:
            if (outcome := outcome_of_pytest(error)) is not None:  # a factory may skip its test
                raise outcome from None
            raise

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Return the report, or gradcheck's own message: neither is helped by a traceback of gradcheck."""
        from gradcheck.errors import GradcheckError

        if isinstance(excinfo.value, GradcheckError):
            message = str(excinfo.value)
            return _Failure(message, _SummaryLine(message.partition("\n")[0]))
        if self._modes is not None and isinstance(excinfo.value, AssertionError):
            differing = ", ".join(row.mode for row in self._modes.different)
            return _Failure(
                str(self._modes), _SummaryLine(f"MODES: different in {differing or 'none, no verdict'}")
            )
        if self._report is not None and isinstance(excinfo.value, AssertionError):
            report = self._report
            return _Failure(str(report), _SummaryLine(f"{report.verdict.upper()}: {report.reason}"))
        return super().repr_failure(excinfo)


@dataclass(frozen=True)
class _SummaryLine:
    """What pytest shows in the line of its summary."""

    message: str


@dataclass(frozen=True)
class _Failure:
    """A text as pytest wants it in place of a traceback."""

    text: str
    reprcrash: _SummaryLine

    def toterminal(self, writer: Any) -> None:
        for line in self.text.splitlines():
            writer.line(line)

    def __str__(self) -> str:
        return self.text
