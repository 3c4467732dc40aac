"""What repairs the candidate at a known place gives the reference's loss: that is asked before any gradient."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison.goals import Goals, by_the_loss_first, goal_of
from gradcheck.execution.replay.float64_values import float64_values
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import run_pair
from gradcheck.findings import Finding
from gradcheck.program.places import place_of
from gradcheck.program.work import Work
from gradcheck.repair.language import OWN, Edit, Input, Number, Own, call
from gradcheck.repair.other_batches import OtherBatches
from gradcheck.repair.proposal import Proposal

X = np.random.default_rng(3).uniform(1, 2, size=(5, 3)).astype("float32")


def on(w, quotient):
    return lambda x: tf.reduce_mean(quotient(2.0 + tf.tanh(x * w), 2.0 + x * x))


def right(h, y):
    return h / y


def upside_down(h, y):
    return y / h


def stopped(h, y):
    return tf.stop_gradient(h / y) + 0.0 * h


class Counted:
    """A goal's attempt that counts how often it is asked."""

    def __init__(self, attempt):
        self._attempt, self.asked = attempt, 0

    def applies(self, edits):
        return self._attempt.applies(edits)

    def __call__(self, edits):
        self.asked += 1
        return self._attempt(edits)


def goals_for(candidate):
    """Return the goals as they are and by the loss first, both with counted attempts, and the candidate's `/`."""
    w = tf.Variable([0.3, -0.2, 0.5], name="w")
    case = gradcheck.Case(reference=on(w, right), candidate=on(w, candidate), batch={"x": X}, variables=[w])
    pair = run_pair(case, 0)
    run, goal = pair.runs[1], goal_of(pair, Work())
    goal = replace(goal, attempt=Counted(goal.attempt))
    plain = Goals(goal, OtherBatches(lambda: iter(())), Work(), lambda: iter(()))
    values = {number: tf.constant(value) for number, value in float64_values(run).items()}
    screen = Screen(run.recording, run.start, values, {run.recording.loss: np.array(0.0)}, Work())
    divides = next(op for op in run.recording.ops if op.type == "RealDiv")
    return plain, by_the_loss_first(plain, screen, run.recording), place_of(divides)


TURNED = Own(((0, Input(1)), (1, Input(0))))


@pytest.mark.parametrize(
    ("expression", "works", "asked"),
    [
        (TURNED, True, 1),
        (call("negative", OWN), False, 0),
        (call("stop_gradient", TURNED), False, 1),
    ],
)
def test_a_gradient_is_asked_for_only_where_the_loss_is_right_and_decides_then(expression, works, asked):
    _, goals, place = goals_for(upside_down)
    assert isinstance(goals.own.reached([Edit(place, expression)]), float) == works
    assert goals.own.attempt.asked == asked


def test_a_factor_that_is_found_by_the_loss_is_taken_only_where_the_gradient_agrees():
    def scaled(place):
        found = Finding(cause="other", message="scaled", span=None)
        return Proposal(
            finding=found,
            edits=(Edit(place, call("multiply", Number(1.0, sought=True), OWN)),),
            describe=lambda *_: found,
        )

    _, goals, place = goals_for(lambda h, y: (h / y) * 3.0)
    factor, _ = goals.own.solved(scaled(place))
    assert factor == pytest.approx(1 / 3)
    _, goals, place = goals_for(upside_down)
    assert goals.own.solved(scaled(place)) is None


def test_where_the_losses_agree_already_they_tell_nothing():
    plain, goals, place = goals_for(stopped)
    assert goals is plain
    assert goals.own.reached([Edit(place, OWN)]) == "differs"
