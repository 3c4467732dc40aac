"""Single decisions of the causes, each asked directly."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.causes import index, numerics, propose_all
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._naming import named, run_by
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import place_of
from gradcheck.program.queries import cut
from gradcheck.repair.factors import Quantities, terms

N = 6


@functools.cache
def weights():
    return tf.Variable(np.linspace(0.2, 1, 12).reshape(3, 4).astype("float32"), name="w")


def recorded(candidate, reference=None):
    """Return the evidence on a candidate; its batch is `x`, some of which is 0."""
    gradcheck.execution.start()
    x = np.abs(np.random.default_rng(0).normal(size=(N, 3))).astype("float32")
    x[0] = 0.0
    case = gradcheck.Case(
        reference=reference or candidate, candidate=candidate, batch={"x": x}, variables=[weights()]
    )
    runs = run_pair(case, 0).runs
    return Evidence(reference=runs[0].recording, candidate=runs[1].recording, samples=N, verdict="different")


def ops(evidence, kind):
    return [op for op in evidence.candidate.ops if op.type == kind]


# Axes.


@pytest.mark.parametrize("keeps", [True, False])
def test_what_keeps_the_rank_is_likelier_than_what_changes_it(keeps):
    evidence = recorded(
        lambda x: tf.reduce_mean(tf.exp(tf.reduce_sum(x @ weights(), axis=0, keepdims=keeps)))
    )
    place = place_of(ops(evidence, "Sum")[0])
    likely = {
        ("keepdims" not in dict(edit.expression.settings), proposal.rank)
        for proposal in propose_all(evidence)
        if proposal.finding.cause == "axis"
        for edit in proposal.edits
        if edit.place == place
    }
    assert likely == {(True, 1), (False, 3)}


# The guard in front of a pole.


def plainly(x):
    z = x @ weights()
    return tf.reduce_mean(tf.where(z > 0, tf.math.log(z), 0.0))


def by_name(x):
    z = x @ weights()
    return tf.reduce_mean(tf.where(condition=z > 0, x=tf.math.log(z), y=0.0))


def by_another_name(x):
    z, choose = x @ weights(), tf.where
    return tf.reduce_mean(choose(z > 0, tf.math.log(z), 0.0))


def with_braces(x):
    z = x @ weights()
    return tf.reduce_mean(tf.where({"it": z > 0}["it"], tf.math.log(z), 0.0))


def bound_anew(x):
    z = x @ weights()
    logs = tf.math.log(z)
    z = z + 0.0
    return tf.reduce_mean(tf.where(z > 0, logs, 0.0))


@pytest.mark.parametrize("loss", [plainly, by_name, by_another_name, with_braces, bound_anew])
def test_a_guard_is_written_only_where_the_condition_means_the_same_there(loss):
    message = "is not finite where tf.where discards its value"
    (proposal,) = [one for one in numerics.propose(recorded(loss)) if message in one.finding.message]
    written = "tf.math.log(tf.where(z > 0, z, tf.ones_like(z)))"
    assert proposal.text == (None if loss is bound_anew else written)


# Where a gradient is cut.


def stopped(x):
    return tf.reduce_mean(tf.square(tf.stop_gradient(tf.tanh(x @ weights())) * x[:, :1]))


def cast(x):
    return tf.reduce_mean(tf.square(tf.cast(tf.cast(10.0 * (x @ weights()), tf.int32), tf.float32)))


@pytest.mark.parametrize(("loss", "kind"), [(stopped, "StopGradient"), (cast, "Cast")])
def test_a_gradient_is_cut_at_the_op_that_passes_none_on(loss, kind):
    op = cut("w", recorded(loss).candidate)
    assert op.type == kind
    assert op.span.text.startswith("tf.stop_gradient" if loss is stopped else "tf.cast(10.0")


def test_of_a_gradient_that_leads_nowhere_the_last_op_is_named():
    def looked_at(x):
        tf.reduce_sum(tf.tanh(x @ weights()))
        return tf.reduce_mean(x)

    assert cut("w", recorded(looked_at).candidate).type == "Sum"


# Shifts.


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (1, 0, "starts 1 too early"),
        (-1, 0, "starts 1 too late"),
        (0, 1, "ends 1 too early"),
        (0, -1, "ends 1 too late"),
        (1, 1, "starts 1 too early and ends 1 too early"),
        (-1, -1, "starts 1 too late and ends 1 too late"),
    ],
)
def test_a_shift_of_a_slice_is_said_as_what_is_wrong_now(begin, end, words):
    assert index._shifted_in_words(begin, end) == words


@pytest.mark.parametrize(("starts", "omits"), [((0,), True), ((0, 0), True), ((0, 3), False)])
def test_what_is_taken_one_part_after_the_other_is_not_left_out(starts, omits):
    def by_parts(x):
        parts = [tf.reduce_mean(tf.exp(x[start : start + 3] @ weights())) for start in starts]
        return tf.add_n(parts)

    said = {one.finding.message for one in propose_all(recorded(by_parts))}
    assert ("the slice omits part of (6, 3); the reference agrees with all of it" in said) == omits


@pytest.mark.parametrize(("off", "says"), [(1, "1 too large"), (-1, "1 too small"), (0, None)])
def test_which_way_indices_are_off(off, says):
    def gathered(by):
        return lambda x: tf.reduce_mean(
            tf.exp(x[:, :1])
            * tf.gather(x @ weights(), tf.constant([1, 2, 1, 2, 2, 1]) + by, batch_dims=1)[:, None]
        )

    x = np.random.default_rng(0).normal(size=(N, 3)).astype("float32")
    case = gradcheck.Case(
        reference=gathered(0), candidate=gathered(off), batch={"x": x}, variables=[weights()]
    )
    findings = gradcheck.diff(case).findings
    assert [f.message for f in findings] == ([f"the indices are {says}"] if says else [])


# What a factor is.


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (N / (N - 1), f"this is n / (n - 1) with n = {N}"),
        ((N - 1) / N, f"this is n / (n - 1) with n = {N}"),
        (N, f"n, the number of samples, is {N}"),
        (1 / N, f"n, the number of samples, is {N}"),
        (4.0, "an axis has 4 elements"),
        (0.125, "0.125 is a constant"),
        (1.7, None),
    ],
)
def test_what_a_factor_may_be(factor, words):
    evidence = recorded(lambda x: 0.125 * tf.reduce_mean(tf.square(x @ weights())))
    place = place_of(ops(evidence, "Mean")[0])
    found = terms(factor, Quantities(evidence.candidate, evidence.reference, {N}).at(place))
    assert next((term.quantity.words for term in found), None) == words
    assert all(term.factor(term.quantity.value) == pytest.approx(factor) for term in found)


# What the reader calls an op.


def test_an_op_is_called_what_the_reader_wrote():
    def loss(x):
        z = x @ weights() - 0.5
        return tf.reduce_mean(tf.exp(z) * tf.clip_by_value(z, 0.1, 0.5) + tf.maximum(z, 0.3))

    evidence = recorded(loss)
    words = {
        kind: [named(op) for op in ops(evidence, kind) if op.site is not None]
        for kind in ("MatMul", "Sub", "Exp", "Mul", "Mean", "Minimum", "Maximum")
    }
    assert words == {
        "MatMul": ["`@`"],
        "Sub": ["`-`"],
        "Exp": ["exp"],
        "Mul": ["`*`"],
        "Mean": ["reduce_mean"],
        "Minimum": ["minimum (run by `tf.clip_by_value`)"],
        "Maximum": ["maximum (run by `tf.clip_by_value`)", "maximum"],
    }
    assert run_by(ops(evidence, "Mul")[0]) == ""


def test_a_clip_that_the_reader_wrote_is_named():
    def clipped(x):
        return tf.reduce_mean(tf.clip_by_value(x @ weights(), -10.0, 0.5))

    x = np.random.default_rng(0).normal(size=(N, 3)).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: tf.reduce_mean(x @ weights()),
        candidate=clipped,
        batch={"x": x},
        variables=[weights()],
    )
    finding = gradcheck.diff(case).findings[0]
    beyond = np.mean(x @ weights().numpy() > 0.5)
    said = "minimum (run by `tf.clip_by_value`) stops the gradient of "
    said += f"{beyond:.0%} of the elements beyond its bound"
    assert (finding.message, finding.verified, finding.fix.text) == (
        said,
        True,
        "tf.maximum(x @ weights(), -10.0)",
    )
