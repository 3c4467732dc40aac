"""What a mask leaves out may be anything: with other numbers there, the loss stays what it is."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

import gradcheck
from gradcheck.execution.replay.machine import Machine
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.counting import Counting
from gradcheck.explanation.groups import Groups

w = tf.Variable(np.random.default_rng(0).normal(size=(3, 2)).astype("float32"), name="w")


def by_a_factor(x, mask):
    return tf.reduce_sum(tf.exp(x @ w) * mask[:, None])


def by_a_factor_of_rows(x, mask):
    return tf.reduce_sum(tf.reduce_mean(tf.tanh(x @ w), axis=1) * mask) / 3.0


def by_a_choice(x, mask):
    return tf.reduce_mean(tf.where(mask[:, None] > 0, tf.exp(x @ w), 1.0 + 0.0 * tf.square(x @ w)))


def of_a_column(x, mask):
    h = tf.transpose(tf.tanh(x @ w))
    return tf.reduce_sum(tf.square(h[1, ::-1]) * mask) + tf.reduce_sum(h[0] * mask)


def through_a_product(x, mask):
    return tf.reduce_sum(tf.reshape((tf.tanh(x @ w) @ tf.ones((2, 1)))[..., 0], [-1, 1]) * mask[:, None])


def put_together(x, mask):
    h = tf.tanh(x @ w)
    both = tf.gather(tf.concat([h, tf.expand_dims(tf.square(h[:, 0]), 1)], axis=1), [0, 2], axis=1)
    return tf.reduce_sum(tf.stack([both[:, 0], both[..., 1]]) * mask) + tf.reduce_sum(both[:, 1] * mask)


def of_its_own(x, mask):
    h = tf.tanh(x @ w)
    return tf.reduce_sum(h * tf.cast(h > 0, tf.float32) * mask[:, None])


def repeated(x, mask):
    h = tf.reduce_mean(tf.tanh(x @ w), axis=0)
    return tf.reduce_sum(h * mask[:, None]) + tf.reduce_sum(tf.nn.softmax(x @ w) * mask[:, None])


LOSSES = [
    by_a_factor,
    by_a_factor_of_rows,
    by_a_choice,
    of_a_column,
    through_a_product,
    put_together,
    of_its_own,
    repeated,
]


class WithOtherNumbers(Machine):
    """A replay with other numbers where elements do not count, or for the twin, where they do."""

    def __init__(self, run, counting, *, turned=False):
        super().__init__(run.recording, run.start, float64=True)
        self._counting, self._turned, self.changed = counting, turned, 0

    def run(self, op):
        super().run(op)
        for number in op.outputs:
            counts = self._counting.of([number])
            if counts is not None and self._recording.tensors[number].floating:
                self.changed += 1
                given = self._tensors[number]
                self._tensors[number] = tf.where(counts != self._turned, given, given + 7.5)


def losses(loss, mask, **how):
    gradcheck.execution.start()
    draw = np.random.default_rng(1)
    batch = {"x": draw.normal(size=(len(mask), 3)).astype("float32"), "mask": np.array(mask, "float32")}
    case = gradcheck.Case(reference=loss, candidate=loss, batch=batch, variables=[w])
    run = run_pair(case, 0).runs[1]
    machine = WithOtherNumbers(run, Counting(Groups(run.recording, *points_of(run).arrays())), **how)
    for op in run.recording.ops:
        machine.run(op)
    return float(machine.tensor(run.recording.loss)), run.value, machine.changed


@pytest.mark.parametrize("loss", LOSSES)
@hypothesis.given(mask=st.lists(st.sampled_from([0.0, 1.0, 0.5]), min_size=1, max_size=5))
@hypothesis.settings(max_examples=8)
def test_what_does_not_count_may_be_anything(loss, mask):
    found, own, _ = losses(loss, mask)
    assert found == pytest.approx(own, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_something_does_not_count_and_what_counts_may_not_be_anything(loss):
    found, own, changed = losses(loss, [1.0, 0.0, 1.0, 0.0], turned=True)
    assert changed
    assert abs(found - own) > 1e-3
