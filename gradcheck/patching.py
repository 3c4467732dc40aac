"""The fixes of a report as a patch: written into the source, run, and judged like any other case."""

from __future__ import annotations

import contextlib
import difflib
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from typing import Any

from gradcheck.errors import GradcheckError
from gradcheck.findings import Finding
from gradcheck.loading import load
from gradcheck.options import Options
from gradcheck.pipeline import diff_factory
from gradcheck.report.report import Report


class PatchError(GradcheckError):
    """There is no patch to write: nothing was verified that can be written as source, or it does not help."""


def verified_patch(target: str, reports: Sequence[Report], options: Options) -> str:
    """Return a unified diff that makes every case of `reports` equivalent that has a fix in source.

    Parameters
    ----------
    target
        Where the cases came from; it is loaded again, with the patched source in place of the files.
    options
        How the cases were compared; the patched ones are compared in the same way.

    Raises
    ------
    PatchError
        No case has a verified fix that can be written as source, or with the fixes written into the
        source some case is not equivalent.
    """
    fixable = {report.name: fixes for report in reports if (fixes := _fixes(report))}
    if not fixable:
        raise PatchError("no patch: no finding has a verified fix that can be written as source")
    findings = list({fix.span: fix for fixes in fixable.values() for fix in fixes}.values())
    patched = _patched_files(findings)
    with _source_replaced(patched):
        for factory in load(target):
            if factory.name in fixable:
                verdict = diff_factory(factory, options).verdict
                if verdict != "equivalent":
                    raise PatchError(f"no patch: with the fixes in the source `{factory.name}` is {verdict}")
    return "".join(_diff(path, text) for path, text in patched.items())


def _fixes(report: Report) -> list[Finding]:
    verified = [finding for finding in report.findings if finding.verified]
    usable = [f for f in verified if f.fix is not None and f.fix.source and f.span is not None]
    return usable if len(usable) == len(verified) else []


def _patched_files(findings: Sequence[Finding]) -> dict[pathlib.Path, str]:
    """Return the new text of every file that a fix changes; later places first, so that earlier ones stay."""
    patched: dict[pathlib.Path, str] = {}
    ordered = sorted(findings, key=lambda f: (f.span.line, f.span.column) if f.span else (0, 0), reverse=True)
    for finding in ordered:
        assert finding.span is not None and finding.fix is not None
        path = pathlib.Path.cwd() / finding.span.file
        try:
            text = patched.get(path) or path.read_text(encoding="utf-8")
        except OSError as error:
            raise PatchError(f"no patch: {finding.span.file} cannot be read: {error.strerror}") from error
        patched[path] = _replaced(text, finding)
    return patched


@contextlib.contextmanager
def _source_replaced(patched: Mapping[pathlib.Path, str]) -> Iterator[None]:
    """Import other text than what is in the files, inside; modules from these files are imported anew."""
    texts = {str(path.resolve()): text for path, text in patched.items()}
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> Any:
        text = texts.get(str(pathlib.Path(loader.path).resolve()))
        return original(loader, fullname) if text is None else compile(text, loader.path, "exec")

    kept = {name: module for name, module in sys.modules.items() if _comes_from(module, texts)}
    for name in kept:
        del sys.modules[name]
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        SourceFileLoader.get_code = original  # type: ignore[method-assign]
        sys.modules.update(kept)


def _comes_from(module: object, texts: Mapping[str, str]) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and str(pathlib.Path(file).resolve()) in texts


def _replaced(text: str, finding: Finding) -> str:
    span, fix = finding.span, finding.fix
    assert span is not None and fix is not None
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1
    return text[:start] + fix.text + text[end:]


def _diff(path: pathlib.Path, new: str) -> str:
    name = path.relative_to(pathlib.Path.cwd()) if path.is_relative_to(pathlib.Path.cwd()) else path
    old = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new.splitlines(keepends=True), f"a/{name}", f"b/{name}"))
