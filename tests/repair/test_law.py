"""The law of the language: an edited replay gives what the source with the edit in it gives when it runs."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.execution.replay import edited
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.rerun import run_with
from gradcheck.program.ops import OPS
from gradcheck.program.places import place_of
from gradcheck.repair import asked, written
from gradcheck.repair.language import (
    OWN,
    At,
    Edit,
    Either,
    Input,
    Number,
    Own,
    call,
    times,
    with_input,
)
from gradcheck.repair.proposal import once_per_place
from gradcheck.repair.written import Writer
from support.settings import with_settings

N, K = 4, 4  # as many samples as classes: what is transposed still fits


@functools.cache
def weights():
    draw = np.random.default_rng(0)
    return [tf.Variable(draw.normal(size=(K, K)).astype("float32"), name=name) for name in ("w", "v")]


def batch():
    draw = np.random.default_rng(1)
    return {
        "x": draw.normal(size=(N, K)).astype("float32"),
        "y": draw.normal(size=(N, K)).astype("float32"),
        "a": draw.integers(K, size=N),
    }


def arithmetic(x, y, a):
    w, v = weights()
    h = tf.tanh(x @ w)  # a comment stays
    d = (
        h - y  # and so does this one
    ) * tf.exp(0.1 * h)
    d += tf.maximum(h, v)
    return tf.reduce_mean(tf.square(d) / (1.0 + tf.abs(-h)))


def reductions(x, y, a):
    w, _ = weights()
    h = tf.nn.sigmoid(tf.matmul(x, w))
    s = tf.reduce_sum(h * y, axis=1)
    m = tf.reduce_mean(
        tf.cumsum(h, axis=1),  # along the classes
        axis=0,
        keepdims=True,
    )
    p = tf.nn.log_softmax(h, axis=1)
    return tf.reduce_mean(tf.exp(s)) + tf.reduce_sum(m * p) + tf.reduce_max(tf.reduce_max(h, axis=1))


def indices(x, y, a):
    w, _ = weights()
    h = tf.tanh(x @ w)
    taken = tf.gather(h, a, batch_dims=1)
    later, sooner = h[:, 1:], y[:, :3]
    both = tf.concat([h, y], axis=1)
    return tf.reduce_mean(taken * tf.reduce_sum(later - sooner, axis=1)) + tf.reduce_mean(tf.square(both))


def guarded(x, y, a):
    w, v = weights()
    h = tf.clip_by_value(x @ w, -1.5, 1.5)
    target = tf.stop_gradient(tf.nn.softmax(y @ v))
    logs = tf.where(h > 0, tf.math.log(1.0 + tf.nn.relu(h)), h)
    return tf.reduce_mean(tf.square(logs - target)) + tf.reduce_mean(tf.math.sqrt(1.0 + h * h))


def per_sample(x, y, a):
    w, _ = weights()
    total = 0.0
    for row, label in zip(x, y, strict=True):
        h = tf.tanh(tf.linalg.matvec(w, row))
        total += tf.reduce_sum(h * label) / tf.exp(tf.reduce_mean(h))
    return total / len(x)


PROGRAMS = (arithmetic, reductions, indices, guarded, per_sample)


@functools.cache
def pair_of(program):
    gradcheck.execution.start()
    case = gradcheck.Case(reference=program, candidate=program, batch=batch(), variables=weights())
    return run_pair(case, 0)


def ops_of(program):
    recording = pair_of(program).runs[1].recording
    return once_per_place(op for op in recording.ops if op.index in recording.contributing and op.site)


UNARY = [op.function for op in OPS.values() if op.kind == "unary" and op.name not in ("Sign", "Reciprocal")]
BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum")
NUMBERS = (-1.0, 0.0, 0.5, 1.0, 2.0)


@st.composite
def edits(draw):
    """Draw a program, and an expression of any construct in place of what one of its ops gives."""
    program = draw(st.sampled_from(PROGRAMS))
    recording = pair_of(program).runs[1].recording
    op = draw(st.sampled_from(ops_of(program)))
    before = [one for one in ops_of(program) if one.index < op.index]

    def leaves():
        numbers = st.sampled_from(NUMBERS).map(Number)
        inputs = st.integers(0, max(len(op.inputs) - 1, 0)).map(Input)
        others = st.sampled_from(before).map(lambda one: At(place_of(one))) if before else numbers
        return st.one_of(inputs, inputs, st.just(OWN), numbers, others)

    def nodes(inner):
        unary = st.tuples(st.sampled_from(UNARY), inner).map(lambda one: call(*one))
        reduced = st.tuples(st.sampled_from(["reduce_sum", "reduce_mean"]), inner, st.booleans()).map(
            lambda one: call(one[0], one[1], axis=-1, keepdims=one[2])
        )
        binary = st.tuples(st.sampled_from(BINARY), inner, inner).map(lambda one: call(*one))
        scaled = st.tuples(st.sampled_from(NUMBERS), inner).map(lambda one: times(*one))
        either = st.tuples(inner, inner, inner).map(
            lambda one: Either(call("greater", call("reduce_sum", one[0]), 0), *one[1:])
        )
        return st.one_of(unary, unary, reduced, binary, scaled, either)

    whole = st.recursive(leaves(), nodes, max_leaves=3)
    if draw(st.booleans()):
        return program, Edit(place_of(op), draw(whole))
    return program, Edit(place_of(op), draw(changed(op, recording, whole)))


def changed(op, recording, whole):
    """Draw the op itself with other inputs, other arguments, or of another kind."""
    known = OPS.get(op.type)
    alike = [one.name for one in OPS.values() if known and one.kind == known.kind and one.functions]
    values = {
        "axis": st.integers(0, 1),
        **dict.fromkeys(("keepdims", "exclusive", "reverse", "transpose_a", "transpose_b"), st.booleans()),
        "batch_dims": st.integers(0, 1),
    }
    names = [one.name for one in known.arguments if one.name in values] if known else []
    told = st.dictionaries(st.sampled_from(names), st.none(), max_size=2) if names else st.just({})
    arguments = told.flatmap(lambda some: st.fixed_dictionaries({name: values[name] for name in some}))
    inputs = st.dictionaries(st.integers(0, max(len(op.inputs) - 1, 0)), whole, max_size=2)
    kinds = st.one_of(st.just(""), st.sampled_from(alike)) if alike else st.just("")
    return st.builds(
        lambda inputs, arguments, kind: Own(tuple(inputs.items()), tuple(arguments.items()), kind),
        inputs,
        arguments,
        kinds,
    )


def hold(program, edit):
    """Return whether the law could be asked; an `AssertionError` where it does not hold."""
    pair = pair_of(program)
    run = pair.runs[1]
    text = Writer(run.recording).written([edit])
    replay = edited_replay(run.recording, run.start, [edit])
    if text is None or replay is None or not np.isfinite(replay.value):
        return False
    found = run_with(pair, {edit.place.site: text})
    assert found is not None, f"{text} cannot be run"
    assert found.gradients is not None, f"{text}: {found.reason}"
    np.testing.assert_allclose(found.value, replay.value, rtol=1e-6, err_msg=text)
    for gradients in zip(found.gradients, replay.gradients, strict=True):
        made, own = (np.zeros(()) if one is None else one for one in gradients)
        np.testing.assert_allclose(*np.broadcast_arrays(made, own), rtol=1e-5, atol=1e-7, err_msg=text)
    return True


ASKED = []


@settings(
    max_examples=60, deadline=None, derandomize=True, report_multiple_bugs=False, phases=(Phase.generate,)
)
@given(edits())
def test_an_edited_replay_gives_what_the_edited_source_gives(case):
    ASKED.append(hold(*case))


def test_the_law_was_asked_often_enough_to_mean_something():
    if not ASKED:
        pytest.skip("the test before it did not run")
    assert sum(ASKED) >= 15


def at(program, kind, expression, number=0):
    ops = [op for op in ops_of(program) if op.type == kind]
    return program, Edit(place_of(ops[number]), expression)


def told_nothing(machine, known, inputs, told):
    return edited.fitted(edited.function_named(known.function), inputs[0])


FAULTS = {
    "an argument is ignored when it is replayed": (
        lambda: at(reductions, "Sum", with_settings(axis=0)),
        (edited._Evaluation, "_called", told_nothing),
    ),
    "numbers are one too large when they are replayed": (
        lambda: at(arithmetic, "Exp", with_input(0, lambda one: times(2.0, one))),
        (edited, "_one_tensor", lambda values: [one + 1.0 for one in values]),
    ),
    "parentheses are forgotten when it is written": (
        lambda: at(arithmetic, "Sub", call("multiply", 2.0, OWN)),
        (written, "bracketed", lambda text: text),
    ),
    "operands are mixed up when it is written": (
        lambda: at(arithmetic, "Sub", call("add", Input(0), call("exp", Input(1)))),
        (written._Place, "_operand", lambda place, number: place._written.operands[1 - number]),
    ),
    "a bound is moved the other way when it is written": (
        lambda: at(indices, "StridedSlice", MOVED),
        (asked, "moved", lambda bound, by, outermost: moved(bound, by, outermost) if bound else bound),
    ),
}

MOVED = Own(
    ((1, call("add", Input(1), Number((0, -1)))), (2, call("add", Input(2), Number((0, -1))))),
    (("begin_mask", 1), ("end_mask", 1)),
)
moved = asked.moved


@pytest.mark.parametrize("fault", FAULTS)
def test_the_law_finds_a_fault_of_the_evaluator_or_the_printer(fault, monkeypatch):
    edit, planted = FAULTS[fault]
    assert hold(*edit())
    monkeypatch.setattr(*planted)
    with pytest.raises(AssertionError):
        hold(*edit())


WRITTEN = {
    "another reduction": ("reductions", "Sum", Own(kind="Max"), "tf.reduce_max(h * y, axis=1)"),
    "transposed": (
        "reductions",
        "MatMul",
        with_settings(transpose_b=True),
        "tf.matmul(x, w, transpose_b=True)",
    ),
    "upside down": ("arithmetic", "RealDiv", Own(((0, Input(1)), (1, Input(0)))), None),
    "a function between": (
        "arithmetic",
        "Square",
        with_input(0, lambda one: call("exp", one)),
        "tf.square(tf.exp(d))",
    ),
    "straight through": (
        "guarded",
        "Relu",
        call("add", OWN, call("subtract", Input(0), call("stop_gradient", Input(0)))),
        None,
    ),
    "in a loop": (
        "per_sample",
        "Sum",
        Own(((0, call("add", Input(0), 1.0)),)),
        "tf.reduce_sum((h * label) + 1.0)",
    ),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_is_written_is_what_runs(what):
    program, kind, expression, text = WRITTEN[what]
    program, edit = at(globals()[program], kind, expression)
    assert hold(program, edit)
    made = Writer(pair_of(program).runs[1].recording).written([edit])
    assert text is None or made == text
