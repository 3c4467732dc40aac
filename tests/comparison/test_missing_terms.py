"""What only the reference has: a term that it adds, as the losses of layers, and an entry of the batch."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.rerun import gradients_with

LAYERS = ("h", "out")


def net_with(regularised):
    keras.utils.set_random_seed(0)
    penalty = keras.regularizers.L2(1e-2)
    return keras.Sequential(
        [
            keras.Input((3,)),
            *(
                keras.layers.Dense(
                    units, kernel_regularizer=penalty if name in regularised else None, name=name
                )
                for name, units in zip(LAYERS, (4, 1), strict=True)
            ),
        ],
        name="net",
    )


def batch(n=8):
    draw = np.random.default_rng(0)
    arrays = {"x": (n, 3), "y": (n,), "weight": (n,)}
    return {name: draw.uniform(0.5, 2.0, size=shape).astype("float32") for name, shape in arrays.items()}


def first_of(reference, candidate, net):
    made = {name: array for name, array in batch().items() if name != "weight"}
    report = gradcheck.diff(
        gradcheck.Case(reference=reference, candidate=candidate, batch=made, variables=net, name="case")
    )
    return report.findings[0]


def error(net, x, y):
    return tf.reduce_mean(tf.square(y - net(x)[:, 0]))


@pytest.mark.parametrize("regularised", [LAYERS[:1], LAYERS])
def test_the_losses_of_layers_are_one_term_and_their_sum_is_the_fix(regularised):
    net = net_with(regularised)

    def with_losses(x, y):
        return tf.reduce_mean(tf.square(y - net(x)[:, 0])) + tf.add_n(net.losses)

    def without(x, y):
        return tf.reduce_mean(tf.square(y - net(x)[:, 0]))

    found = first_of(with_losses, without, net)
    assert found.verified and "adds a term, `net.losses`" in found.message
    assert found.proof.needs_also == ()
    assert found.fix.text.endswith("+ tf.add_n(net.losses)")


def test_a_term_without_a_place_in_the_users_code_is_told_by_what_it_reads():
    net = net_with(LAYERS)
    net.compile(optimizer="sgd", loss="mse")
    found = first_of(net, lambda x, y: error(net, x, y), net)
    assert found.verified
    assert "the reference adds a term, made from `net/h/kernel` and `net/out/kernel`" in found.message
    assert found.fix is None


def test_a_term_that_the_candidate_alone_has_is_left_out():
    net = net_with(LAYERS)

    def with_losses(x, y):
        return error(net, x, y) + tf.add_n(net.losses)

    found = first_of(lambda x, y: error(net, x, y), with_losses, net)
    assert found.verified and "adds a term" not in found.message


def noted(candidate):
    net = net_with(())

    def weighted(x, y, weight):
        return tf.reduce_mean(tf.square(y - net(x)[:, 0]) * weight)

    case = gradcheck.Case(
        reference=weighted, candidate=lambda **given: candidate(net, **given), batch=batch(), variables=net
    )
    return "no recorded operation of the candidate reads" in " ".join(str(gradcheck.diff(case)).split())


def test_an_entry_that_only_the_reference_reads_is_noted():
    assert noted(lambda net, x, y, weight: error(net, x, y))


def test_an_entry_that_both_read_is_not():
    assert not noted(lambda net, x, y, weight: tf.reduce_mean(tf.square(y - net(x)[:, 0]) / weight))


def test_what_is_right_but_is_to_be_weighted_before_the_mean_is_placed():
    net = net_with(())

    def weighted(x, y, weight):
        return tf.reduce_mean(tf.square(y - net(x)[:, 0]) * weight)

    def unweighted(x, y, weight):
        return tf.reduce_mean(tf.square(y - net(x)[:, 0]))

    case = gradcheck.Case(reference=weighted, candidate=unweighted, batch=batch(), variables=net, name="case")
    found = gradcheck.diff(case).findings[0]
    assert found.verified and found.fix is not None and "* weight" in found.fix.text


def test_a_text_that_gives_the_loss_an_axis_is_no_repair():
    w = tf.Variable([1.0, 2.0], name="w")

    def reference(x):
        return tf.reduce_sum(x * w) + tf.reduce_sum(w)

    def candidate(x):
        return tf.reduce_sum(x * w)

    pair = run_pair(
        gradcheck.Case(
            reference=reference, candidate=candidate, batch={"x": np.ones((3, 2), "f")}, variables=[w]
        ),
        0,
    )
    op = next(one for one in pair.runs[1].recording.ops if one.type == "Sum")
    right = "tf.reduce_sum(x * w) + tf.reduce_sum(w)"
    assert gradients_with(pair, {op.site: right}) is not None
    assert gradients_with(pair, {op.site: f"{right} + tf.zeros(1)"}) is None


X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
W = tf.Variable(np.random.default_rng(1).normal(size=(3, 4)).astype("float32"), name="w")
V = tf.Variable(np.random.default_rng(2).normal(size=(4, 2)).astype("float32"), name="v")


def balance(shares):
    return tf.reduce_sum(tf.reduce_mean(shares, axis=0) ** 2)


def balanced(x):
    shares = tf.nn.softmax(x @ W)
    return tf.reduce_mean(tf.reduce_max(shares, axis=1)) + 0.3 * balance(shares)


def balance_is_forgotten(x):
    shares = tf.nn.softmax(x @ W)
    main = tf.reduce_mean(tf.reduce_max(shares, axis=1))
    aux = balance(shares) * 0.3  # noqa: F841
    return main


def something_else_is_forgotten(x):
    shares = tf.nn.softmax(x @ W)
    main = tf.reduce_mean(tf.reduce_max(shares, axis=1))
    aux = balance(shares) * 0.4  # noqa: F841
    return main


@pytest.mark.parametrize(
    ("candidate", "cause"), [(balance_is_forgotten, "disconnected"), (something_else_is_forgotten, "other")]
)
def test_a_term_that_is_computed_and_not_used_is_named(candidate, cause):
    case = gradcheck.Case(reference=balanced, candidate=candidate, batch={"x": X}, variables=[W])
    (finding,) = gradcheck.diff(case, work=4_000).findings
    assert (finding.cause, finding.verified) == (cause, True)
    said = "the candidate computes `balance(shares) * 0.3` and does not use it"
    assert (said in finding.message) == (cause == "disconnected")
    if cause == "disconnected":
        assert finding.fix.text == "main + aux"


def decayed(x):
    error = tf.reduce_mean(tf.nn.relu(x @ W) @ V)
    return error + 0.1 * sum(tf.nn.l2_loss(part) for part in (W, V))


def decay_begins_anew(x):
    error = tf.reduce_mean(tf.nn.relu(x @ W) @ V)
    for part in (W, V):
        decay = 0.0
        decay += 0.1 * tf.nn.l2_loss(part)
    return error + decay


def test_a_term_that_a_loop_overwrites_is_named_where_it_is_computed():
    case = gradcheck.Case(reference=decayed, candidate=decay_begins_anew, batch={"x": X}, variables=[W, V])
    finding = gradcheck.diff(case).findings[0]
    assert finding.verified
    assert "tf.nn.l2_loss(part)" in finding.span.text
