"""Where the sides part: the first result without a counterpart, and no more said of it than was compared."""

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.divergence import divergences
from gradcheck.explanation.groups import Groups

N = 6


def a_case(reference, candidate):
    draw = np.random.default_rng(0)
    w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
    batch = {
        "states": draw.normal(size=(N, 4)).astype("float32"),
        "actions": np.array([1, 0, 2, 1, 2, 0]),
        "rewards": draw.normal(size=N).astype("float32"),
    }
    return gradcheck.Case(
        reference=lambda states, actions, rewards: reference(w, states, actions, rewards),
        candidate=lambda states, actions, rewards: candidate(w, states, actions, rewards),
        batch=batch,
        variables=[w],
    )


def parting(candidate, reference=None):
    """Return, for each divergence: the expression, and how what it reads and its result stand."""
    gradcheck.execution.start()
    runs = run_pair(a_case(reference or one_by_one, candidate), 0).runs
    reference, candidate = (Groups(run.recording, *points_of(run).arrays()) for run in runs)
    found = divergences(Alignment(candidate, reference))
    return [(one.op.span.text, one.reads, one.result) for one in found]


def one_by_one(w, states, actions, rewards):
    total = 0.0
    for state, action, reward in zip(states, actions, rewards, strict=True):
        total -= tf.nn.log_softmax(state[None] @ w)[0][action] * reward
    return total / N


def gathered(**settings):
    def loss(w, states, actions, rewards):
        logp = tf.nn.log_softmax(states @ w)
        taken = tf.gather(logp, actions, **settings)
        if "axis" in settings:
            taken = taken[:, 0]
        weighted = taken * rewards
        return -tf.reduce_sum(weighted) / N

    return loss


def test_numbers_of_the_reference_that_are_the_wrong_ones_are_followed_back_to_what_took_them():
    (found,) = parting(gathered(axis=1))
    assert found == ("tf.gather(logp, actions, **settings)", "same", "numbers")


def test_the_right_ones_have_their_counterpart():
    (found,) = parting(gathered(batch_dims=1))
    assert found == ("-tf.reduce_sum(weighted) / N", "same", "same")


def test_a_result_that_the_reference_has_not():
    def loss(w, states, actions, rewards):
        taken = tf.gather(tf.nn.log_softmax(states @ w), actions, batch_dims=1)
        squared = tf.square(taken)
        return -tf.reduce_sum(squared * rewards) / N

    assert parting(loss) == [("tf.square(taken)", "same", "no")]


def test_of_an_expression_that_runs_twice_one_run_may_be_what_the_reference_has():
    def right(w, states, actions, rewards):
        return tf.reduce_sum(tf.exp(tf.tanh(states @ w)))

    def wrong(w, states, actions, rewards):
        once, often = (tf.tanh(times * (states @ w)) for times in (1.0, 3.0))
        return tf.reduce_sum(tf.square(once)) + tf.reduce_sum(often)

    assert ("tf.square(once)", "numbers", "no") in parting(wrong, right)
    notes = [note for one in gradcheck.diff(a_case(right, wrong)).findings for note in one.notes]
    assert any("occur in the reference, but only as individual numbers" in note for note in notes)


def test_what_only_occurs_by_its_numbers_is_not_said_to_be_there_as_a_whole():
    """Both formulations need each state twice; the candidate puts them into one array first."""

    def reference(w, states, actions, rewards):
        return tf.reduce_mean(tf.tanh(states @ w)) + tf.reduce_mean(tf.tanh(-states @ w))

    def candidate(w, states, actions, rewards):
        both = tf.tanh(tf.concat([states, -states], axis=0) @ w)
        return 2.0 * tf.reduce_mean(tf.exp(both))

    assert parting(candidate, reference) == [("tf.exp(both)", "numbers", "no")]


def test_of_two_ops_alike_in_each_run_each_has_its_counterpart():
    def layers(row, w):
        return tf.tanh(tf.tanh(row @ w) @ w[:3])

    def reference(w, states, actions, rewards):
        return tf.add_n([tf.reduce_sum(layers(state[None], w)) for state in states])

    def candidate(w, states, actions, rewards):
        return tf.reduce_sum(tf.exp(layers(states, w)))

    (found,) = parting(candidate, reference)
    assert found == ("tf.exp(layers(states, w))", "same", "no")


def test_what_has_the_right_numbers_and_another_derivative_is_said_to_be_missing():
    def candidate(w, states, actions, rewards):
        stopped = tf.stop_gradient(one_by_one(w, states, actions, rewards))
        return stopped * 1.0

    expression = "tf.stop_gradient(one_by_one(w, states, actions, rewards))"
    assert parting(candidate) == [(expression, "same", "no")]


def test_what_is_said(monkeypatch):
    """Nothing else that the search tries puts the exponential function right."""
    monkeypatch.setattr("gradcheck.comparison.shortest.altered", lambda *given: iter(()))
    right = gathered(batch_dims=1)
    report = gradcheck.diff(a_case(one_by_one, lambda *given: tf.exp(tf.exp(right(*given)))), work=1_000)
    (finding,) = [one for one in report.findings if one.cause == "other"]
    said = f"{finding.message} {' '.join(finding.notes)}"
    assert "may itself be right" in said
    assert "holds numbers that do not occur there with the same derivative" in said
    assert "in some order" in said
    assert "no edit that was tried" in said


def test_elements_that_are_taken_in_all_combinations_are_located():
    report = gradcheck.diff(a_case(one_by_one, gathered(axis=1)), work=1_000)
    first = report.findings[0]
    assert first.verified
    assert first.cause == "index"
    assert first.span.text == "tf.gather(logp, actions, **settings)"


def test_where_none_was_tried_no_edit_is_said_to_have_been(monkeypatch):
    monkeypatch.setattr("gradcheck.comparison.explain.propose_all", lambda evidence: [])
    (finding,) = gradcheck.diff(a_case(one_by_one, gathered(axis=1))).findings
    assert finding.cause == "index"
    assert "no edit" not in " ".join(finding.notes)
