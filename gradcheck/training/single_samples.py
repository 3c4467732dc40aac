"""Blocks of a script that trains, compared with themselves on single samples when the script has ended."""

from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from gradcheck.findings import Finding, unaccepted
from gradcheck.options import Options
from gradcheck.source import read_anew
from gradcheck.source.way_back import WayBack
from gradcheck.training.case_file import CaseFile
from gradcheck.training.guard import warn_of_our_own
from gradcheck.training.save_case import refusal

if TYPE_CHECKING:
    from gradcheck.comparison.report import Report
    from gradcheck.execution.cut.checker import Checker
    from gradcheck.execution.cut.cutter import Saved
    from gradcheck.training.script import ScriptOutcome


@dataclass(frozen=True)
class SampleCheck:
    """What came of comparing the block of one gradient with its single samples.

    Parameters
    ----------
    place
        The line that takes the gradient.
    verdict
        That of the worst batch, as without a reference; None if none could be compared.
    batches
        How many were compared.
    why
        Why there is no verdict, or what the verdict means; "" if there is nothing to say.
    fixed
        The kinds of layers that were held fixed: dropout, noise, and statistics of the batch.
    draws
        Whether it drew random numbers, which were frozen by row.
    equal
        The inputs of which all rows were equal in each batch.
    held
        The expressions that combine samples as is accepted, whose values were those of the batch.
    """

    place: str
    verdict: str | None
    batches: int
    why: str = ""
    fixed: tuple[str, ...] = ()
    draws: bool = False
    equal: tuple[str, ...] = ()
    held: str = ""


class _Judged(NamedTuple):
    """The report on a block, its findings in the script, the layers that were fixed, and whether it draws."""

    report: Report
    findings: list[Finding]
    fixed: Sequence[str]
    draws: bool


_INTERRUPTED = 130


