"""Large gradients that are checked without computing them in float64."""

import numpy as np
import pytest
import tensorflow as tf

from gradcheck import Case
from gradcheck.comparison import judged as home
from gradcheck.execution.replay import exact, sketches
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.replay.sketches import measured
from gradcheck.execution.run.pair import run_pair
from gradcheck.judgement.differences import norm

RANDOM = np.random.default_rng(0)
BATCH = {"x": RANDOM.normal(size=(8, 30)).astype("float32")}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let gradients of a few hundred numbers be large ones."""
    monkeypatch.setattr(sketches, "LARGE", 500)
    monkeypatch.setattr(exact, "_LARGE", 500)


def pair_of(loss=None, *, factor=1.0):
    """Return the runs of two equal layers, of which the candidate may be a multiple."""
    weights = [
        tf.Variable(RANDOM.normal(size=size).astype("float32")) for size in ((30, 20), (20, 30), (30, 1))
    ]
    loss = loss or (
        lambda x, first, second, last: tf.reduce_mean(tf.nn.relu(tf.nn.relu(x @ first) @ second) @ last)
    )
    return run_pair(
        Case(
            reference=lambda x: loss(x, *weights),
            candidate=lambda x: factor * loss(x, *weights),
            batch=BATCH,
            variables=weights,
        ),
        0,
    )


def norms(run):
    return list(map(norm, run.gradients))


def test_what_is_measured_is_near_what_a_whole_replay_gives():
    run = pair_of().runs[0]
    found, whole = measured(run, norms(run)), float64_gradients(run)
    np.testing.assert_allclose(found.sizes, whole.sizes, rtol=1e-5)
    np.testing.assert_allclose(found.off[2], whole.off[2], rtol=1e-6)  # a small one, which is computed
    ratios = np.divide(found.off[:2], whole.off[:2]) / sketches.SAFETY
    assert (ratios > 0.5).all() and (ratios < 2).all()


def test_a_gradient_that_is_off_in_one_element_is_seen():
    run = pair_of().runs[0]
    run.gradients[0] = run.gradients[0].copy()
    run.gradients[0][3, 4] += np.float32(0.01 * norm(run.gradients[0]))
    assert measured(run, norms(run)) is None


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, first, second, last: tf.reduce_sum(x @ first) + tf.reduce_sum(first**2),
        lambda x, first, second, last: tf.reduce_sum(tf.matmul(first, x, transpose_a=True, transpose_b=True)),
        lambda x, first, second, last: tf.reduce_sum(first @ second),
    ],
    ids=["squared besides", "on the left", "with another variable"],
)
def test_a_matrix_that_is_not_only_multiplied_by_is_replayed_whole(loss):
    run = pair_of(loss).runs[0]
    paths = list(run.start)
    assert paths[0] not in set(sketches._sketched(run.recording, run.start))


def test_only_the_largest_matrix_is_not_widened_again_for_its_gradient(monkeypatch):
    weights = [
        tf.Variable(RANDOM.normal(size=size).astype("float32")) for size in ((30, 20), (20, 30), (30, 40))
    ]

    def loss(x):
        return tf.reduce_mean(tf.nn.relu(tf.nn.relu(x @ weights[0]) @ weights[1]) @ weights[2])

    run = run_pair(Case(reference=loss, candidate=loss, batch=BATCH, variables=weights), 0).runs[0]
    widened, plain = [], exact._ExactMachine._widened

    def noted(machine, tensor):
        widened.append(tuple(tensor.shape))
        return plain(machine, tensor)

    monkeypatch.setattr(exact._ExactMachine, "_widened", noted)
    assert measured(run, norms(run)) is not None
    # What the first one multiplies has no gradient.
    assert [widened.count(size) for size in ((30, 20), (20, 30), (30, 40))] == [1, 2, 1]


def test_what_is_kept_of_a_matrix_is_handed_out_once():
    anew, kept = tf.constant(1.0), tf.constant(2.0)
    again = exact._Widened(lambda: anew, kept)
    assert [again() is kept, again() is anew] == [True, True]
    dropped = exact._Widened(lambda: anew, kept)
    dropped.drop()
    assert dropped() is anew


def test_a_loss_that_assigns_is_replayed_whole():
    kept = tf.Variable(0.0)

    def loss(x, first, second, last):
        kept.assign_add(1.0)
        return tf.reduce_sum(x @ first @ second)

    run = pair_of(loss).runs[0]
    assert measured(run, norms(run)) is None


def test_a_verdict_takes_no_whole_replay_and_a_difference_does(monkeypatch):
    monkeypatch.setattr(home, "_CHEAP", 0)
    equal = pair_of()
    assert {one.verdict for one in home.judged(equal)} == {"equivalent"}
    assert not equal._replays
    different = pair_of(factor=1.001)
    assert {one.verdict for one in home.judged(different)} == {"different"}
    assert len(different._replays) == 2
