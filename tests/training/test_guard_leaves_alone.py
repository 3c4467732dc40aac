"""What is guarded runs as it would: the same numbers, and to its end, whatever the guard does wrong."""

import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.freeze import seeded
from gradcheck.training.guard import Guard, warn_of_our_own

COLUMN, ROW = tf.reshape(tf.range(5.0), (5, 1)), tf.range(5.0)


def train(eager, seed=3):
    """Return the weights after a training that draws from every generator there is."""
    with seeded(seed):
        layers = [keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        x, y = np.random.normal(size=(24, 4)).astype("float32"), np.random.normal(size=24).astype("float32")
        model.compile("adam", loss=noisy, run_eagerly=eager)
        model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    return [weights.tobytes() for weights in model.get_weights()]


def noisy(y_true, y_pred):
    shape = tf.shape(y_true)
    noise = tf.random.normal(shape) + tf.random.get_global_generator().normal(shape)
    return tf.reduce_mean((y_true + 0.1 * noise - y_pred[:, 0]) ** 2)  # all with all


@pytest.mark.parametrize("eager", [False, True])
def test_a_guarded_training_gives_the_same_numbers_bit_for_bit(eager):
    bare = train(eager)
    with gradcheck.guard(on="collect") as guard:
        guarded = train(eager)
    assert guarded == bare
    assert len(guard.findings) == 1
    assert train(eager, seed=4) != bare  # so what is drawn counts


@pytest.fixture
def broken(monkeypatch):
    """Break the guard where it judges, and let it fail as it does for users."""

    def fault(*_):
        raise ZeroDivisionError("in the guard")

    monkeypatch.setattr("gradcheck.execution.record.watch.likeness", fault)
    monkeypatch.setattr(Guard, "_fail", LET_IT_FAIL)


LET_IT_FAIL = Guard._fail


@pytest.mark.parametrize("on", ["raise", "warn", "collect"])
def test_a_fault_of_the_guard_ends_no_training_and_is_told_once(broken, on):
    step = tf.function(lambda: COLUMN - ROW)
    with pytest.warns(RuntimeWarning, match="please report it") as caught, gradcheck.guard(on=on) as guard:
        made = [COLUMN * ROW, COLUMN + ROW, step()]
    assert [each.shape for each in made] == [(5, 5)] * 3
    (warning,) = [
        each for each in caught if each.category is RuntimeWarning
    ]  # AutoGraph warns on Python 3.13
    assert "ZeroDivisionError: in the guard" in str(warning.message)
    assert "watch.py" in str(warning.message)  # the traceback
    assert (guard.failed, guard.findings) == (True, ())


def test_it_is_told_and_not_raised_where_warnings_are_errors(broken):
    with warnings.catch_warnings(record=True) as caught, gradcheck.guard() as guard:
        warnings.simplefilter("error")
        COLUMN * ROW
    assert guard.failed
    assert ["please report it" in str(warning.message) for warning in caught] == [True]


def test_a_fault_that_cannot_be_told_for_want_of_stack_is_told_on_leaving(broken, monkeypatch):
    def no_room(error):
        monkeypatch.undo()
        raise RecursionError

    monkeypatch.setattr("gradcheck.training.guard.warn_of_our_own", no_room)
    with pytest.warns(RuntimeWarning, match="in the guard") as caught:
        with gradcheck.guard(on="collect") as guard:
            COLUMN * ROW
            assert (len(caught), guard.failed) == (0, True)
        with guard:
            pass
    assert len(caught) == 1


def test_a_program_that_is_near_the_limit_of_recursion_is_not_ended_by_the_guard(monkeypatch):
    monkeypatch.setattr(Guard, "_fail", LET_IT_FAIL)

    def deep(levels):
        return deep(levels - 1) if levels else COLUMN * ROW

    def greatest_depth():
        depth = sys.getrecursionlimit()
        while depth:
            try:
                deep(depth)
                return depth
            except RecursionError:
                depth -= 1
        raise AssertionError

    greatest = greatest_depth()
    # Whether there is room enough to judge depends on the version of Python.
    with warnings.catch_warnings(record=True), gradcheck.guard(on="collect"):
        assert [deep(greatest - less).shape for less in (12, 20, 40)] == [(5, 5)] * 3


def test_the_twin_a_guard_that_works_reports_and_raises():
    with gradcheck.guard(on="collect") as guard:
        COLUMN * ROW
    assert (guard.failed, len(guard.findings)) == (False, 1)
    with pytest.raises(gradcheck.BroadcastError), gradcheck.guard(on="raise"):
        COLUMN * ROW


def test_the_traceback_is_that_of_the_fault():
    try:
        raise ZeroDivisionError("made for it")
    except ZeroDivisionError as error:
        fault = error
    with pytest.warns(RuntimeWarning, match="(?s)Traceback.*made for it"):
        warn_of_our_own(fault)
