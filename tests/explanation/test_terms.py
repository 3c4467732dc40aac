"""A loss that is a sum is taken apart: faults are looked for in the terms that differ, each by itself."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.program.work import WORK
from support import sums
from support.manifest import LONG

EXAMPLES = 60 if LONG else 1

draw = np.random.default_rng(5)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
v = tf.Variable(draw.normal(size=4).astype("float32"), name="v")


def batch(seed=0, n=5):
    draw = np.random.default_rng(seed)
    return {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "r": draw.normal(size=n).astype("float32"),
    }


def report_on(reference, candidate, **options):
    @gradcheck.case
    def case(seed: int = 0, n: int = 5):
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch=batch(seed, n), variables=[w, v], name="case"
        )

    return gradcheck.diff(case, **options)


def module(source, folder):
    file = folder / f"sum_{len(list(folder.iterdir()))}.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("slips", [1, 2])
def test_each_slip_in_a_sum_of_terms_is_located_and_proved(slips, tmp_path):
    missed = []
    for seed in range(EXAMPLES):
        program = sums.program(seed, slips)
        report = gradcheck.diff(module(program.source, tmp_path).program, work=WORK if LONG else 5_000)
        proved = [finding for finding in report.findings if finding.verified]
        lines = {finding.span.line for finding in proved}
        missed += [] if program.slips <= lines else [(program.source, str(report))]
        assert lines <= program.slips, (program.source, str(report))
    assert len(missed) <= EXAMPLES // 20, missed


def test_a_sum_without_a_slip_is_equivalent(tmp_path):
    assert gradcheck.diff(module(sums.program(0, 0).source, tmp_path).program).verdict == "equivalent"


def penalised(x, r):
    total = 0.0
    for i in range(len(r)):
        total += tf.square(tf.reduce_sum(x[i] * v) - r[i]) + 0.1 * tf.reduce_sum(tf.square(x[i : i + 1] @ w))
    return total / len(r)


def without_the_penalty(x, r):
    error = tf.linalg.matvec(x, v) - r
    return 0.5 * tf.reduce_mean(tf.square(error)) + 0.5 * tf.reduce_mean(tf.square(error))


def with_one_more(x, r):
    error = tf.reduce_mean(tf.square(tf.linalg.matvec(x, v) - r))
    penalty = 0.1 * tf.reduce_mean(tf.reduce_sum(tf.square(x @ w), axis=1))
    decay = 0.01 * tf.reduce_sum(tf.square(w))
    return error + penalty + decay


def line_of(text):
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


def test_a_term_that_is_missing_has_its_place_where_the_sum_is_formed():
    first = report_on(penalised, without_the_penalty).findings[0]
    assert first.verified
    assert first.span.line == line_of("return 0.5 * tf.reduce_mean(tf.square(error))")
    assert "adds a term" in first.message


def with_a_penalty_that_is_nothing(x, r):
    error = tf.linalg.matvec(x, v) - r
    return tf.reduce_mean(tf.square(error)) + 0.1 * tf.reduce_mean(tf.nn.relu(-tf.square(x @ w)))


def test_a_term_that_is_nothing_is_not_said_to_be_missing():
    report = report_on(penalised, with_a_penalty_that_is_nothing)
    assert not any("adds a term" in finding.message for finding in report.findings), str(report)


def test_a_term_that_is_too_many_is_named():
    first = report_on(penalised, with_one_more, work=4_000).findings[0]
    assert first.verified and "is a term that the reference does not have" in first.message
    assert first.span.line == line_of("return error + penalty + decay")
    assert first.fix.text == "error + penalty"


def test_what_a_term_that_agrees_is_made_from_is_not_blamed():
    def looped(x, r):
        total = 0.0
        for i in range(len(r)):
            value = tf.reduce_sum(x[i] * v)
            target = tf.stop_gradient(r[i] + 0.5 * value)
            total += tf.square(target - value) - tf.stop_gradient(target - value) * tf.reduce_sum(
                x[i : i + 1] @ w
            )
        return total / len(r)

    def at_once(x, r):
        value = tf.linalg.matvec(x, v)
        delta = r + 0.5 * value - value
        actor = tf.reduce_mean(tf.stop_gradient(delta) * tf.reduce_sum(x @ w, axis=1))
        critic = tf.reduce_mean(tf.square(delta))
        return critic - actor

    report = report_on(looped, at_once)
    assert report.findings[0].verified
    assert report.findings[0].cause == "stop_gradient"


def in_turns(x, r):
    first, second = tf.linalg.matvec(x, v), tf.reduce_sum(tf.tanh(x @ w), axis=1)
    means = tf.reduce_mean(first), tf.reduce_mean(second)
    total = 0.0
    for i in range(len(x)):
        total -= tf.math.log_sigmoid(first[i] - means[1])
        total -= tf.math.log_sigmoid(means[0] - second[i])
    return total / (2 * len(x))


def by_halves(x, r):
    first, second = tf.linalg.matvec(x, v)[:, None], tf.reduce_sum(tf.tanh(x @ w), axis=1)[:, None]
    one = tf.nn.softplus(tf.reduce_mean(second) - first)
    other = tf.nn.softplus(tf.reduce_mean(second) - first)  # <-- of the first, again
    return (tf.reduce_mean(one) + tf.reduce_mean(other)) / 2


def test_two_statements_of_a_loop_that_add_to_each_other_end():
    report = report_on(in_turns, by_halves)
    assert report.verdict == "different"
    assert any(finding.verified for finding in report.findings)
