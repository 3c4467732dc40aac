"""Places that the values of single quantities do not show: on the way back, in padding, in weighted terms."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import shortest
from gradcheck.comparison.searched import Searching
from gradcheck.explanation.interchange import Interchanger

N, K, D = 5, 4, 3
LITTLE = 200
draw = np.random.default_rng(3)
w = tf.Variable(0.6 * draw.normal(size=(D, 2)).astype("float32"), name="w")
v = tf.Variable(draw.normal(size=2).astype("float32"), name="v")


def batch(seed=0, n=N):
    draw = np.random.default_rng(seed)
    lengths = 1 + np.arange(n) % (K - 1)
    return {
        "x": draw.normal(size=(n, K, D)).astype("float32"),
        "mask": (np.arange(K) < lengths[:, None]).astype("float32"),
        "y": draw.normal(size=n).astype("float32"),
    }


def first_finding(reference, candidate, work=1_500):
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch(), variables=[w, v])
    report = gradcheck.diff(case, work=work)
    assert not report.equivalent
    return report.findings[0]


def outputs(x):
    return tf.linalg.matvec(tf.tensordot(x, w, 1), v)


@tf.custom_gradient
def squared_with_another_gradient(x):
    return tf.square(x), lambda upstream: x * upstream


@tf.custom_gradient
def and_another(x):
    return tf.square(x), lambda upstream: 3.0 * x * upstream


@tf.custom_gradient
def rounded(x):
    return tf.round(x), lambda upstream: 2.0 * upstream


def test_a_gradient_by_hand_is_proved_wrong_where_the_derivative_of_its_ops_is_right():
    def reference(x, mask, y):
        return tf.reduce_mean(tf.square(outputs(x))) + tf.reduce_sum(tf.square(v))

    def candidate(x, mask, y):
        return tf.reduce_mean(squared_with_another_gradient(outputs(x))) + tf.reduce_sum(tf.square(v))

    finding = first_finding(reference, candidate)
    assert finding.span.text == "x * upstream"
    assert finding.verified and not finding.proof.needs_also


@tf.custom_gradient
def squashed(x):
    made = tf.tanh(x)

    def backward(upstream):
        return 1.0 - tf.square(made)

    return made, backward


@tf.custom_gradient
def squared_without_upstream(x):
    return tf.square(x), lambda upstream: 2.0 * x


@tf.custom_gradient
def summed_up(rows):
    def backward(upstream):
        return tf.exp(rows)

    return tf.reduce_sum(tf.exp(rows), axis=1), backward


@tf.custom_gradient
def distances(rows, others):
    def backward(upstream):
        slope = 2.0 * (rows - others)
        return slope, -slope

    return tf.reduce_sum(tf.square(rows - others), axis=1), backward


@tf.custom_gradient
def clipped_by_hand(x):
    passing = tf.cast(tf.abs(x) < 1.0, x.dtype)
    return tf.clip_by_value(x, -1.0, 1.0), lambda upstream: passing * x


@tf.custom_gradient
def off_by_much(x):
    return tf.exp(x), lambda upstream: 1.7 * tf.sin(upstream) - 0.3


BY_HAND = {
    "upstream is not read": (squashed, tf.tanh, "upstream * (1.0 - tf.square(made))"),
    "upstream is not read by a lambda": (
        squared_without_upstream,
        tf.square,
        "upstream * (2.0 * x)",
    ),
    "it is the wrong quantity": (
        clipped_by_hand,
        lambda x: tf.clip_by_value(x, -1.0, 1.0),
        "passing * upstream",
    ),
    "upstream belongs to rows": (
        summed_up,
        lambda x: tf.reduce_sum(tf.exp(x), axis=1),
        "upstream[:, None] * tf.exp(rows)",
    ),
    "upstream belongs to each of two": (
        lambda x: distances(x, 0.5 * x[::-1]),
        lambda x: tf.reduce_sum(tf.square(x - 0.5 * x[::-1]), axis=1),
        "upstream[:, None] * slope, upstream[:, None] * (-slope)",
    ),
    "it is too far from what is right": (off_by_much, tf.exp, None),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_a_gradient_by_hand_is_repaired_where_it_is_written(kind):
    by_hand, right, fix = BY_HAND[kind]

    def loss(function):
        return lambda x, mask, y: tf.reduce_mean(y * tf.reduce_mean(function(outputs(x)[:, :2] * v), axis=-1))

    finding = first_finding(loss(right), loss(by_hand), work=20_000)
    assert finding.verified
    assert (finding.fix.text if finding.fix is not None else None) == fix
    # Float64 differentiates the ops, whatever is written by hand: only the gradients as they run can tell.
    assert finding.proof.residual > 1e-9 or fix is None


def test_of_several_gradients_by_hand_none_is_proved_wrong():
    def reference(x, mask, y):
        return tf.reduce_mean(tf.square(outputs(x))) + tf.reduce_sum(tf.square(v))

    def candidate(x, mask, y):
        first = squared_with_another_gradient(outputs(x))
        return tf.reduce_mean(first) + tf.reduce_sum(and_another(v))

    finding = first_finding(reference, candidate)
    assert finding.severity == "suspicion" and not finding.verified
    assert "in place of all 2 of these, the gradients agree" in finding.notes[-1]


def test_one_gradient_by_hand_of_several_calls_is_one_place():
    def reference(x, mask, y):
        return tf.reduce_mean(tf.square(outputs(x))) + tf.reduce_sum(tf.square(v))

    def candidate(x, mask, y):
        first = squared_with_another_gradient(outputs(x))
        return tf.reduce_mean(first) + tf.reduce_sum(squared_with_another_gradient(v))

    assert first_finding(reference, candidate).verified


def passing_a_step(x, mask, y):
    return tf.reduce_mean(outputs(x) + tf.stop_gradient(tf.round(outputs(x)) - outputs(x)))


def test_a_gradient_by_hand_that_passes_a_step_is_repaired():
    """The derivative of its ops is not the reference's: what is right is told as the candidate runs."""
    finding = first_finding(passing_a_step, lambda x, mask, y: tf.reduce_mean(rounded(outputs(x))))
    assert (finding.verified, finding.fix.text) == (True, "upstream")


