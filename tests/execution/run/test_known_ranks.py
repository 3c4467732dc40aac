"""A convolution is not given a tensor of another rank by what is tried: TensorFlow would end the process."""

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.run.known_ranks import KnownRanks, OtherRankError
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import place_of
from gradcheck.repair.language import OWN, Edit, call

X = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")


@pytest.fixture(scope="module")
def run():
    w = tf.Variable(np.full((3, 3, 3, 2), 0.1, "float32"), name="w")

    def loss(x):
        return tf.reduce_mean(tf.square(tf.nn.conv2d(tf.tanh(x), w, 1, "SAME")))

    case = gradcheck.Case(reference=loss, candidate=loss, batch={"x": X}, variables=[w])
    return run_pair(case, 0).runs[1]


def convolved(image):
    return tf.nn.conv2d(image, np.ones((3, 3, 3, 2), "float32"), 1, "SAME")


def test_a_convolution_runs_on_the_ranks_that_it_had_and_on_no_others(run):
    ranks = KnownRanks([run.recording])
    with ranks.kept():
        assert convolved(X).shape == (2, 4, 4, 2)
        assert tf.nn.max_pool2d(X, 2, 1, "SAME").shape == X.shape  # none was recorded: nothing is known
    with ranks.kept(), pytest.raises(OtherRankError, match="Conv2D of tensors of ranks"):
        convolved(X[0])


@pytest.mark.parametrize(("expression", "runs"), [(OWN, True), (call("negative", OWN), True), (None, False)])
def test_an_edit_by_which_a_convolution_would_have_another_rank_is_not_run(run, expression, runs):
    (op,) = [one for one in run.recording.ops if one.type == "Tanh"]
    edit = Edit(place_of(op), expression or call("reduce_sum", OWN, axis=0))
    assert (edited_replay(run.recording, run.start, [edit]) is not None) == runs
