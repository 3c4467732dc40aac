"""What no sample takes was not compared: where gradients agree, and where a fix makes them agree, that is said."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

import gradcheck

N = 8
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(N, 3)).astype("float32")
OTHER = DRAW.normal(size=(N, 3)).astype("float32")
HIGH, LOW = DRAW.normal([[9.0], [0.0]], 1.0, size=(2, 3)).astype("float32")


def report(reference, candidate, **batch):
    w = tf.Variable([0.1, -0.2, 0.3], name="w")
    case = gradcheck.Case(
        reference=lambda **b: reference(w, b),
        candidate=lambda **b: candidate(w, b),
        batch={"x": X, **batch},
        variables=[w],
    )
    return gradcheck.diff(case)


def plain(w, b):
    return tf.reduce_mean(tf.square(tf.linalg.matvec(b["x"], w)))


def clipped(w, b, bound=5.0):
    return tf.reduce_mean(tf.square(tf.clip_by_value(tf.linalg.matvec(b["x"], w), -bound, bound)))


def test_a_bound_that_no_sample_reaches_and_one_side_has_was_not_compared():
    found = report(plain, clipped)
    assert found.verdict == "equivalent"
    assert found.reason == (
        "the gradient of 1 variable agrees up to rounding; on these samples nothing comes of `-bound` or `bound` "
        'in the candidate\'s `tf.clip_by_value(tf.linalg.matvec(b["x"], w), -bound, bound)`, and the reference '
        "has no such numbers: that was not compared"
    )
    assert "in the reference's `tf.clip_by_value" in report(clipped, plain).reason


def test_the_twin_a_bound_that_both_have_was_compared():
    assert "not compared" not in report(clipped, clipped).reason
    other = report(clipped, lambda w, b: clipped(w, b, bound=4.0)).reason
    assert other.count("was not compared") == 2


def test_the_twin_a_bound_that_is_reached_makes_the_sides_differ():
    assert report(plain, lambda w, b: clipped(w, b, bound=0.1)).verdict == "different"


def test_what_keeps_a_logarithm_finite_is_no_news():
    def guarded(w, b):
        return tf.reduce_mean(tf.math.log(tf.maximum(tf.sigmoid(tf.linalg.matvec(b["x"], w)), 1e-8)))

    def bare(w, b):
        return tf.reduce_mean(tf.math.log(tf.sigmoid(tf.linalg.matvec(b["x"], w))))

    found = report(bare, guarded)
    assert (found.verdict, "not compared" in found.reason) == ("equivalent", False)


def test_nor_is_what_a_function_of_a_library_chooses_among():
    def by_hand(w, b):
        x = b["x"] * w
        return tf.reduce_mean(x[:, 0] * tf.math.rsqrt(tf.reduce_sum(x * x, 1)))

    found = report(by_hand, lambda w, b: tf.reduce_mean(tf.math.l2_normalize(b["x"] * w, 1)[:, 0]))
    assert (found.verdict, "not compared" in found.reason) == ("equivalent", False)


def test_of_many_bounds_two_are_told():
    def often(w, b):
        x = tf.clip_by_value(tf.linalg.matvec(b["x"], w), -15.0, 15.0)
        y = tf.minimum(x, 16.0)
        y = tf.minimum(y, 17.0)
        y = tf.minimum(y, 18.0)
        return tf.reduce_mean(tf.square(y))

    reason = report(plain, often).reason
    assert reason.count("nothing comes of") == 2 and reason.endswith("; nor were 2 more such choices")


@given(st.integers(1, N), st.sampled_from([1e-3, 0.5, 0.999, 1.001, 2.0, 1e5]))
def test_a_minimum_is_told_exactly_where_the_other_operand_is_nowhere_the_smaller_one(samples, share):
    x = X[:samples]
    bound = share * np.linalg.norm(x, axis=1).max()

    def bounded(w, b):
        return tf.reduce_mean(tf.minimum(tf.norm(b["x"] + 0.0 * w, axis=1), b["bound"]) * w[0])

    def free(w, b):
        return tf.reduce_mean(tf.norm(b["x"] + 0.0 * w, axis=1) * w[0])

    found = report(free, bounded, x=x, bound=np.float32(bound))
    told = '`b["bound"]` in the candidate\'s `tf.minimum' in found.reason
    assert (found.verdict, told) == (("equivalent", True) if share > 1 else ("different", False))


@pytest.mark.parametrize("further", [0.0, 9.0])
def test_a_fix_says_nothing_of_what_no_sample_takes_unless_the_reference_has_it_too(further):
    def critic(weights, x):
        return tf.linalg.matvec(x, weights)

    def least(w, b):
        values = [critic(b["high"], b["after"]), critic(b["low"], b["after"])]
        target = tf.reduce_min(tf.stack(values), axis=0)
        return tf.reduce_mean(tf.square(critic(w, b["x"]) - target))

    def smaller(w, b):
        x, after = b["x"], b["after"]
        high = critic(b["high"] + further, after)
        low = critic(b["low"], x)
        return tf.reduce_mean(tf.square(critic(w, x) - tf.minimum(high, low)))

    found = report(least, smaller, after=np.abs(OTHER), high=HIGH, low=LOW).findings[0]
    assert found.verified and found.fix.text == 'critic(b["low"], after)'
    told = [note for note in found.notes if note.endswith("has no such numbers: that was not compared")]
    assert [note.startswith("on these samples nothing comes of `high`") for note in told] == [True] * bool(
        further
    )


def test_a_bound_of_the_references_that_the_repaired_candidate_lacks_is_told_as_well():
    def doubled(w, b):
        return tf.reduce_mean(tf.square(2.0 * tf.linalg.matvec(b["x"], w)))

    for bound, notes in ((5.0, 1), (0.2, 0)):
        found = report(lambda w, b, bound=bound: clipped(w, b, bound), doubled).findings
        told = [note for one in found for note in one.notes if "in the reference's `tf.clip_by_value" in note]
        assert len(told) == notes


def test_what_is_taken_where_a_mask_is_zero_is_not_taken():
    def masked(w, b):
        value = tf.linalg.matvec(b["x"], w)
        kept = tf.minimum(value, b["bound"])
        return tf.reduce_sum(kept * b["mask"]) / tf.reduce_sum(b["mask"])

    def summed(w, b):
        value = 2.0 * tf.linalg.matvec(b["x"], w)
        return tf.reduce_sum(value * b["mask"]) / tf.reduce_sum(b["mask"])

    mask = np.array([0, 1, 1, 1, 1, 1, 1, 1], "float32")
    for bound, told in ((np.where(mask, 9.0, -9.0), True), (np.where(mask, 0.1, -9.0), False)):
        found = report(summed, masked, mask=mask, bound=bound.astype("float32") + X[:, 0] / 100)
        assert any("nothing comes of" in note for one in found.findings for note in one.notes) == told


@pytest.mark.parametrize(("bound", "told"), [(5.0, 2), (0.1, 0)])
def test_what_moves_the_loss_and_not_its_gradients_is_taken(bound, told):
    def capped(w, b):
        values = tf.linalg.matvec(b["x"], w)
        return tf.reduce_mean(tf.minimum(values, bound)) + tf.reduce_mean(tf.square(values))

    def doubled(w, b):
        values = tf.linalg.matvec(b["x"], 2.0 * w)
        return 0.5 * tf.reduce_mean(tf.minimum(values, 2.0 * bound)) + 0.25 * tf.reduce_sum(tf.square(values))

    found = report(capped, doubled).findings[0]
    assert found.verified
    assert sum("that was not compared" in note for note in found.notes) == told


def test_nothing_is_said_of_a_choice_that_a_fix_writes_otherwise():
    def narrow(w, b):
        value = tf.linalg.matvec(b["x"], w)
        return tf.reduce_mean(tf.exp(tf.clip_by_value(value, -20.0, 2.5)) * value)

    def saturated(w, b):
        value = tf.linalg.matvec(b["x"], w)
        held = tf.clip_by_value(value, -20.0, -2.5)
        return tf.reduce_mean(tf.exp(held) * value)

    found = report(narrow, saturated).findings[0]
    assert found.fix.text == "tf.clip_by_value(value, -20.0, 2.5)"  # of -2.5 all comes as it is written
    assert not any("nothing comes of" in note for note in found.notes)
