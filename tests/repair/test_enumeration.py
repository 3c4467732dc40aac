"""What may be computed at a place instead: enumerated by shape and type, screened by value, written, and run."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import explain, locating, shortest
from gradcheck.execution.replay.float64_values import float64_values
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import place_of
from gradcheck.program.work import Work
from gradcheck.repair.enumeration import Enumeration, constants_of
from gradcheck.repair.language import (
    OWN,
    Edit,
    Input,
    Number,
    Own,
    all_parts,
    call,
    length,
    times,
)
from support.settings import with_settings


@functools.cache
def weights():
    draw = np.random.default_rng(0)
    return [tf.Variable(draw.normal(size=(3, 3)).astype("float32"), name=name) for name in ("w", "v")]


def batch(seed=0, n=5):
    draw = np.random.default_rng(seed)
    arrays = {name: draw.normal(size=(n, 3)).astype("float32") for name in ("x", "y")}
    return {**arrays, "a": draw.integers(3, size=n)}


def by_rows(made):
    """Return a loss over one sample after the other: its expressions stand in no candidate's place."""
    return lambda x, y, a: tf.add_n([made(*row) for row in zip(x, y, a, strict=True)]) / len(x)


def row_of(x):
    return tf.tanh(tf.linalg.matvec(weights()[0], x, transpose_a=True))


def upside_down(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.reduce_sum((2.0 + y * y) / (2.0 + h), axis=1))


def no_sign(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.exp(tf.reduce_sum(h * y, axis=1)) * tf.reduce_max(h, axis=1))


def without_abs(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.reduce_sum(tf.exp(h - y), axis=1))


def summed_the_other_way(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.reduce_sum(tf.exp(tf.cumsum(h, axis=1)), axis=1))


def mean_of_rows(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.exp(h) * y)


def best(x, y, a):
    h = tf.tanh(x @ weights()[0])
    return tf.reduce_mean(tf.exp(tf.reduce_mean(h, axis=1)))


SLIPS = {
    "operands": (
        upside_down,
        lambda x, y, _: tf.reduce_sum((2.0 + row_of(x)) / (2.0 + y * y)),
        "(2.0 + h) / (2.0 + y * y)",
    ),
    "a sign": (
        no_sign,
        lambda x, y, _: tf.exp(-tf.reduce_sum(row_of(x) * y)) * tf.reduce_max(row_of(x)),
        "-tf.reduce_sum(h * y, axis=1)",
    ),
    "a function left out": (
        without_abs,
        lambda x, y, _: tf.reduce_sum(tf.exp(tf.abs(row_of(x) - y))),
        "tf.abs(h - y)",
    ),
    "a flag": (
        summed_the_other_way,
        lambda x, y, _: tf.reduce_sum(tf.exp(tf.cumsum(row_of(x), reverse=True))),
        "tf.cumsum(h, axis=1, reverse=True)",
    ),
    "another reduction": (
        best,
        lambda x, y, _: tf.exp(tf.reduce_max(row_of(x))),
        "tf.reduce_max(h, axis=1)",
    ),
}


@pytest.fixture
def alone(monkeypatch):
    """Leave nothing but the enumeration: no cause proposes an edit, and the reference's text is not taken."""
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))
    monkeypatch.setattr(explain, "propose_all", lambda evidence: [])
    monkeypatch.setattr(shortest, "altered", lambda *given: iter(()))


def case(candidate, reference):
    @gradcheck.case
    def made(seed=0):
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch=batch(seed), variables=weights(), name="made"
        )

    return made


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_repaired_by_the_shortest_expression_that_runs(slip, alone):
    wrong, row, text = SLIPS[slip]
    (fix,) = [one.fix for one in gradcheck.diff(case(wrong, by_rows(row))).findings if one.fix is not None]
    assert fix.source
    assert text in fix.text


def test_a_number_that_repairs_a_loss_is_written_as_the_sum_that_it_stands_for():
    """The loss is 3 times too small, and 3 is the length of an axis."""
    sums = by_rows(lambda x, y, _: tf.reduce_sum(tf.exp(row_of(x)) * y))
    first = gradcheck.diff(case(mean_of_rows, sums)).findings[0]
    assert (first.cause, first.fix.source) == ("reduction", True)
    assert "tf.reduce_sum(" in first.fix.text


def test_nothing_is_repaired_where_no_expression_runs(alone, monkeypatch):
    wrong, row, _ = SLIPS["operands"]
    monkeypatch.setattr(Enumeration, "singles", lambda enumeration, op: [])
    findings = gradcheck.diff(case(wrong, by_rows(row))).findings
    assert findings[0].verified
    assert all(one.fix is None for one in findings)


def test_what_fits_one_batch_alone_is_no_fix(alone):
    """The candidate divides by the number of its samples twice; what one would write is not in its reach."""

    def twice(x, y, a):
        h = tf.tanh(x @ weights()[0])
        return tf.reduce_mean(tf.exp(h / 5.0))

    def once(x, y, a):
        h = tf.tanh(x @ weights()[0])
        return tf.reduce_mean(tf.exp(h / tf.cast(tf.shape(x)[0] + 3, tf.float32)))

    report = gradcheck.diff(case(twice, once))
    assert all(one.fix is None for one in report.findings), str(report)


