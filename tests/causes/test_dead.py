"""Parts without a gradient while others learn: one finding each, at the op that closes the way."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import gradcheck
from gradcheck.comparison import searched
from support import corpus

N = 6
RANDOM = np.random.default_rng(0)
BATCH = {
    "x": RANDOM.normal(size=(N, 4)).astype("float32"),
    "y": RANDOM.normal(size=N).astype("float32"),
}


def variable(name, *shape):
    return tf.Variable(RANDOM.normal(size=shape).astype("float32"), name=name)


LEARNS, PART, SCORES = variable("learns", 4, 1), variable("part", 4, 1), variable("scores", 4, 3)
GATE, SHIFT, UNUSED = tf.Variable([0.0], name="gate"), variable("shift", 1), variable("unused", 2)


def with_part(part):
    """Return a loss that is the sum of one that learns, and of the mean of `part` of the states."""

    def loss(x, y):
        return tf.reduce_mean(tf.square(y - (x @ LEARNS)[:, 0])) + tf.reduce_mean(part(x))

    return loss


def softmax_over_one(x):
    return tf.nn.softmax(x @ PART)


def dead_relu(x):
    return tf.nn.relu(x @ PART - 100.0)


def clipped(x):
    return tf.clip_by_value(x @ PART, 100.0, 200.0)


def masked(x):
    logits = tf.where(tf.constant([True, False, False]), x @ SCORES, -np.inf)
    return tf.nn.softmax(logits) * tf.constant([1.0, 2.0, 3.0])


def other_branch(x):
    return tf.where(x > -100.0, tf.ones_like(x), x @ PART)


def saturated(x):
    return tf.sigmoid(100.0 + x @ PART)


def times_zeros(x):
    return tf.nn.relu(x - 100.0) @ PART


def gated(x):
    return GATE * (x @ PART)


def chosen(x):
    return tf.cast(tf.argmax(x @ SCORES, axis=1), tf.float32)


def rounded(x):
    return tf.round(x @ PART)


def counted(x):
    return tf.cast(x @ PART > 0, tf.float32)


def whole_numbers(x):
    return tf.cast(tf.cast(x @ PART, tf.int32), tf.float32)


def stopped(x):
    return tf.stop_gradient(x @ PART) * (x @ LEARNS)


def copied(x):
    return float(tf.reduce_mean(x @ PART))


CLOSED = {
    softmax_over_one: ("dead", "tf.nn.softmax(x @ PART)", "softmax over one unit"),
    dead_relu: ("dead", "tf.nn.relu(x @ PART - 100.0)", "the derivative of relu is zero for all 6 elements"),
    clipped: ("dead", "tf.clip_by_value(x @ PART, 100.0, 200.0)", "all 6 elements are beyond a bound"),
    masked: ("dead", "tf.nn.softmax(logits)", "the derivative of softmax is zero for all 18 elements"),
    other_branch: ("dead", "tf.where(x > -100.0, tf.ones_like(x), x @ PART)", "the other branch is taken"),
    saturated: ("dead", "tf.sigmoid(100.0 + x @ PART)", "the derivative of sigmoid is zero"),
    times_zeros: ("dead", "tf.nn.relu(x - 100.0)", "all 24 elements are zero here"),
    gated: ("dead", "GATE * (x @ PART)", "`gate` is zero everywhere"),
    chosen: ("disconnected", "tf.argmax(x @ SCORES, axis=1)", "ArgMax has no gradient"),
    rounded: ("disconnected", "tf.round(x @ PART)", "Round has no gradient"),
    counted: ("disconnected", "x @ PART > 0", "Greater has no gradient"),
    whole_numbers: ("disconnected", "tf.cast(x @ PART, tf.int32)", "Cast has no gradient"),
    stopped: ("disconnected", "tf.stop_gradient(x @ PART)", "the gradient is stopped here"),
    copied: ("disconnected", "tf.reduce_mean(x @ PART)", "what follows does not depend on it"),
}


def diff(loss, reference=None, variables=(LEARNS, PART, SCORES, GATE)):
    case = gradcheck.Case(candidate=loss, reference=reference, batch=BATCH, variables=list(variables))
    return gradcheck.diff(case, budget=0)


def used(part):
    names = part.__code__.co_names
    return [LEARNS, *(one for one in (PART, SCORES, GATE) if one.name.split(":")[0].upper() in names)]


@pytest.mark.parametrize("part", CLOSED, ids=lambda part: part.__name__)
def test_what_closes_the_way_to_a_part_is_found_beside_what_learns(part):
    cause, text, message = CLOSED[part]
    report = diff(with_part(part), variables=used(part))
    assert report.verdict == "consistent"
    (finding,) = report.findings
    assert (finding.cause, finding.span.text, finding.severity) == (cause, text, "note")
    assert message in finding.message
    dead = "scores" if part in (masked, chosen) else "part"
    assert f"`{dead}`" in " ".join((finding.message, *finding.notes))


@pytest.mark.parametrize(
    "part", [dead_relu, softmax_over_one, rounded, gated], ids=lambda part: part.__name__
)
def test_so_it_is_with_a_reference_that_is_dead_alike(part):
    cause, text, _ = CLOSED[part]
    loss = with_part(part)
    report = diff(loss, lambda x, y: 1.0 * loss(x, y), used(part))
    assert report.verdict == "equivalent"
    assert [(finding.cause, finding.span.text) for finding in report.findings] == [(cause, text)]


def alive(x):
    return tf.nn.relu(x @ PART) + tf.nn.softmax(x @ SCORES)[:, :1]


def cancelled(x):
    return x @ PART - x @ PART


def shifted(x):
    return tf.nn.log_softmax(x @ SCORES + SHIFT)[:, 0]


def some_rows(x):
    return tf.gather(PART, [0, 1])


def no_rows(x):
    return tf.reduce_sum(x, axis=1) + tf.reduce_prod(tf.gather(PART, tf.zeros([0], tf.int32)))


def cancelled_further_on(x):
    made = x @ PART
    return made - made


@pytest.mark.parametrize(
    ("part", "variables"),
    [
        (alive, [LEARNS, PART, SCORES]),
        (cancelled, [LEARNS, PART]),
        (cancelled_further_on, [LEARNS, PART]),
        (shifted, [LEARNS, SCORES, SHIFT]),
        (some_rows, [LEARNS, PART]),
        (no_rows, [LEARNS, PART]),
    ],
    ids=["alive", "cancelled", "cancelled further on", "zero on paper", "some rows", "no rows on this batch"],
)
def test_where_nothing_is_closed_nothing_is_found(part, variables):
    report = diff(with_part(part), variables=variables)
    assert (report.verdict, report.findings) == ("consistent", ())


def test_what_the_loss_never_reads_is_one_note_without_a_place():
    report = diff(with_part(alive), variables=[LEARNS, PART, SCORES, UNUSED, GATE])
    (finding,) = report.findings
    assert (finding.cause, finding.span, finding.severity) == ("disconnected", None, "note")
    assert finding.message == "the loss never reads `unused`, `gate`"


def network(bias):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, "relu", bias_initializer=keras.initializers.Constant(bias), name="first"),
            layers.Dense(4, name="second"),
            layers.Dense(1, name="third"),
        ]
    )


def loss_of(model):
    return lambda x, y: tf.reduce_mean(tf.square(y - model(x)[:, 0]))


def test_what_one_relu_closes_is_one_part_with_what_multiplies_its_zeros():
    model = network(-1e3)
    report = diff(loss_of(model), variables=model.trainable_variables)
    assert report.verdict == "consistent"
    assert "4 have a gradient of exactly zero on the batch and on single samples" in report.reason
    (finding,) = report.findings
    assert finding.cause == "dead" and "relu" in finding.message
    said = " ".join(finding.notes)
    assert all(name in said for name in ("first/kernel", "first/bias", "second/kernel", "third/kernel"))
    assert "layer `" in said and "first` (Dense)" in said


def test_of_a_network_that_learns_nothing_is_said():
    model = network(0.0)
    assert diff(loss_of(model), variables=model.trainable_variables).findings == ()


def test_parts_that_different_ops_close_are_different_findings():
    def both(x):
        return tf.nn.relu(x @ PART - 100.0) + tf.cast(tf.argmax(x @ SCORES, axis=1), tf.float32)[:, None]

    report = diff(with_part(both), variables=[LEARNS, PART, SCORES])
    assert {(f.cause, f.span.text) for f in report.findings} == {
        ("dead", "tf.nn.relu(x @ PART - 100.0)"),
        ("disconnected", "tf.argmax(x @ SCORES, axis=1)"),
    }


def test_a_stop_on_another_way_is_not_what_closes_a_part():
    def both(x):
        return tf.stop_gradient(x @ PART) * (x @ LEARNS) + tf.nn.relu(x @ PART - 100.0)

    (finding,) = diff(with_part(both), variables=[LEARNS, PART]).findings
    assert finding.span.text == "tf.nn.relu(x @ PART - 100.0)"


def test_where_all_of_it_is_dead_the_place_explains_the_verdict():
    report = diff(lambda x, y: tf.reduce_mean(dead_relu(x)), variables=[PART])
    assert report.verdict == "vacuous"
    (finding,) = report.findings
    assert (finding.severity, finding.span.text) == ("error", "tf.nn.relu(x @ PART - 100.0)")


def test_what_is_dead_in_the_candidate_alone_is_different():
    report = diff(with_part(dead_relu), with_part(lambda x: x @ PART), [LEARNS, PART])
    assert report.verdict == "different"


@pytest.mark.parametrize(
    ("reference", "fix"),
    [
        (lambda x: x @ PART, "x @ PART"),
        (lambda x: tf.sigmoid(x @ PART), "tf.nn.sigmoid(x @ PART)"),
        (lambda x: tf.nn.softmax(x @ PART, axis=0) * x, "tf.nn.softmax(x @ PART, axis=0)"),
    ],
)
def test_a_softmax_over_one_unit_is_dead_whatever_was_meant(reference, fix):
    def wrong(x):
        made = tf.nn.softmax(x @ PART)
        return made * x if "axis" in fix else made

    sides = {"candidate": with_part(wrong), "reference": with_part(reference)}
    report = gradcheck.diff(gradcheck.Case(**sides, batch=BATCH, variables=[LEARNS, PART]))
    first = report.findings[0]
    assert (first.cause, first.verified, first.fix.text) == ("dead", True, fix)
    assert first.message == "softmax over one unit is always 1: nothing before it can learn"


@pytest.mark.parametrize(("steps", "cause"), [(tf.sign, "dead"), (tf.round, "disconnected")])
def test_steps_whose_gradient_is_zero_are_dead_and_those_that_have_none_are_not(steps, cause):
    def stepping(x):
        return (steps(x @ SCORES - 0.1) + 1.0) * 0.5

    def passing(x):
        return tf.sigmoid(4.0 * (x @ SCORES - 0.1))

    sides = {"candidate": with_part(stepping), "reference": with_part(passing)}
    report = gradcheck.diff(gradcheck.Case(**sides, batch=BATCH, variables=[LEARNS, SCORES]))
    assert report.findings[0].cause == cause


def straight_through(x):
    @tf.custom_gradient
    def rounded(values):
        return tf.sign(values), lambda upstream: upstream

    return rounded(x @ PART)


def against_straight_through(part):
    """Return what is found against a reference that writes a gradient by hand: it has none in float64."""
    case = gradcheck.Case(
        reference=with_part(straight_through),
        candidate=with_part(part),
        batch=BATCH,
        variables=[LEARNS, PART],
        name="signs",
    )
    return gradcheck.diff(case).findings


def test_what_is_dead_in_the_candidate_alone_is_told_where_nothing_can_be_proved():
    (finding,) = against_straight_through(lambda x: tf.sign(x @ PART))
    assert (finding.cause, finding.severity, finding.span.text) == ("dead", "error", "tf.sign(x @ PART)")
    assert finding.message == "the derivative of Sign is zero for all 6 elements: no gradient passes through"


def test_what_passes_some_gradient_on_is_not_dead():
    """Twin of the above."""
    assert not [one for one in against_straight_through(lambda x: tf.tanh(x @ PART)) if one.cause == "dead"]


def test_what_can_learn_nothing_explains_a_place_that_is_made_from_it():
    (first, *others) = gradcheck.diff(corpus.case("unseen/dqn_clipped_error_squared")).findings
    assert (first.cause, first.verified) == ("dead", True)
    assert first.span is not None and first.span.text == "tf.clip_by_value(error, -1.0, 1.0)"
    assert not any(one.verified for one in others)


def test_but_hides_no_other_place(monkeypatch):
    at_each = searched._at_each

    def with_another(places, goals):
        one, *_ = at_each(places, goals)
        assert one.span is not None
        return [one, replace(one, span=replace(one.span, line=1))]

    monkeypatch.setattr(searched, "_at_each", with_another)
    found = gradcheck.diff(corpus.case("unseen/dqn_clipped_error_squared")).findings
    assert len([one for one in found if one.verified]) == 2
