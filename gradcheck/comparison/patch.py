"""The fixes of a report as a patch: written into the source, run, and judged like any other case."""

from __future__ import annotations

import contextlib
import difflib
import functools
import io
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.machinery import SourceFileLoader
from typing import Any

from gradcheck.comparison.api import report_on
from gradcheck.comparison.report import Report
from gradcheck.errors import GradcheckError
from gradcheck.execution.run.freeze import seeded
from gradcheck.findings import Finding
from gradcheck.options import Options
from gradcheck.source import is_user_file
from gradcheck.targets.folders import working_folder
from gradcheck.targets.loading import Factory, load


class PatchError(GradcheckError):
    """There is no patch to write: no verified fix can be written as source, or it does not help."""


@dataclass(frozen=True)
class Patch:
    """A unified diff, and what to know about it.

    Parameters
    ----------
    text
        The diff.
    changes
        How many expressions it replaces.
    files
        Those that it changes, as it names them.
    folder
        Where it has to be applied: the names are relative to it.
    """

    text: str
    changes: int
    files: tuple[str, ...]
    folder: pathlib.Path


def verified_patch(target: str, reports: Sequence[Report], options: Options) -> Patch | None:
    """Return a patch that makes every case of `reports` equivalent that has a fix in source.

    None where all are equivalent, and there is nothing to repair.

    Parameters
    ----------
    target
        Where the cases came from; it is loaded again, with the patched source in place of the files.
    reports
        One for each case of `target`, in their order.
    options
        How the cases were compared; the patched ones are compared in the same way.

    Raises
    ------
    PatchError
        No case has a verified fix that can be written as source, or with the fixes written into the
        source some case is not equivalent that has one, or that was equivalent.
    """
    if all(report.equivalent for report in reports):
        return None
    fixes = [_fixes(report) for report in reports]
    if not any(fixes):
        raise PatchError("no patch: no finding has a verified fix that can be written as source")
    findings = list({fix.span: fix for found in fixes for fix in found}.values())
    patched = _patched_files(findings)
    for was, now in zip(reports, _reports_on(patched, target, reports, options), strict=True):
        if now is not None and not now.equivalent:
            raise PatchError(_refusal(was, now, target, reports))
    return _patch(patched, len(findings))


def _reports_on(
    patched: Mapping[pathlib.Path, str], target: str, reports: Sequence[Report], options: Options
) -> list[Report | None]:
    """Compare again, on the patched source, each case that is to be equivalent; None for the others."""
    with _source_replaced(patched), seeded(options.seed):
        return [
            report_on(factory, replace(options, budget=0)) if was.equivalent or _fixes(was) else None
            for factory, was in zip(_loaded(target), reports, strict=True)
        ]


def _loaded(target: str) -> list[Factory]:
    try:
        return load(target)
    except GradcheckError as error:
        raise PatchError(f"no patch: with the fixes in the source, {error}") from error


def _refusal(was: Report, now: Report, target: str, reports: Sequence[Report]) -> str:
    refusal = f"no patch: with the fixes in the source `{was.name}` is {now.verdict}"
    if was.equivalent:
        return f"{refusal}, and was equivalent without them: {now.reason}"
    if sum(bool(_fixes(report)) for report in reports) == 1:
        return refusal
    return f"{refusal}; for the fixes of one case, name it: {target}:name"


def _fixes(report: Report) -> list[Finding]:
    verified = [finding for finding in report.findings if finding.verified]
    usable = [f for f in verified if f.fix is not None and f.fix.source and f.span is not None]
    return usable if len(usable) == len(verified) else []


def _patched_files(findings: Sequence[Finding]) -> dict[pathlib.Path, str]:
    """Return the new text of every file that a fix changes; later places first, so that earlier ones stay."""
    patched: dict[pathlib.Path, str] = {}
    for finding in sorted(_merged(findings), key=_start, reverse=True):
        assert finding.span is not None and finding.fix is not None
        path = working_folder() / finding.span.file
        try:
            text = patched.get(path) or _read(path)
        except OSError as error:
            raise PatchError(f"no patch: {finding.span.file} cannot be read: {error.strerror}") from error
        patched[path] = _replaced(text, finding)
    return patched


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Put each fix within the expression of another into the text of that other one."""
    merged: list[Finding] = []
    for finding in sorted(sorted(findings, key=_end), key=_start, reverse=True):
        inner = [other for other in merged if _overlap(finding, other)]
        merged = [other for other in merged if other not in inner]
        merged.append(functools.reduce(_with_inner, inner, finding))
    return merged


def _with_inner(outer: Finding, inner: Finding) -> Finding:
    assert outer.fix is not None and inner.fix is not None
    assert outer.span is not None and inner.span is not None
    if _end(inner) > _end(outer) or outer.fix.text.count(inner.span.text) != 1:
        raise PatchError(
            f"no patch: the fixes at {outer.span.place} and {inner.span.place} change the same text"
        )
    return replace(
        outer, fix=replace(outer.fix, text=outer.fix.text.replace(inner.span.text, inner.fix.text))
    )


def _overlap(one: Finding, other: Finding) -> bool:
    assert one.span is not None and other.span is not None
    same_file = one.span.file == other.span.file
    return same_file and _start(one) < _end(other) and _start(other) < _end(one)


def _start(finding: Finding) -> tuple[int, int]:
    assert finding.span is not None
    return finding.span.line, finding.span.column


def _end(finding: Finding) -> tuple[int, int]:
    assert finding.span is not None
    return finding.span.end_line, finding.span.end_column


@contextlib.contextmanager
def _source_replaced(patched: Mapping[pathlib.Path, str]) -> Iterator[None]:
    """Import other text than what is in the files, inside; the user's modules are imported again.

    All of them, since one that is left may hold a function of a file that is replaced.
    """
    texts = {str(path.resolve()): text for path, text in patched.items()}
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> Any:
        text = texts.get(str(pathlib.Path(loader.path).resolve()))
        return original(loader, fullname) if text is None else compile(text, loader.path, "exec")

    kept = {name: module for name, module in sys.modules.items() if _is_users(name, module)}
    for name in kept:
        del sys.modules[name]
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        SourceFileLoader.get_code = original  # type: ignore[method-assign]
        sys.modules.update(kept)


def _is_users(name: str, module: object) -> bool:
    file = getattr(module, "__file__", None)
    return name != "__main__" and isinstance(file, str) and file.endswith(".py") and is_user_file(file)


def _replaced(text: str, finding: Finding) -> str:
    span, fix = finding.span, finding.fix
    assert span is not None and fix is not None
    lines = _lines(text)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1
    return text[:start] + fix.text + text[end:]


def _patch(patched: Mapping[pathlib.Path, str], changes: int) -> Patch:
    folder = _folder(patched)
    names = tuple(path.relative_to(folder).as_posix() for path in patched)
    diffs = [_diff(name, path, text) for name, (path, text) in zip(names, patched.items(), strict=True)]
    return Patch("".join(diffs), changes, names, folder)


def _folder(paths: Iterable[pathlib.Path]) -> pathlib.Path:
    """Return the working directory, or what is common to files of which one is outside."""
    here = working_folder()
    if all(path.is_relative_to(here) for path in paths):
        return here
    return pathlib.Path(os.path.commonpath([path.parent for path in paths]))


def _diff(name: str, path: pathlib.Path, new: str) -> str:
    lines = difflib.unified_diff(_lines(_read(path)), _lines(new), f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Return the lines of `text` with their ends, and no other line than Python and `git` see."""
    return list(io.StringIO(text, newline="\n"))


def _read(path: pathlib.Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:  # a patch has the file's own ends of lines
        return file.read()
