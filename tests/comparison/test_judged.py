"""How many replays a comparison takes."""

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import judged
from gradcheck.execution.run import pair

SAMPLES = 64
X = np.random.default_rng(0).normal(size=(SAMPLES, 3)).astype("float32")


def loop(x, w):
    return tf.add_n([tf.reduce_sum(tf.tanh(x[i] * w)) for i in range(SAMPLES)]) / SAMPLES


def vectorised(x, w):
    return tf.reduce_sum(tf.tanh(x * w)) / SAMPLES


@pytest.fixture
def replayed(monkeypatch):
    """Return the sides that were replayed in float64 so far."""
    sides, replay = [], pair.float64_gradients

    def noted(run, **how):
        sides.append(run.side)
        return replay(run, **how)

    monkeypatch.setattr(pair, "float64_gradients", noted)
    return sides


def compared(reference, candidate, *, start=(0.3, -0.2, 0.1), **options):
    w = tf.Variable(np.float32(start), name="w")
    case = gradcheck.Case(
        reference=lambda x: reference(x, w),
        candidate=lambda x: candidate(x, w),
        batch={"x": X},
        variables=[w],
    )
    return gradcheck.diff(case, budget=0, **options)


@pytest.mark.parametrize(
    ("reference", "candidate", "side"),
    [(loop, vectorised, "candidate"), (vectorised, loop, "reference")],
)
def test_only_the_shorter_side_is_replayed_where_the_gradients_agree(replayed, reference, candidate, side):
    report = compared(reference, candidate)
    assert (report.verdict, replayed) == ("equivalent", [side])
    assert report.to_dict()["variables"][0]["relative_difference_float64"] is None
    assert "one side" in " ".join(str(report).split())


def test_both_sides_are_replayed_on_request_and_the_verdict_is_the_same(replayed):
    report = compared(loop, vectorised, exact=True)
    assert (report.verdict, replayed) == ("equivalent", ["reference", "candidate"])
    assert report.variables[0].judgement.relative_float64 < 1e-12
    assert "one side" not in " ".join(str(report).split())


def test_both_sides_are_replayed_where_that_takes_no_time(replayed):
    report = compared(vectorised, lambda x, w: tf.reduce_mean(tf.reduce_sum(tf.tanh(x * w), 1)))
    assert (report.verdict, sorted(replayed)) == ("equivalent", ["candidate", "reference"])


def test_both_sides_are_replayed_where_they_differ(replayed):
    assert compared(loop, lambda x, w: 1.001 * vectorised(x, w)).verdict == "different"
    assert sorted(replayed) == ["candidate", "reference"]


@pytest.mark.parametrize("half", [tf.float16, tf.float32])
def test_a_gradient_that_underflows_on_both_sides_alike_is_not_equivalent(replayed, half):
    """...as it would be by the gradients as they ran, which are the same."""

    def small(loss):
        def scaled(x, w):
            return tf.cast(tf.cast(loss(tf.cast(x, half), tf.cast(w, half)), half) * 1e-7, half)

        return scaled

    report = compared(small(loop), small(vectorised))
    assert report.verdict == ("unstable" if half == tf.float16 else "equivalent")
    assert len(replayed) == (2 if half == tf.float16 else 1)


def test_a_variable_whose_gradient_is_exactly_zero_has_both_sides_replayed(replayed):
    """...for it may be lost on the one side alone."""

    def dead(loss):
        return lambda x, w: loss(x, w) + tf.reduce_sum(tf.nn.relu(-1.0 - w * w)) - tf.reduce_sum(0.0 * w)

    report = compared(dead(loop), dead(lambda x, w: 0.0 * vectorised(x, w)))
    assert (report.verdict, len(replayed)) == ("different", 2)


def test_how_many_ops_are_cheap_is_less_than_a_loop_has():
    assert judged._CHEAP < 2 * SAMPLES
