"""Hooks that pause where nothing of the user's runs: an optimizer of Keras's is not watched, one's own is."""

import keras
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.record.op_hook import op_hook, paused


@pytest.mark.parametrize("pauses", [True, False])
def test_a_hook_that_pauses_is_left_out_inside_alone(pauses):
    seen = []
    with op_hook(lambda kind, *_, **__: seen.append(kind), pauses=pauses):
        tf.square(1.0)
        with paused():
            tf.square(1.0)
        tf.square(1.0)
    assert len(seen) == (2 if pauses else 3)


def test_a_hook_within_one_that_pauses_is_not_left_out():
    outer, inner = [], []
    with (
        op_hook(lambda *_, **__: outer.append(1), pauses=True),
        op_hook(lambda *_, **__: inner.append(1)),
        paused(),
    ):
        tf.square(1.0)
    assert (outer, inner) == ([], [1])


class Own(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        rows = tf.convert_to_tensor(gradient)
        self.assign_sub(variable, tf.reduce_mean(rows - tf.reduce_mean(rows, axis=1), axis=1, keepdims=True))


@pytest.mark.parametrize("kind, findings", [(Own, 1), (keras.optimizers.SGD, 0)])
def test_a_mistake_in_an_optimizer_of_ones_own_is_seen(kind, findings):
    weights, optimizer = keras.Variable([[1.0], [2.0], [3.0], [4.0]]), kind(0.1)
    with gradcheck.guard(on="collect") as guard:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(weights))
        optimizer.apply([tape.gradient(loss, weights.value)], [weights])
    assert len(guard.findings) == findings
