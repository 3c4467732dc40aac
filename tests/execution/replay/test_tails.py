"""What two runs do after what they share: what agrees there agrees as a whole, and what does not differs."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison.goals import goal_of
from gradcheck.execution.replay import tails
from gradcheck.execution.replay.attempts import Attempts
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import place_of
from gradcheck.program.recording import SHARED
from gradcheck.program.work import Work
from gradcheck.repair.goal import Goal
from gradcheck.repair.language import OWN, Edit, call

LAYERS = 8


@pytest.fixture(autouse=True)
def however_small(monkeypatch):
    monkeypatch.setattr(tails, "_LEAST", 1)


@pytest.fixture(scope="module")
def weights():
    draw = np.random.default_rng(0)
    return [tf.Variable(draw.normal(size=(3, 3)).astype("float32"), name=f"w{one}") for one in range(LAYERS)]


@pytest.fixture
def model(weights):
    def model(x):
        for one in weights:
            x = tf.tanh(x @ one)
        return x

    return model


def pair_of(reference, candidate, weights, samples=4):
    gradcheck.execution.start()
    batch = {"x": np.random.default_rng(1).normal(size=(samples, 3)).astype("float32")}
    return run_pair(
        gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=weights), 0
    )


def gradients(run):
    found = edited_replay(run.recording, run.start, ())
    return [np.zeros(1) if one is None else one for one in found.gradients]


def agree(pair):
    return all(
        np.allclose(one, other, rtol=1e-6) for one, other in zip(*map(gradients, pair.tails), strict=True)
    )


def ran(run):
    return [op.type for op in run.recording.ops if op.outputs]


def test_what_agrees_after_what_is_shared_agrees_as_a_whole_and_a_fault_shows_there(model, weights):
    def squared(x):
        return tf.reduce_mean(model(x) ** 2)

    for fault, right in ((1.0, True), (1.5, False)):
        pair = pair_of(squared, lambda x, fault=fault: fault * tf.reduce_mean(model(x) * model(x)), weights)
        assert ran(pair.runs[0]).count("MatMul") == LAYERS
        assert ran(pair.tails[0]).count("MatMul") == ran(pair.tails[1]).count("MatMul") == 0
        assert agree(pair) == right
        whole = zip(*(side.gradients for side in pair.float64), strict=True)
        assert all(np.allclose(*each, rtol=1e-6) for each in whole) == right


def test_what_is_read_in_the_middle_is_where_the_rest_begins(model, weights):
    def early(x):
        middle = tf.tanh(x @ weights[0])
        late = middle
        for one in weights[1:]:
            late = tf.tanh(late @ one)
        return middle, late

    def penalised(x):
        middle, late = early(x)
        return tf.reduce_sum(late**2) + tf.reduce_sum(middle**2)

    def otherwise(x):
        middle, late = early(x)
        return tf.reduce_sum(late**2) + tf.reduce_sum(tf.abs(middle))

    pair = pair_of(penalised, otherwise, weights)
    assert pair.tails is pair.runs, "nearly all of it follows from what both read"


REASONS = {
    "the rest is most of it": lambda model, w: (
        lambda x: tf.reduce_mean(model(x) ** 2),
        lambda x: tf.reduce_mean(model(1.0 * x) ** 2),
    ),
    "a variable is assigned to": lambda model, w: (
        lambda x: tf.reduce_mean(model(x) ** 2) + 0.0 * tf.reduce_sum(w[0].assign(w[0])),
        lambda x: tf.reduce_mean(model(x) * model(x)),
    ),
    "both give the other variables no gradient": lambda model, w: (
        lambda x: tf.reduce_mean(0.0 * model(x) ** 2),
        lambda x: tf.reduce_mean(0.0 * model(x) * model(x)),
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_nothing_is_left_out_where(reason, model, weights):
    pair = pair_of(*REASONS[reason](model, weights), weights)
    assert pair.tails is pair.runs


def test_more_numbers_than_there_are_weights_do_not_tell(model, weights):
    def both(samples):
        return pair_of(
            lambda x: tf.reduce_mean(model(x) ** 2),
            lambda x: tf.reduce_sum(model(x) ** 2),
            weights,
            samples=samples,
        )

    few, many = both(4), both(40)
    assert few.tails is not few.runs
    assert many.tails is many.runs


@pytest.mark.parametrize(("factor", "reached"), [(1.0, True), (1 + 1e-4, False)])
def test_what_differs_a_little_as_a_whole_differs_after_what_is_shared(model, weights, factor, reached):
    pair = pair_of(
        lambda x: tf.reduce_mean(model(x) ** 2), lambda x: factor * tf.reduce_mean(model(x) ** 2), weights
    )
    goal = goal_of(pair, Work())
    assert isinstance(goal.ahead.reached(()), float) == isinstance(goal.whole(()), float) == reached


def test_an_edit_of_what_is_shared_is_not_tried_on_the_rest(model, weights):
    pair = pair_of(lambda x: tf.reduce_mean(model(x) ** 2), lambda x: tf.reduce_sum(model(x) ** 2), weights)
    whole, rest = pair.runs[1], pair.tails[1]
    attempts = Attempts(rest.recording, rest.start, Work())
    applies = {
        op.type: attempts.applies([Edit(place_of(op), call("negative", OWN))])
        for op in whole.recording.ops
        if op.outputs and op.site is not None
    }
    assert applies["Sum"]
    assert not applies["MatMul"]
    left_out = (op for op in rest.recording.ops if op.type == SHARED)
    assert "MatMul" in {op.attributes[SHARED] for op in left_out}


def test_a_fault_behind_a_large_model_is_proved_on_the_whole_gradients(model, weights):
    report = gradcheck.diff(
        gradcheck.Case(
            reference=lambda x: tf.reduce_mean(model(x) ** 2),
            candidate=lambda x: tf.reduce_sum(model(x) ** 2),
            batch={"x": np.random.default_rng(1).normal(size=(4, 3)).astype("float32")},
            variables=weights,
        )
    )
    assert report.findings[0].verified
    assert report.findings[0].fix.text == "tf.reduce_mean(model(x) ** 2)"


def test_of_what_fails_as_a_whole_nothing_is_said(model, weights, monkeypatch):
    monkeypatch.setattr("gradcheck.comparison.rewritten.is_refuted", lambda *_: None)  # no text can be run
    monkeypatch.setattr("gradcheck.comparison.searched.shortened", lambda place, found, goals: found)
    asked = []
    whole = Goal.whole

    def fails(goal, edits):
        asked.append(edits)
        return "differs" if goal.provisional else whole(goal, edits)

    monkeypatch.setattr(Goal, "whole", fails)
    report = gradcheck.diff(
        gradcheck.Case(
            reference=lambda x: tf.reduce_mean(model(x) ** 2),
            candidate=lambda x: tf.reduce_sum(model(x) ** 2),
            batch={"x": np.random.default_rng(1).normal(size=(4, 3)).astype("float32")},
            variables=weights,
        )
    )
    assert asked
    assert not any(one.fix is not None and one.fix.text == one.proof.tried for one in report.findings)
