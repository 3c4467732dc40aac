"""One number made of all samples that meets samples again: a hint, and silence where it does no harm."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

SAMPLES = 6
DRAW = np.random.default_rng(0)
STATES = DRAW.normal(size=(SAMPLES, 3)).astype("float32")
ADVANTAGES = DRAW.normal(size=(SAMPLES, 1)).astype("float32")
ACTIONS = np.eye(2, dtype="float32")[np.arange(SAMPLES) % 2]
LAYERS = [keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(2)]
MODEL = keras.Sequential(LAYERS)


def one_ratio_for_all(states, advantages, actions):
    log_prob = tf.reduce_sum(tf.nn.log_softmax(MODEL(states)) * actions)
    ratio = tf.exp(log_prob - tf.stop_gradient(log_prob))
    return -tf.reduce_mean(tf.minimum(ratio * advantages, tf.clip_by_value(ratio, 0.8, 1.2) * advantages))


def a_ratio_each(states, advantages, actions):
    log_prob = tf.reduce_sum(tf.nn.log_softmax(MODEL(states)) * actions, axis=1, keepdims=True)
    ratio = tf.exp(log_prob - tf.stop_gradient(log_prob))
    return -tf.reduce_mean(tf.minimum(ratio * advantages, tf.clip_by_value(ratio, 0.8, 1.2) * advantages))


def scaled_by_the_norm_of_all(states, advantages, actions):
    return tf.reduce_mean(tf.nn.l2_normalize(MODEL(states)) * actions)


def scaled_by_a_norm_each(states, advantages, actions):
    return tf.reduce_mean(tf.nn.l2_normalize(MODEL(states), axis=1) * actions)


def centred_by_all_actions_of_all_samples(states, advantages, actions):
    scores = MODEL(states)
    return tf.reduce_mean(tf.square(advantages + scores - tf.reduce_mean(scores)))


def centred_by_the_actions_of_each(states, advantages, actions):
    scores = MODEL(states)
    return tf.reduce_mean(tf.square(advantages + scores - tf.reduce_mean(scores, axis=1, keepdims=True)))


def standardised(states, advantages, actions):
    values = MODEL(states)[:, 0]
    return tf.reduce_mean((values - tf.reduce_mean(values)) / tf.math.reduce_std(values) * advantages[:, 0])


def a_penalty_added_to_each_loss(states, advantages, actions):
    scores = MODEL(states)
    return tf.reduce_mean(tf.square(scores[:, 0] - advantages[:, 0]) + 0.1 * tf.reduce_mean(scores**2))


def a_penalty_added_before_the_square(states, advantages, actions):
    scores = MODEL(states)
    return tf.reduce_mean(tf.square(scores[:, 0] - advantages[:, 0] + tf.reduce_mean(scores**2)))


def data_scaled_by_all_of_it(states, advantages, actions):
    return tf.reduce_mean(MODEL(states) * advantages / tf.reduce_mean(tf.abs(advantages)))


def weights_scaled_by_their_norm(states, advantages, actions):
    weights = LAYERS[1].kernel
    return tf.reduce_mean(tf.square(states @ (weights / tf.norm(weights)) - advantages))


def found(loss_of, compile_it=lambda step: step, times=2):
    def step(states, advantages, actions):
        with tf.GradientTape() as tape:
            loss = loss_of(states, advantages, actions)
        return tape.gradient(loss, MODEL.trainable_variables)

    run = compile_it(step)
    with gradcheck.guard(on="collect") as guard:
        for _ in range(times):
            run(tf.constant(STATES), tf.constant(ADVANTAGES), tf.constant(ACTIONS))
    assert not guard.failed
    return [each for each in guard.findings if each.cause == "axis"]


def of_any_length(step):
    shapes = [tf.TensorSpec((None, length)) for length in (3, 1, 2)]
    return tf.function(step, input_signature=shapes)


WAYS = pytest.mark.parametrize("compile_it", [lambda step: step, tf.function, of_any_length])


@WAYS
@pytest.mark.parametrize(
    ("loss", "expression", "meets"),
    [
        (
            one_ratio_for_all,
            "tf.reduce_sum(tf.nn.log_softmax(MODEL(states)) * actions)",
            "ratio * advantages",
        ),
        (scaled_by_the_norm_of_all, "tf.nn.l2_normalize(MODEL(states))", "tf.nn.l2_normalize(MODEL(states))"),
        (
            centred_by_all_actions_of_all_samples,
            "tf.reduce_mean(scores)",
            "advantages + scores - tf.reduce_mean(scores)",
        ),
        (
            a_penalty_added_before_the_square,
            "tf.reduce_mean(scores**2)",
            "scores[:, 0] - advantages[:, 0] + tf.reduce_mean(scores**2)",
        ),
    ],
)
def test_one_number_for_all_samples_that_meets_samples_again_is_a_hint(loss, expression, meets, compile_it):
    (finding,) = found(loss, compile_it)
    assert finding.severity == "note" and finding.span.text == expression
    assert f"by `{meets}`" in finding.notes[0]


@WAYS
@pytest.mark.parametrize(
    "loss",
    [
        a_ratio_each,
        scaled_by_a_norm_each,
        centred_by_the_actions_of_each,
        standardised,
        a_penalty_added_to_each_loss,
        data_scaled_by_all_of_it,
        weights_scaled_by_their_norm,
    ],
)
def test_no_hint_where_each_sample_has_its_own_or_the_number_does_no_harm(loss, compile_it):
    assert found(loss, compile_it) == []


def test_a_reason_on_the_line_keeps_the_hint_away():
    def loss(states, advantages, actions):
        scores = MODEL(states)
        return tf.reduce_mean(tf.square(advantages + scores - tf.reduce_mean(scores)))  # gradcheck: ok - test

    assert found(loss) == []


def test_a_place_that_comes_late_is_looked_at_as_well():
    def step(loss_of):
        with tf.GradientTape() as tape:
            loss = loss_of(tf.constant(STATES), tf.constant(ADVANTAGES), tf.constant(ACTIONS))
        return tape.gradient(
            loss, MODEL.trainable_variables[:2] if loss_of is one_ratio_for_all else LAYERS[1].kernel
        )

    with gradcheck.guard(on="collect") as guard:
        for loss_of in [a_ratio_each] * 8 + [one_ratio_for_all] * 2:
            step(loss_of)
    assert [each.cause for each in guard.findings if each.severity == "note"] == ["axis"]


def test_two_tapes_and_a_gradient_within_another_are_looked_at():
    states, advantages, actions = map(tf.constant, (STATES, ADVANTAGES, ACTIONS))

    def step():
        with tf.GradientTape() as first, tf.GradientTape() as second:
            with tf.GradientTape() as inner:
                inner.watch(states)
                penalty = tf.reduce_sum(MODEL(states) ** 2)
            slopes = inner.gradient(penalty, states)
            right = a_ratio_each(states, advantages, actions)
            wrong = one_ratio_for_all(states, advantages, actions) + tf.reduce_mean(slopes**2)
        first.gradient(right, MODEL.trainable_variables)
        second.gradient(wrong, MODEL.trainable_variables)

    with gradcheck.guard(on="collect") as guard:
        step()
    assert [each.cause for each in guard.findings if each.severity == "note"] == ["axis"]
