"""What of a program may be replaced: also what a loop adds up, apart from what its next round reads."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.groups import Groups

w = tf.Variable([0.5, -0.25, 1.0], name="w")


def added_up(x):
    losses = []
    for row in tf.unstack(x):
        total = 0.1 * tf.reduce_sum(w)
        for value in tf.unstack(row * w):
            total += tf.sin(value)
        losses.append(tf.exp(total))
    return tf.add_n(losses)


def test_what_a_loop_adds_up_is_a_place_and_what_its_rounds_hand_on_is_none():
    gradcheck.execution.start()
    x = np.random.default_rng(3).normal(size=(5, 3)).astype("float32")
    case = gradcheck.Case(reference=added_up, candidate=added_up, batch={"x": x}, variables=[w])
    run = run_pair(case, 0).runs[1]
    groups = Groups(run.recording, *points_of(run).arrays())
    sums = [one for one in groups.places if one.op.span.text == "total += tf.sin(value)"]
    assert sorted(len(one.numbers) for one in sums) == [5, 15]  # once for each row, and in all rounds
    (of_rows,) = [one for one in sums if len(one.numbers) == 5]
    products = 0.1 * w.numpy().sum() + np.sin(x * w.numpy()).sum(axis=1)
    np.testing.assert_allclose(of_rows.value, products, rtol=1e-5)