def test_one_that_passes_a_step_and_is_far_off_is_suspected_alone():
    @tf.custom_gradient
    def rounded_far_off(x):
        return tf.round(x), lambda upstream: 1.7 * tf.sin(upstream) - 0.3

    finding = first_finding(passing_a_step, lambda x, mask, y: tf.reduce_mean(rounded_far_off(outputs(x))))
    assert "written by hand" in finding.message and not finding.verified


def test_a_gradient_that_is_not_finite_is_proved_by_a_bound_of_the_reference():
    def reference(x, mask, y):
        kept = tf.square(outputs(x * mask[:, :, None]))
        return tf.reduce_mean(tf.sqrt(tf.maximum(kept, 1e-12)))

    def candidate(x, mask, y):
        kept = tf.square(outputs(x * mask[:, :, None]))
        return tf.reduce_mean(tf.sqrt(tf.maximum(kept, 0.0)))

    finding = first_finding(reference, candidate)
    assert finding.cause == "numerics" and finding.verified


def one_by_one(x, mask, y):
    total = 0.0
    for i in range(len(y)):
        rows = x[i][: int(tf.reduce_sum(mask[i]))]
        shares = tf.nn.softmax(outputs(rows))
        total += tf.square(tf.reduce_sum(shares * rows[:, 0]) - y[i])
    return total / len(y)


@pytest.mark.parametrize(
    ("hide", "column"), [(tf.multiply, 0), (lambda scores, mask: tf.where(mask > 0, scores, -1e9), 1)]
)
def test_padding_is_seen_against_samples_without_any(hide, column):
    def candidate(x, mask, y):
        shares = tf.nn.softmax(hide(outputs(x), mask), axis=1)
        held = tf.reduce_sum(shares * mask * x[:, :, column], axis=1)
        return tf.reduce_mean(tf.square(held - y))

    finding = first_finding(one_by_one, candidate)
    assert finding.verified
    assert ("softmax" in finding.span.text) is (column == 0)


def test_a_plain_mean_is_proved_wrong_against_a_term_that_the_reference_weights():
    def reference(x, mask, y):
        kept = tf.where(mask > 0)
        return tf.reduce_mean(tf.gather_nd(tf.square(outputs(x)) + 0.5 * tf.exp(outputs(x)), kept))

    def candidate(x, mask, y):
        kept = tf.reduce_sum(tf.square(outputs(x)) * mask) / tf.reduce_sum(mask)
        return kept + 0.5 * tf.reduce_mean(tf.exp(outputs(x)))

    finding = first_finding(reference, candidate)
    assert finding.verified and finding.span.text == "tf.exp(outputs(x))"
    assert finding.fix.text == "tf.boolean_mask(tf.exp(outputs(x)), mask > 0)"


@pytest.mark.parametrize("at", ["where it is made", "where it is read"])
def test_a_call_that_is_missing_belongs_where_the_reference_makes_it(at):
    inside = at == "where it is made"

    def reference(x, mask, y):
        h = tf.tanh(x[:, 0] @ w) if inside else x[:, 0] @ w
        return tf.reduce_mean(h * tf.exp(h)) if inside else tf.reduce_mean(tf.cumsum(tf.tanh(h)))

    def candidate(x, mask, y):
        h = x[:, 0] @ w
        return tf.reduce_mean(h * tf.exp(h)) if inside else tf.reduce_mean(tf.cumsum(h))

    finding = first_finding(reference, candidate)
    assert finding.verified
    assert ("@" in finding.span.text) is inside


@pytest.mark.parametrize("backwards", [True, False])
def test_where_the_work_runs_out_places_are_tried_from_the_loss_backwards(backwards, monkeypatch):
    def running(x, mask, y, *, ends):
        total, kept = tf.zeros(len(y)), []
        for t in reversed(range(K)):
            total = outputs(x)[:, t] + 0.9 * total * (mask[:, t] if ends else 1.0)
            kept.append(tf.tanh(total))
        return tf.reduce_mean(tf.square(tf.stack(kept[::-1], axis=1) - y[:, None]))

    if not backwards:
        monkeypatch.setattr(Interchanger, "_earliest", Interchanger._first)
    monkeypatch.setattr(Searching, "_edited_anywhere", lambda *_: [])
    sides = (functools.partial(running, ends=True), functools.partial(running, ends=False))
    case = gradcheck.Case(reference=sides[0], candidate=sides[1], batch=batch(), variables=[w, v])
    report = gradcheck.diff(case, work=LITTLE)
    assert any(one.verified for one in report.findings) is backwards


def both_run(h):
    return tf.reduce_mean(tf.square(tf.tanh(tf.cumsum(h) @ w) @ v[:, None]))


def test_what_both_run_is_told_where_the_candidate_gives_it_something_else(monkeypatch):
    monkeypatch.setattr(shortest, "altered", lambda *given: iter(()))
    monkeypatch.setattr(Searching, "_is_comparable", False)

    def mixed(x, mask, y):
        rows = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, D])
        return both_run(rows)

    def meant(x, mask, y):
        return both_run(tf.reshape(x, [-1, D]))

    found = first_finding(meant, mixed)
    assert not found.verified
    assert (found.span.text, found.severity) == ("both_run(rows)", "suspicion")
