"""A change of one op has the cause of what it does, whoever made it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.causes import explained
from gradcheck.comparison import explain, locating, searched
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.ops import OPS
from gradcheck.repair.language import OWN, Input, Own, call, stopped, with_input
from gradcheck.repair.usual import change_of, changes
from support.settings import with_settings

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"), name="w")
N = 6


def batch(seed=0, n=N):
    draw = np.random.default_rng(seed)
    return {
        "x": draw.normal(size=(n, 3)).astype("float32"),
        "y": draw.normal(size=n).astype("float32"),
        "a": draw.integers(4, size=n),
        "mask": (np.arange(n) % 3 > 0).astype("float32")[:, None],
    }


def loss(x, y, a, mask):
    z = tf.nn.softmax(x @ W)
    taken = tf.gather(z, a, batch_dims=1)
    count = tf.cast(tf.cast(10.0 * y, tf.int32), tf.float32)
    bounded = tf.math.log(tf.maximum(z * mask, 0.1))
    free = tf.exp(tf.maximum(x @ W, 0.2))
    return (
        tf.reduce_mean(taken - count)
        + tf.reduce_sum(bounded)
        + tf.reduce_sum(free[:, 1:] * tf.stop_gradient(free)[:, :1])
        + tf.reduce_mean(tf.expand_dims(y, axis=1) * tf.tanh(x @ W))
    )


@functools.cache
def recording():
    gradcheck.execution.start()
    case = gradcheck.Case(reference=loss, candidate=loss, batch=batch(), variables=[W])
    return run_pair(case, 0).runs[1].recording


def op_at(kind, text):
    return next(op for op in recording().ops if op.type == kind and text in op.span.text)


CHANGES = {
    "another axis": ("Softmax", "softmax", with_settings(axis=0), "axis"),
    "a sum over fewer axes": ("Sum", "(bounded)", with_settings(axis=1), "axis"),
    "a sum for a mean": ("Mean", "taken - count", Own(kind="Sum"), "reduction"),
    "plus for minus": ("Sub", "taken - count", Own(kind="AddV2"), "sign"),
    "a difference the other way round": (
        "Sub",
        "taken - count",
        Own(((0, Input(1)), (1, Input(0)))),
        "sign",
    ),
    "the result negated": ("Sum", "(bounded)", call("negative", OWN), "sign"),
    "other batch dimensions": ("GatherV2", "gather", with_settings(axis=0, batch_dims=0), "index"),
    "the next index": ("GatherV2", "gather", with_input(1, lambda one: call("add", one, 1)), "index"),
    "all of a slice": ("StridedSlice", "free[:, 1:]", Input(0), "index"),
    "an axis in front of what is sliced": (
        "StridedSlice",
        "free[:, 1:]",
        with_input(0, lambda one: call("expand_dims", one, axis=0)),
        "index",
    ),
    "a cast left out": ("Cast", "tf.int32)", Input(0), "dtype"),
    "a stop left out": ("StopGradient", "stop_gradient", Input(0), "stop_gradient"),
    "a stop": ("Exp", "exp", stopped(OWN), "stop_gradient"),
    "a function left out": ("Exp", "exp", Input(0), "other"),
    "one softmax too many": ("Softmax", "softmax", Input(0), "numerics"),
    "a bound in front of a pole": ("Maximum", "0.1", Input(0), "numerics"),
    "a bound": ("Maximum", "0.2", Input(0), "dead"),
    "an operand without its axis": (
        "Mul",
        "expand_dims",
        with_input(0, lambda one: call("squeeze", one, axis=1)),
        "broadcast",
    ),
    "a mean over what a mask is repeated along": (
        "Mul",
        "z * mask",
        with_input(0, lambda one: call("reduce_mean", one, axis=1, keepdims=True)),
        "reduction",
    ),
    "a sum before something smaller is repeated": (
        "Tanh",
        "tanh",
        call("reduce_sum", OWN, axis=1, keepdims=True),
        "broadcast",
    ),
    "a sum that nothing is repeated beside": ("Log", "log", call("reduce_sum", OWN, axis=1), "reduction"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_has_the_cause_of_what_it_does(what):
    kind, text, expression, cause = CHANGES[what]
    proposal = explained(change_of(op_at(kind, text), expression, recording()))
    assert proposal is not None
    assert (proposal.finding.cause, bool(proposal.finding.message)) == (cause, True)


@pytest.mark.parametrize(
    ("kind", "text", "expression"),
    [
        ("Exp", "exp", call("tanh", OWN)),
        ("AddV2", "", Own(((0, Input(1)), (1, Input(0))))),
        ("Maximum", "0.2", Input(1)),
        ("Mean", "taken - count", Own(kind="Max")),
    ],
)
def test_of_what_nobody_takes_for_a_mistake_of_its_own_nothing_is_said(kind, text, expression):
    assert explained(change_of(op_at(kind, text), expression, recording())) is None


def test_every_usual_change_is_one_of_an_op_that_the_loss_depends_on_and_comes_once():
    found = [(change.op, change.expression) for change in changes(recording())]
    assert len(set(found)) == len(found)
    assert {op.index for op, _ in found} <= recording().contributing


def test_the_result_of_an_op_of_which_nothing_is_known_may_have_the_wrong_sign():
    def volume(x, y, a, mask):
        return tf.linalg.det(W[:, :3])

    case = gradcheck.Case(reference=volume, candidate=volume, batch=batch(), variables=[W])
    own = run_pair(case, 0).runs[1].recording
    found = [explained(change) for change in changes(own) if change.op.type not in OPS]
    assert "this has the wrong sign" in [one.finding.message for one in found if one is not None]


def test_of_a_place_that_runs_often_it_is_a_run_that_a_variable_moves():
    """What is carried over a loop is 0 at first, and moves with the variable from then on."""

    def carried(x, y, a, mask):
        total = tf.zeros(4)
        for row in x:
            total = 0.5 * total + tf.tanh(tf.linalg.matvec(W, row, transpose_a=True))
        return tf.reduce_sum(total)

    case = gradcheck.Case(reference=carried, candidate=carried, batch=batch(), variables=[W])
    own = run_pair(case, 0).runs[1].recording
    found = [
        change for change in changes(own) if change.op.type == "Mul" and "0.5 * total" in change.op.span.text
    ]
    assert with_input(1, stopped) in [change.expression for change in found if change.trained]


def test_what_is_enumerated_at_a_place_is_named_by_what_it_does(monkeypatch):
    """No cause proposes an edit, and no other text is tried: the place itself tells no cause."""
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))
    monkeypatch.setattr(explain, "propose_all", lambda evidence: [])
    monkeypatch.setattr(searched, "shortened", lambda place, found, goals: found)

    def wrong(x, y, a, mask):
        return tf.reduce_mean(tf.exp(tf.nn.softmax(x @ W, axis=0)) * y[:, None])

    def right(x, y, a, mask):
        rows = [tf.exp(tf.nn.softmax(tf.linalg.matvec(W, one, transpose_a=True))) for one in x]
        return tf.reduce_mean(tf.stack(rows) * y[:, None])

    @gradcheck.case
    def made(seed=0):
        return gradcheck.Case(reference=right, candidate=wrong, batch=batch(seed), variables=[W], name="made")

    first = gradcheck.diff(made).findings[0]
    assert (first.cause, first.fix.text) == ("axis", "tf.nn.softmax(x @ W, axis=1)")
    assert first.message == "softmax of (6, 4) runs along axis 0; the reference agrees with axis 1"
