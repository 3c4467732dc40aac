"""Random losses with a random slip are repaired at its place; those written in another way are left alone."""

from __future__ import annotations

import importlib.util
import types

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.errors import GradcheckError
from support import random_slips
from support.manifest import LONG

VARIABLES = ("w0", "w1", "b0", "b1")
EXAMPLES = 300 if LONG else 2
ENOUGH = 0.95
THIRD = 987


def module(source, folder):
    file = folder / f"slip_{len(list(folder.iterdir()))}.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def gradients_in_float64(loss, names, batch):
    variables = [tf.Variable(tf.cast(names[name], tf.float64)) for name in VARIABLES]
    widened = {**names, **dict(zip(VARIABLES, variables, strict=True))}
    arrays = {
        key: tf.constant(array.astype("float64") if array.dtype.kind == "f" else array)
        for key, array in batch.items()
    }
    with tf.GradientTape() as tape:
        value = types.FunctionType(loss.__code__, widened)(**arrays)
    found = tape.gradient(value, variables, unconnected_gradients="zero")
    return np.concatenate([gradient.numpy().ravel() for gradient in found])


def refuted(source, finding, folder):
    """Return whether the gradients of a third batch differ with the fix of a finding in place."""
    lines = source.splitlines()
    span = finding.span
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + finding.fix.text + line[span.end_column - 1 :]
    fixed = module("\n".join(lines), folder)
    batch = fixed.program(THIRD, 11).batch
    right, wrong = (gradients_in_float64(loss, vars(fixed), batch) for loss in (fixed.right, fixed.wrong))
    return not np.linalg.norm(right - wrong) <= 1e-6 * np.linalg.norm(right)


def reports(programs, folder):
    """Yield programs whose sides differ, and the reports on them; a slip may change nothing, or make it fail."""
    for program in programs:
        try:
            report = gradcheck.diff(module(program.source(), folder).program)
        except GradcheckError:
            continue
        if report.verdict == "different":
            yield program, report


@pytest.mark.parametrize("rewritten", [False, True], ids=["same words", "other words"])
def test_a_slip_is_located_and_no_fix_is_refuted_by_a_third_batch(rewritten, tmp_path):
    programs = (random_slips.with_a_slip(seed, rewritten=rewritten) for seed in range(EXAMPLES))
    located, missed, wrong = 0, [], []
    for program, report in reports(programs, tmp_path):
        line = program.faulty_line()
        first = report.findings[0]
        if first.verified and first.span.line <= line <= first.span.end_line:
            located += 1
        else:
            missed.append(program.slip)
        fixes = [one for one in report.findings if one.fix is not None and one.fix.source]
        wrong += [one.fix for one in fixes if refuted(program.source(), one, tmp_path)]
    assert located and not wrong, wrong
    assert located >= ENOUGH * (located + len(missed)), missed


def test_a_fix_that_is_none_is_refuted(tmp_path):
    program = random_slips.with_a_slip(0)
    (_, report), *_ = reports([program], tmp_path)
    first = report.findings[0]
    nothing = types.SimpleNamespace(span=first.span, fix=types.SimpleNamespace(text=first.span.text))
    assert refuted(program.source(), nothing, tmp_path)
    assert not refuted(program.source(), first, tmp_path)


def test_nothing_is_found_in_losses_that_are_written_in_another_way(tmp_path):
    for seed in range(EXAMPLES):
        program = random_slips.without_a_slip(seed)
        report = gradcheck.diff(module(program.source(), tmp_path).program)
        assert report.verdict == "equivalent", (program, str(report))
        assert all(finding.severity == "note" for finding in report.findings), str(report)
