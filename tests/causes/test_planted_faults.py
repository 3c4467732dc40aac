"""Faults planted in random programs are found where they are, and what is printed as a fix does what it says.

With ``GRADCHECK_LONG=1`` every cause is planted many times, instead of a few causes once or twice.
"""

import pathlib
import runpy
import tempfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.program.work import WORK
from support import faulty_programs as faulty
from support import programs
from support.manifest import LONG
from support.patched import fixes_in_source, patched


def examples(few, many):
    return settings(
        max_examples=many if LONG else few,
        derandomize=not LONG,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def case_of(source):
    """Return the case in `source`, whose file stays for as long as the spans are read."""
    folder = pathlib.Path(tempfile.mkdtemp())
    path = folder / "program.py"
    path.write_text(source, encoding="utf-8")
    return runpy.run_path(str(path))["program"]


def check(program):
    """Assert that the fault of `program` is found in its line, and that a fix in the source repairs it."""
    source = program.source()
    far = LONG and program.fault[1] not in faulty.PERHAPS_PROVED
    report = gradcheck.diff(case_of(source), work=WORK if far else 20_000)
    assume(not report.equivalent)  # a relu where nothing is negative
    assume(
        any((norm(variable) or 0) > 1e-4 for variable in report.variables)
    )  # zero on paper: nothing to hit
    first, cause = report.findings[0], program.fault[1]
    told = f"{source}\n{report}"
    assert first.cause in {cause, *faulty.ALSO.get(cause, ())}, told
    if cause not in faulty.PERHAPS_PROVED:
        assert first.verified == (cause not in faulty.NOT_PROVED), told
    assert first.span.line <= program.planted() <= first.span.end_line, told
    fixes = fixes_in_source(report.findings)
    if fixes:
        after = gradcheck.diff(case_of(patched(source, fixes)), budget=0)
        assert after.equivalent, f"{told}\n{patched(source, fixes)}\n{after}"


def norm(variable):
    return variable.judgement.difference.reference_norm


@pytest.mark.parametrize("cause", faulty.CAUSES if LONG else ["any"])
def test_a_planted_fault_is_found_and_its_fix_repairs_the_source(cause):
    any_cause = st.sampled_from(faulty.CAUSES).flatmap(faulty.programs)

    @examples(few=4, many=60)
    @given(program=any_cause if cause == "any" else faulty.programs(cause))
    def planted(program):
        check(program)

    planted()


@examples(few=8, many=200)
@given(program=faulty.programs())
def test_without_a_fault_nothing_is_held_against_a_program(program):
    report = gradcheck.diff(case_of(program.source()), work=2_000)
    assert report.equivalent, f"{program.source()}\n{report}"
    assert [finding for finding in report.findings if finding.severity != "note"] == [], str(report)


@examples(few=8, many=300)
@given(program=programs.programs(gentle=True), reference=programs.PLANS, candidate=programs.PLANS)
def test_another_spelling_is_never_accused(program, reference, candidate):
    report = gradcheck.diff(programs.case(program, reference, candidate), work=2_000)
    accused = [finding for finding in report.findings if finding.verified or finding.severity == "error"]
    assert report.verdict in ("equivalent", "vacuous"), str(report)
    assert accused == [] or report.verdict == "vacuous", str(report)
