"""A recording replayed with edits: they compose, and what does not go with it is told from a fault of ours."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.ops.float64_kernels import float64_kernel
from gradcheck.execution.replay import attempts as attempts_home
from gradcheck.execution.replay.adapting_machine import AdaptingMachine
from gradcheck.execution.replay.attempts import Attempts
from gradcheck.execution.replay.edit_ops import MisfitError
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import Place, place_of
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.language import (
    OWN,
    At,
    Edit,
    Input,
    Number,
    Own,
    call,
    with_input,
)
from support.settings import with_settings


@functools.cache
def weights():
    return tf.Variable(np.linspace(0.2, 1, 12).reshape(3, 4).astype("float32"), name="w")


def run_of(loss):
    gradcheck.execution.start()
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    case = gradcheck.Case(reference=loss, candidate=loss, batch={"x": x}, variables=[weights()])
    return run_pair(case, 0).runs[1]


def place(run, kind, number=0):
    return place_of([op for op in run.recording.ops if op.type == kind][number])


def gradient(loss, *edits):
    run = run_of(loss)
    replay = edited_replay(
        run.recording, run.start, [Edit(place(run, kind), change) for kind, change in edits]
    )
    return None if replay is None else replay.gradients[0]


def reduced(reduce, axis, wrap=tf.identity):
    return lambda x: tf.reduce_mean(tf.exp(wrap(reduce(tf.tanh(x @ weights()), axis=axis))))


OF_ONE_OP = {
    "its type and its axes": (Own(kind="Sum"), with_settings(axis=1), reduced(tf.reduce_sum, 1)),
    "its type and its input": (
        Own(kind="Sum"),
        with_input(0, lambda one: call("negative", one)),
        lambda x: tf.reduce_mean(tf.exp(tf.reduce_sum(-tf.tanh(x @ weights()), axis=0))),
    ),
    "its axes and its output": (
        with_settings(axis=1),
        call("negative", OWN),
        reduced(tf.reduce_mean, 1, tf.negative),
    ),
}


@pytest.mark.parametrize("what", OF_ONE_OP)
@pytest.mark.parametrize("turned", [False, True])
def test_two_edits_of_one_op_compose_in_whatever_order_they_are_given(what, turned):
    *changes, wanted = OF_ONE_OP[what]
    edits = [("Mean", change) for change in changes]
    made = gradient(reduced(tf.reduce_mean, 0), *(edits[::-1] if turned else edits))
    np.testing.assert_allclose(made, gradient(wanted), rtol=1e-6)


def test_two_edits_that_make_the_same_result_do_not_go_together():
    changes = with_settings(axis=1), with_settings(axis=(0, 1))
    assert gradient(reduced(tf.reduce_mean, 0), *(("Mean", change) for change in changes)) is None
    assert gradient(reduced(tf.reduce_mean, 0), ("Mean", changes[0])) is not None


def test_the_mean_of_a_scalar_takes_whatever_an_edit_makes_of_it():
    made = gradient(
        lambda x: tf.reduce_mean(tf.reduce_sum(tf.tanh(x @ weights()))),
        ("Sum", with_settings(axis=1)),
    )
    wanted = gradient(lambda x: tf.reduce_mean(tf.reduce_sum(tf.tanh(x @ weights()), axis=1)))
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


# What does not go with a recording.

ELSEWHERE = Place(None, "Softmax")


@pytest.mark.parametrize("change", [At(ELSEWHERE, which=0), Own(((0, At(ELSEWHERE)),))])
def test_an_edit_that_reads_what_is_not_run_cannot_be_run(change):
    run = run_of(reduced(tf.reduce_mean, 0))
    edit = Edit(place(run, "Exp"), change)
    assert edited_replay(run.recording, run.start, [edit]) is None
    attempts = Attempts(run.recording, run.start, Work())
    assert not attempts.applies([edit])
    assert not attempts.applies([Edit(ELSEWHERE, Input(0))])
    assert attempts.applies([Edit(place(run, "Exp"), Input(0))])


def test_an_input_that_another_batch_does_not_have_cannot_be_changed():
    assert (
        gradient(reduced(tf.reduce_mean, 0), ("Exp", with_input(7, lambda one: call("negative", one))))
        is None
    )


def test_a_change_of_which_nobody_thought_is_a_fault_and_no_misfit():
    with pytest.raises(AssertionError):
        gradient(reduced(tf.reduce_mean, 0), ("Exp", object()))


# What it costs.


def test_the_cost_of_a_replay_is_its_ops_and_counts_large_tensors_more():
    small = run_of(reduced(tf.reduce_mean, 0)).recording
    assert replay_cost(small) == len(small.ops)
    large = run_of(
        lambda x: tf.reduce_mean(tf.exp(tf.zeros((128, 128)) + tf.reduce_sum(x @ weights())))
    ).recording
    assert replay_cost(large) > len(large.ops)


def test_each_attempt_counts():
    run, work = run_of(reduced(tf.reduce_mean, 0)), Work()
    attempts = Attempts(run.recording, run.start, work)
    attempts([])
    attempts([Edit(place(run, "Exp"), Input(0))])
    assert work.spent == 2 * len(run.recording.ops)


def test_what_was_tried_is_kept_while_it_is_small(monkeypatch):
    run, replayed = run_of(reduced(tf.reduce_mean, 0)), []

    def noted(recording, start, edits):
        replayed.append(edits)
        return edited_replay(recording, start, edits)

    monkeypatch.setattr(attempts_home, "edited_replay", noted)
    edits = [[Edit(place(run, "Exp"), Own(((0, Number(number)),)))] for number in (1.0, 2.0)]
    size = sum(int(tf.size(value)) for value in run.start.values())
    for room, tried in ((2 * size, 2), (size, 4)):
        monkeypatch.setattr(attempts_home, "_KEPT_OF_SEVERAL", room)
        attempts = Attempts(run.recording, run.start, Work())
        replayed.clear()
        first, second, *again = [attempts(edit) for edit in (*edits, *edits)]
        assert len(replayed) == tried
        assert [found.value for found in again] == [first.value, second.value]
        assert first.value != second.value


def test_an_op_that_is_given_what_it_was_in_float64_gives_what_it_would_if_that_were_not_seen(monkeypatch):
    """Most of what is tried changes numbers and no shapes: then nothing about the op has to adapt."""
    run = run_of(reduced(tf.reduce_mean, 0))
    edit = Edit(place(run, "Exp"), Own(((0, call("negative", Input(0))),)))
    quick = edited_replay(run.recording, run.start, [edit])
    monkeypatch.setattr(AdaptingMachine, "_are_as_recorded", lambda *_: False)
    slow = edited_replay(run.recording, run.start, [edit])
    assert quick.value == slow.value
    np.testing.assert_array_equal(quick.gradients, slow.gradients)


@pytest.mark.parametrize(
    ("given", "changed", "seen"),
    [
        (tf.zeros((5, 4), tf.float64), (), True),
        (tf.zeros((5, 4), tf.float64), (0,), True),
        (tf.zeros((4, 5), tf.float64), (), False),
        (tf.zeros((5, 4), tf.int32), (0,), False),
    ],
)
def test_an_op_adapts_to_another_shape_and_to_a_changed_number(given, changed, seen):
    run = run_of(lambda x: tf.reduce_sum((x @ weights()) * 2.0))
    machine = AdaptingMachine(run.recording, run.start, float64=True)
    product = next(op for op in run.recording.ops if op.type == "Mul")
    machine.changed.update(product.inputs[slot] for slot in changed)
    assert machine._are_as_recorded(product, [given, tf.constant(2.0, tf.float64)]) is seen


def test_shapes_that_no_longer_go_together_do_not_grow_without_bound():
    """Broadcast against each other op after op, they would end in billions of numbers."""
    run = run_of(lambda x: tf.reduce_sum((x @ weights()) * 2.0))
    machine = AdaptingMachine(run.recording, run.start, float64=True)
    product = next(op for op in run.recording.ops if op.type == "Mul")

    def outer(n):
        return machine.adapted(product, "Mul", [tf.zeros((n, 1), tf.float64), tf.zeros((1, n), tf.float64)])

    assert outer(35)[0].shape == (35, 35)  # 64 times the 20 numbers of the product are 1280
    with pytest.raises(MisfitError, match="would handle 1296 numbers"):
        outer(36)
    with pytest.raises(MisfitError, match="would handle 1300 numbers"):
        machine.adapted(product, "Mul", [tf.zeros((1300,), tf.float64), tf.zeros((), tf.float64)])


def test_a_range_of_tiny_steps_is_not_made():
    run = run_of(lambda x: tf.reduce_sum((x @ weights())[:, 0] * tf.range(0.0, 5.0)))
    machine = AdaptingMachine(run.recording, run.start, float64=True)
    counted = next(op for op in run.recording.ops if op.type == "Range")

    def with_step(step):
        given = [tf.constant(one, tf.float64) for one in (0.0, 5.0, step)]
        return machine.adapted(counted, "Range", given)

    assert with_step(0.5)[0].shape == (10,)
    for step in (1e-8, -1e-8):
        with pytest.raises(MisfitError, match="too many numbers"):
            with_step(step)


@pytest.mark.parametrize("rank", range(5))
def test_a_convolution_of_anything_else_has_no_kernel_of_its_own_that_could_fail(rank):
    wrong = tf.zeros([2] * rank, tf.float64)
    right = tf.zeros([3, 3, 2, 4], tf.float64)
    made = float64_kernel("Conv2D", [wrong, right])
    assert made is None or rank == 0
    assert float64_kernel("Conv2D", [tf.zeros([1, 4, 4, 4]), right]) is not None, "grouped: it has one"
