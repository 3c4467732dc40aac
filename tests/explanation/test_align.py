"""What counts as the same quantity in two programs, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.groups import Groups

w = tf.Variable([[0.5], [-0.25], [1.0]], name="w")


def aligned(reference, candidate, n=6):
    gradcheck.execution.start()
    draw = np.random.default_rng(3)
    batch = {"x": draw.normal(size=(n, 3)).astype("float32"), "y": draw.normal(size=n).astype("float32")}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[w])
    sides = [Groups(run.recording, *points_of(run).arrays()) for run in run_pair(case, 0).runs]
    return Alignment(sides[1], sides[0])


def standings(reference, candidate, **more):
    """Return how what each expression of the candidate gives stands to the reference, by its text."""
    alignment = aligned(reference, candidate, **more)
    return {group.op.span.text: alignment.standing(group) for group in alignment.candidate.whole}


def loop(x, y):
    total = 0.0
    for i in range(len(y)):
        value = (x[i : i + 1] @ w)[0, 0]
        total += tf.square(tf.stop_gradient(value) * y[i] - value)
    return total / len(y)


def test_the_runs_of_a_loop_are_one_tensor_of_an_array_program():
    found = standings(
        loop, lambda x, y: tf.reduce_mean(tf.square(tf.stop_gradient(x @ w)[:, 0] * y - (x @ w)[:, 0]))
    )
    assert found["x @ w"] == found["tf.stop_gradient(x @ w)[:, 0] * y - (x @ w)[:, 0]"] == "same"


def test_the_same_numbers_with_another_derivative_are_not_the_same():
    found = standings(loop, lambda x, y: tf.reduce_mean(tf.square((x @ w)[:, 0] * y - (x @ w)[:, 0])))
    assert found["x @ w"] == "same"
    assert found["(x @ w)[:, 0] * y"] == "no"


def test_the_same_numbers_in_another_order_are_told_from_those_in_order():
    found = standings(loop, lambda x, y: tf.reduce_mean(tf.reverse(x @ w, [0])[:, 0] * y))
    assert found["tf.reverse(x @ w, [0])"] == "moved"


def test_a_sign_is_agreement_and_a_factor_is_known_as_one():
    found = standings(loop, lambda x, y: tf.reduce_mean(3.0 * (-(x @ w))))
    assert found["-(x @ w)"] == "same"
    assert found["3.0 * (-(x @ w))"] == "scaled"


def test_numbers_that_occur_everywhere_align_nothing():
    def masked(x, y):
        return tf.reduce_mean(tf.cast(y > 0, tf.float32) * (x @ w)[:, 0])

    found = standings(
        masked, lambda x, y: tf.reduce_mean(tf.cast(y > -0.5, tf.float32) * tf.exp(x @ w)[:, 0])
    )
    assert found["tf.cast(y > -0.5, tf.float32)"] == "weak"


def test_what_an_expression_gives_is_the_same_place_however_often_it_ran():
    """Python turns a call that runs often into another instruction."""
    alignment = aligned(loop, lambda x, y: tf.reduce_mean(x @ w), n=40)
    squares = [group for group in alignment.reference.whole if group.op.type == "Square"]
    assert [len(group.ops) for group in squares] == [40]


def test_of_what_is_zero_throughout_it_is_not_known_that_most_occurs(recwarn):
    def reference(x, y):
        return tf.reduce_mean(tf.square(x @ w))

    alignment = aligned(reference, lambda x, y: tf.reduce_mean(tf.square(x @ w) + tf.exp(x @ w) * 0.0))
    most = {group.op.span.text: alignment.has_most(group) for group in alignment.candidate.whole}
    assert most["tf.exp(x @ w) * 0.0"] is False
    assert most["tf.square(x @ w)"] is True
    assert [str(one.message) for one in recwarn if "empty" in str(one.message)] == []


def some(x, y):
    """Compute of the samples that count alone what others compute of all."""
    total = 0.0
    for i in range(len(y)):
        if y[i] > 0:
            total += tf.exp(tf.tanh((x[i : i + 1] @ w)[0, 0]))
    return total


def by_a_factor(x, y):
    return tf.reduce_sum(tf.exp(tf.tanh(x @ w))[:, 0] * tf.cast(y > 0, tf.float32))


def by_a_choice(x, y):
    return tf.reduce_sum(tf.where(y > 0, tf.exp(tf.tanh(x @ w))[:, 0], 0.0))


def by_a_factor_afterwards(x, y):
    rows = tf.exp(tf.tanh(x @ w)) @ tf.constant([[1.0]])
    return tf.reduce_sum(tf.reduce_sum(rows, axis=1) * tf.cast(y > 0, tf.float32))


@pytest.mark.parametrize("candidate", [by_a_factor, by_a_choice, by_a_factor_afterwards])
def test_what_a_mask_leaves_out_may_be_anything(candidate):
    found = standings(some, candidate)
    assert found["tf.exp(tf.tanh(x @ w))"] == found["tf.tanh(x @ w)"] == "same"


def by_a_condition_on_itself(x, y):
    made = tf.exp(tf.tanh(x @ w))
    return tf.reduce_sum(made[:, 0] * tf.cast(made[:, 0] > 1.0, tf.float32))


def left_out_elsewhere(x, y):
    made = tf.exp(tf.tanh(x @ w))
    return tf.reduce_sum(made[:, 0] * tf.cast(y > 0, tf.float32)) + tf.reduce_sum(made**2)


def by_another_mask(x, y):
    return tf.reduce_sum(tf.exp(tf.tanh(x @ w))[:, 0] * tf.cast(y > -9, tf.float32))


def read_as_a_whole(x, y):
    made = tf.exp(tf.tanh(x @ w))
    total = tf.reduce_sum(made[:, 0] * tf.cast(y > 0, tf.float32))
    return total + 0.1 * tf.reduce_max(tf.linalg.matmul(tf.ones((1, len(y))), made))


READ = [by_a_condition_on_itself, left_out_elsewhere, by_another_mask, read_as_a_whole]


@pytest.mark.parametrize("candidate", READ)
def test_but_not_where_it_is_read_or_hangs_on_variables(candidate):
    assert standings(some, candidate)["tf.exp(tf.tanh(x @ w))"] == "no"


def test_what_cancels_is_the_same_but_for_what_it_is_the_sum_of():
    """A root that is rounded, and its inverse that is, are as far apart as numbers of float32 are."""

    def divided(x, y):
        rows = [tf.nn.softmax((x[i : i + 1] @ w) * 9.0 * y / 3.0**0.5) for i in range(len(x))]
        return tf.add_n([tf.reduce_sum(row * y) for row in rows])

    def multiplied(x, y):
        return tf.reduce_sum(tf.nn.softmax((x @ w) * 9.0 * y * 3.0**-0.5) * y)

    def another(x, y):
        return tf.reduce_sum(tf.nn.softmax((x @ w) * 9.0 * y * (3.0**-0.5 + 1e-5)) * y)

    assert standings(divided, multiplied, n=60)["tf.nn.softmax((x @ w) * 9.0 * y * 3.0**-0.5)"] == "same"
    assert standings(divided, another, n=60)["tf.nn.softmax((x @ w) * 9.0 * y * (3.0**-0.5 + 1e-5))"] == "no"