class SingleSamples:
    """Keeps blocks at a few steps of a program that runs, and compares them when it has ended."""

    def __init__(self) -> None:
        self._checker: Checker | None = None
        self._before: set[str] = set()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Look at what this thread does inside; nothing of it changes."""
        from gradcheck.execution.cut.checker import Checker

        read_anew()
        self._before = set(sys.modules)
        self._checker = Checker()
        with self._checker.waiting():
            yield

    def concluded(self, outcome: ScriptOutcome) -> tuple[ScriptOutcome, list[SampleCheck]]:
        """Compare what was kept; return the outcome with what was found, and what came of it place by place.

        Notes
        -----
        A finding is a coupling of samples that is proved to be an accident on every batch that was kept, as in a
        case without a reference. Any other coupling is a note. What is wrong with each single sample is not
        seen.
        """
        checker = self._checker
        if checker is None or outcome.ending.code == _INTERRUPTED:
            return outcome, []
        checker.again()
        faults = [] if checker.fault is None else [checker.fault]
        checks = [
            SampleCheck(place, None, 0, refusal(error))
            for place, error in checker.why_not.items()
            if place not in checker.places
        ]
        findings: list[Finding] = []
        for place, saved in checker.places.items():
            try:
                check, found = self._compared(place, saved)
            except Exception as error:  # what was seen of the script is to be reported, whatever we did wrong
                faults.append(error)
                continue
            checks.append(check)
            findings += found
        for fault in faults:
            warn_of_our_own(fault)
        outcome = replace(outcome, failed=outcome.failed or bool(faults))
        return outcome.with_findings(unaccepted(findings)), checks

    def _compared(self, place: str, kept: Sequence[Saved]) -> tuple[SampleCheck, list[Finding]]:
        with tempfile.TemporaryDirectory() as folder:
            judged = [
                self._judged(pathlib.Path(folder).resolve() / f"block_{number}.py", saved)
                for number, saved in enumerate(kept)
            ]
        wrong = next((each for each in judged if isinstance(each, str)), None)
        if wrong is not None:
            return SampleCheck(place, None, 0, wrong), []
        done = [each for each in judged if not isinstance(each, str)]
        fixed = tuple(dict.fromkeys(kind for each in done for kind in each.fixed))
        draws, equal = any(each.draws for each in done), _equal_in_all(kept)
        held = next((each.report.held for each in done if each.report.held), "")
        check = SampleCheck(place, "different", len(done), "", fixed, draws, equal, held)
        if all(each.report.verdict == "different" for each in done):
            return check, done[0].findings
        worst = next((each.report for each in done if each.report.verdict != "consistent"), done[0].report)
        verdict = "inconclusive" if worst.verdict == "different" else worst.verdict
        why = "" if verdict == "consistent" else " ".join(worst.reason.split())
        return replace(check, verdict=verdict, why=why), list(_coupled(worst))

    def _judged(self, file: pathlib.Path, saved: Saved) -> _Judged | str:
        """Return the report on a block with its findings in the script, or why it cannot be judged."""
        case = CaseFile(file, saved, self._before)
        _, wrong = case.written()
        if wrong:
            return f"cut out of the script, the block is not what it was: {wrong.splitlines()[0]}"
        judged = _judged_alone(file)
        if judged.report.verdict == "inconclusive" and case.follows_the_batch():
            # A division by the batch's size, which is a plain number, makes no sum and no mean of single losses.
            counted = _judged_alone(file)
            judged = counted if counted.report.verdict in ("consistent", "different") else judged
        return judged


def _equal_in_all(kept: Sequence[Saved]) -> tuple[str, ...]:
    from gradcheck.execution.cut.checker import inputs_with_equal_rows

    found = [inputs_with_equal_rows(saved.cut.batch) for saved in kept]
    return tuple(name for name in found[0] if all(name in each for each in found))


def _judged_alone(file: pathlib.Path) -> _Judged:
    """Return the report on the case in a file, compared with itself on single samples."""
    from gradcheck.comparison.api import report_on
    from gradcheck.comparison.held_samples import as_meant
    from gradcheck.execution.cut.fixed_layers import as_in_inference
    from gradcheck.execution.run.draws_by_row import drawing_by_row
    from gradcheck.targets.loading import load

    (factory,) = load(str(file))
    with as_in_inference() as fixed, drawing_by_row(factory.make(seed=0)) as draws:
        report = report_on(factory, Options())
    way = WayBack(str(file))
    findings = [_in_the_script(each, way) for each in report.findings if each.severity == "error"]
    return _Judged(as_meant(_on_the_script(report, way)), findings, fixed, draws)


def _on_the_script(report: Report, way: WayBack) -> Report:
    meant = report.if_meant
    return replace(
        report,
        reason=way.text(report.reason),
        held=way.text(report.held),
        coupled_at=tuple(span for at in report.coupled_at if (span := way.span(at)) is not None),
        if_meant=None if meant is None else _on_the_script(meant, way),
    )


def _coupled(report: Report) -> Iterator[Finding]:
    """Yield, as a hint, where samples are combined: that was measured, but not whether it is meant."""
    for span in report.coupled_at:
        yield Finding(
            cause="other",
            message="samples are combined here, so a batch's gradient is not the mean of its samples'",
            span=span,
            severity="note",
            notes=(
                "measured on single samples of batches that the script used",
                "if the loss is meant to couple its samples, say why in a comment on this line: `# gradcheck: ok "
                "- ` and the reason",
            ),
        )


def _in_the_script(finding: Finding, way: WayBack) -> Finding:
    """Return a finding on copied lines as one on the lines of the script."""
    operands = [(each, way.span(each.span)) for each in finding.operands]
    return replace(
        finding,
        message=way.text(finding.message),
        span=None if finding.span is None else way.span(finding.span),
        operands=tuple(replace(each, span=span) for each, span in operands if span is not None),
        notes=(
            *map(way.text, finding.notes),
            "measured on single samples of batches that the script used",
        ),
    )
