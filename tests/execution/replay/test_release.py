"""What is let go of a recording is given again, bit by bit, when it is asked for."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay import release as module
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.replay.release import release
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.prepare import ready

X = np.random.default_rng(0).normal(size=(64, 40)).astype("float32")


def recorded(loss, start):
    w = tf.Variable(np.float32(start), name="w")
    case = gradcheck.Case(
        reference=lambda x: loss(x, w), candidate=lambda x: loss(x, w), batch={"x": X}, variables=[w]
    )
    return run_pair(ready(case), 0).runs[0]


def network(x, w):
    return tf.reduce_mean(tf.nn.softmax(tf.tanh(x * w) + 1.0) ** 2)


def with_draws(x, w):
    return network(keras.random.dropout(x * w, 0.5, seed=keras.random.SeedGenerator(1)), w)


def assigning(x, w):
    loss = network(x, w)
    w.assign(2.0 * w)
    return loss + network(x, w)


@pytest.mark.parametrize("loss", [network, with_draws, assigning])
def test_large_tensors_are_let_go_and_given_again_bit_by_bit(loss):
    run = recorded(loss, np.linspace(-1, 1, 40))
    values = run.recording.values
    before = {number: np.array(values[number]) for number in values if values[number].dtype == tf.float32}
    release(run)
    assert values.held < len(values)
    assert all(np.array_equal(run.recording.array(number), array) for number, array in before.items())
    assert values.held == len(values)


def test_a_replay_needs_nothing_of_what_was_let_go(monkeypatch):
    run = recorded(with_draws, np.linspace(-1, 1, 40))
    expected = float64_gradients(run)
    release(run)
    monkeypatch.setattr(module, "_again", None)
    assert np.array_equal(float64_gradients(run).gradients[0], expected.gradients[0])


def test_nothing_is_let_go_where_an_op_cannot_be_run_again():
    def with_python(x, w):
        return network(tf.ensure_shape(tf.py_function(lambda x: x + 1.0, [x * w], tf.float32), x.shape), w)

    run = recorded(with_python, np.linspace(-1, 1, 40))
    release(run)
    assert run.recording.values.held == len(run.recording.values)


def test_what_differs_is_explained_from_values_that_were_let_go(monkeypatch):
    """Both lose the gradient alike: the gradients as they ran agree, so that values were let go before."""
    given_again, again = [], module._again
    monkeypatch.setattr(module, "_again", lambda *of: given_again.append(of) or again(*of))
    monkeypatch.setattr("gradcheck.comparison.judged._CHEAP", 0)  # as if each replay took long

    def lost(x, w):
        terms = [tf.reduce_sum(tf.cast(x * w, tf.float16)) for _ in range(5)]
        return 1e-9 * tf.cast(tf.add_n(terms), tf.float32)

    w = tf.Variable(np.linspace(-1, 1, 40, dtype="float32"), name="w")
    case = gradcheck.Case(
        reference=lambda x: lost(x, w), candidate=lambda x: lost(x, w), batch={"x": X}, variables=[w]
    )
    report = gradcheck.diff(case)
    assert report.verdict == "unstable"
    assert len(given_again) == 2
    assert report.to_dict() == gradcheck.diff(case, exact=True).to_dict()


def test_a_recording_of_which_something_was_let_go_is_freed_without_collecting_garbage():
    run = recorded(network, np.linspace(-1, 1, 40))
    release(run)
    recording = weakref.ref(run.recording)
    gc.disable()
    try:
        del run
        assert recording() is None
    finally:
        gc.enable()