# The parts.


@functools.cache
def run_of(program):
    gradcheck.execution.start()
    made = gradcheck.Case(reference=program, candidate=program, batch=batch(), variables=weights())
    return run_pair(made, 0).runs[1]


def op_of(run, kind):
    return next(op for op in run.recording.ops if op.type == kind)


@pytest.mark.parametrize("program", [upside_down, summed_the_other_way, mean_of_rows])
def test_expressions_come_in_the_order_of_their_length_and_hold_no_strange_number(program):
    recording = run_of(program).recording
    allowed = {0, 1, 2, 0.5, -1, *constants_of(recording)}
    for op in (op for op in recording.ops if op.site is not None):
        found = Enumeration(recording, constants_of(recording)).singles(op)
        assert [length(one) for one in found] == sorted(map(length, found))
        assert len(found) == len(set(found))
        numbers = {part.value for one in found for part in all_parts(one) if isinstance(part, Number)}
        assert numbers <= allowed


def test_the_gradient_is_never_stopped_by_an_enumeration():
    recording = run_of(mean_of_rows).recording
    made = Enumeration(recording, [])
    found = itertools.chain(*((*made.singles(op), *made.pairs(op)) for op in recording.ops[:4]))
    assert not any(getattr(part, "name", "") == "stop_gradient" for one in found for part in all_parts(one))


def counted(x, y, a):
    rows = tf.range(5) * 3 + tf.cast(a, tf.int32)
    return tf.reduce_mean(tf.gather(tf.reshape(tf.tanh(x @ weights()[0]), [15]), rows))


def by_a_count(x, y, a):
    return tf.reduce_sum(tf.tanh(x @ weights()[0])) / tf.cast(tf.size(y), tf.float32)


def test_nor_is_a_count_that_is_cast_but_another_number_may_be():
    recording = run_of(by_a_count).recording
    made, count = Enumeration(recording, []), op_of(run_of(by_a_count), "Cast")
    names = {getattr(part, "name", "") for one in made.pairs(count) for part in all_parts(one)}
    assert names.isdisjoint({"square", "abs", "exp", "relu6"})
    whole = op_of(run_of(by_a_count), "Sum")
    assert "square" in {getattr(one, "name", "") for one in made.singles(whole)}


def test_a_whole_number_is_never_another_one_s_square():
    recording = run_of(counted).recording
    made = Enumeration(recording, [])
    whole = op_of(run_of(counted), "Mul")
    assert not recording.tensors[whole.outputs[0]].floating
    names = {getattr(part, "name", "") for one in made.singles(whole) for part in all_parts(one)}
    assert names.isdisjoint({"square", "abs", "exp"})
    product = op_of(run_of(counted), "Tanh")
    assert "square" in {getattr(one, "name", "") for one in made.singles(product)}


def bounded(x, y, a):
    return tf.reduce_mean(tf.maximum(x @ weights()[0], 0.3))


def test_a_number_that_is_written_becomes_another_one_and_not_what_a_function_gives_of_it():
    recording = run_of(bounded).recording
    found = Enumeration(recording, [0.7]).singles(op_of(run_of(bounded), "Maximum"))
    instead = [dict(one.inputs)[1] for one in found if isinstance(one, Own) and 1 in dict(one.inputs)]
    assert Number(0.7) in instead and Number(0.0) in instead
    assert not any(getattr(part, "name", "") in ("sign", "exp") for one in instead for part in all_parts(one))


def test_the_same_is_shorter_in_the_language_if_it_is_to_write():
    order = [
        Input(0),
        call("negative", OWN),
        with_settings(axis=1),
        call("exp", OWN),
        call("exp", call("exp", OWN)),
    ]
    assert [length(one) for one in order] == sorted(length(one) for one in order)
    assert length(times(2.0, OWN)) < length(times(0.37, OWN))


def screen(run, wanted):
    return Screen(run.recording, run.start, float64_tensors(run), wanted, Work())


def float64_tensors(run):
    return {number: tf.constant(value) for number, value in float64_values(run).items()}


def test_an_edit_passes_that_gives_what_is_wanted_there_or_in_the_loss():
    run = run_of(upside_down)
    op = op_of(run, "RealDiv")
    right = Edit(place_of(op), Own(((0, Input(1)), (1, Input(0)))))
    wrong = Edit(place_of(op), call("negative", OWN))
    values = float64_values(run)
    turned = 1 / values[op.outputs[0]]
    loss = np.mean(np.sum(turned, axis=1))
    for wanted in ({op.outputs[0]: turned}, {run.recording.loss: loss}):
        assert screen(run, wanted).passes(right)
        assert not screen(run, wanted).passes(wrong)


def test_what_does_not_fit_does_not_pass():
    run = run_of(upside_down)
    op = op_of(run, "MatMul")
    wanted = {run.recording.loss: float64_values(run)[run.recording.loss]}
    assert screen(run, wanted).passes(Edit(place_of(op), OWN))
    assert not screen(run, wanted).passes(Edit(place_of(op), call("reshape", OWN, 7)))
