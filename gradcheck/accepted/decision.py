"""Whether a finding is left out: a comment, the project's settings or a baseline says so."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from gradcheck.accepted.baseline import Baseline
from gradcheck.accepted.project import Project, project_of
from gradcheck.accepted.severity import SetSeverity
from gradcheck.source import Span, reason_given


class Acceptance(NamedTuple):
    """That something is left out.

    Parameters
    ----------
    by
        What says so.
    reason
        Why.
    """

    by: Literal["comment", "settings", "baseline"]
    reason: str


class _Chosen:
    """What holds in this process: the baseline of the project, unless a command chose another, or none."""

    def __init__(self) -> None:
        self._given: tuple[Baseline | None] | None = None
        self.left_out: dict[tuple[str, Span], Acceptance] = {}

    @property
    def baseline(self) -> Baseline | None:
        if self._given is not None:
            return self._given[0]
        project = project_here()
        return None if project is None else project.known()

    @contextlib.contextmanager
    def giving(self, baseline: Baseline | None) -> Iterator[dict[tuple[str, Span], Acceptance]]:
        before = self._given, self.left_out
        self._given, self.left_out = (baseline,), {}
        try:
            yield self.left_out
        finally:
            self._given, self.left_out = before


_chosen = _Chosen()


def deciding_with(
    baseline: Baseline | None,
) -> contextlib.AbstractContextManager[dict[tuple[str, Span], Acceptance]]:
    """Decide with this baseline, whatever the project names; None for none at all.

    What is entered is what was left out meanwhile, by code and place.
    """
    return _chosen.giving(baseline)


def accepted(code: str, span: Span, *, proved: bool = False) -> Acceptance | None:
    """Return why a finding is left out, or None if it is not.

    Parameters
    ----------
    code
        The kind of finding: the name of its cause, or of a mark.
    proved
        Whether it was proved: then it cannot be meant so, but it can be known.

    Raises
    ------
    SettingsError
        What the project says cannot be used.
    """
    found = None if proved else meant_so(code, span)
    if found is None and in_baseline(code, span):
        found = Acceptance("baseline", "it is in the baseline")
    if found is not None:
        _chosen.left_out[code, span] = found
    return found


def meant_so(code: str, span: Span) -> Acceptance | None:
    """Return which comment or entry of the project says that something is meant as it is; None where none does."""
    reason = reason_given(span)
    if reason:
        return Acceptance("comment", reason)
    project = project_here()
    if project is None:
        return None
    for entry in project.ignored:
        if entry.matches(code, span, project.file.parent):
            return Acceptance("settings", entry.reason)
    return None


def in_baseline(code: str, span: Span) -> bool:
    """Return whether a finding is known."""
    baseline = _chosen.baseline
    return baseline is not None and baseline.has(code, span)


def verdict_in_baseline(verdict: str, file: str, case: str) -> bool:
    """Return whether the verdict on a case is known."""
    baseline = _chosen.baseline
    return baseline is not None and baseline.has_verdict(verdict, file, case)


def severity_set(code: str) -> SetSeverity | None:
    """Return how much the project makes of findings of this code; None if it leaves that to us."""
    project = project_here()
    return None if project is None else project.severities.get(code)


def check_settings() -> None:
    """Raise a `SettingsError` where what the project says cannot be used, before anything hangs on it."""
    project_here()
    _ = _chosen.baseline


def project_here() -> Project | None:
    """Return what the project that one works in says; None if it says nothing.

    Raises
    ------
    SettingsError
        It cannot be used.
    """
    try:
        return project_of(pathlib.Path.cwd())
    except FileNotFoundError:  # the working directory may have been deleted
        return None
