"""Random losses with a random slip are repaired at its place; those written in another way are left alone."""

from __future__ import annotations

import types

import pytest

import gradcheck
from support import random_slips
from support.manifest import LONG
from support.slip_rates import module, rates, refuted, reports

EXAMPLES = 300 if LONG else 2
ENOUGH = 0.95


@pytest.mark.parametrize("rewritten", [False, True], ids=["same words", "other words"])
def test_a_slip_is_located_and_no_fix_is_refuted_by_a_third_batch(rewritten, tmp_path):
    programs = (random_slips.with_a_slip(seed, rewritten=rewritten) for seed in range(EXAMPLES))
    found = rates(programs, tmp_path)
    assert found.located and not found.refuted, found.refuted
    assert found.located >= ENOUGH * found.programs, found.missed


def test_a_fix_that_is_none_is_refuted(tmp_path):
    program = random_slips.with_a_slip(0)
    (_, report), *_ = reports([program], tmp_path)
    first = report.findings[0]
    nothing = types.SimpleNamespace(span=first.span, fix=types.SimpleNamespace(text=first.span.text))
    assert refuted(program.source(), [nothing], tmp_path)
    assert not refuted(program.source(), [first], tmp_path)


def test_nothing_is_found_in_losses_that_are_written_in_another_way(tmp_path):
    for seed in range(EXAMPLES):
        program = random_slips.without_a_slip(seed)
        report = gradcheck.diff(module(program.source(), tmp_path).program)
        assert report.verdict == "equivalent", (program, str(report))
        assert all(finding.severity == "note" for finding in report.findings), str(report)
