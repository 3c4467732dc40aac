"""The quantities of a run at two points: what is not computed again is what it would be."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.replay.machine import Machine
from gradcheck.execution.replay.points import moved, points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.recording import NO_NUMBERS

w = tf.Variable([[0.5], [-0.25], [1.0]], name="w")


def loop(x, y):
    targets = tf.unstack(tf.nn.softmax(tf.stack([2.0 * value for value in tf.unstack(y)])))
    errors = [(row[None] @ w)[0, 0] * tf.exp(w[1, 0]) - value for row, value in zip(x, targets, strict=True)]
    return tf.reduce_mean(tf.square(tf.stack(errors)))


def detached(x, y):
    scale = tf.stop_gradient(tf.norm(w))
    return tf.reduce_mean(scale * tf.square(tf.squeeze(x @ w, axis=1) - y))


def run_of(loss):
    gradcheck.execution.start()
    draw = np.random.default_rng(3)
    batch = {"x": draw.normal(size=(4, 3)).astype("float32"), "y": draw.normal(size=4).astype("float32")}
    return run_pair(gradcheck.Case(reference=loss, candidate=loss, batch=batch, variables=[w]), 0).runs[0]


def replayed(run, start):
    """Return all tensors of a run, replayed in float64 from other variables."""
    machine = Machine(run.recording, start, float64=True)
    for op in run.recording.ops:
        machine.run(op)
    numbers = {number for op in run.recording.ops for number in (*op.inputs, *op.outputs)}
    readable = [n for n in numbers if run.recording.tensors[n].dtype not in NO_NUMBERS]
    return {number: machine.tensor(number).numpy() for number in readable}


def apart(ones, others):
    """Return the numbers of the tensors that are not bit for bit the same."""
    assert ones.keys() == others.keys()
    return {number for number in ones if not np.array_equal(ones[number], others[number])}


@pytest.mark.parametrize("side", ["here", "there"])
def test_either_point_is_a_replay_from_its_variables(side):
    run = run_of(loop)
    start = run.start if side == "here" else moved(run.start)
    here, there = points_of(run).arrays()
    assert not apart(here if side == "here" else there, replayed(run, start))


def test_what_no_variable_moves_is_one_tensor_at_both_points_and_what_one_moves_is_not():
    run = run_of(loop)
    points = points_of(run)
    shared = {number for number in points.here if points.here[number] is points.there[number]}
    still = {
        op.outputs[0] for op in run.recording.ops if op.type in ("Mul", "Softmax")
    } - run.recording.trainable
    assert still and still <= shared
    assert shared.isdisjoint(run.recording.trainable)
    assert run.recording.trainable & points.here.keys() <= apart(*points.arrays())


def test_what_no_gradient_passes_stays_and_what_follows_moves():
    run = run_of(detached)
    here, there = points_of(run).arrays()
    stopped = {op.outputs[0] for op in run.recording.ops if op.type == "StopGradient"}
    norms = {number for op in run.recording.ops if op.outputs[0] in stopped for number in op.inputs}
    assert stopped.isdisjoint(apart(here, there)) and norms <= apart(here, there)
    assert stopped <= apart(there, replayed(run, moved(run.start)))
    assert run.recording.loss in apart(here, there)


@pytest.mark.parametrize("loss", [loop, detached])
def test_what_a_float64_replay_held_is_what_is_computed_at_the_first_point(loss):
    run = run_of(loss)
    held = float64_gradients(run, hold=True).tensors
    assert held and not float64_gradients(run).tensors
    for known, found in zip(points_of(run, held).arrays(), points_of(run).arrays(), strict=True):
        assert not apart(known, found)
