"""What is written for an edit, or for none, is run before it is shown, and leaves alone what it must."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import explain, locating, repairs, shortest
from gradcheck.repair.enumeration import Enumeration
from gradcheck.repair.written import Writer

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 3)).astype("float32"), name="w")


def findings(candidate, reference, low=-2.0):
    @gradcheck.case
    def made(seed=0):
        x = np.random.default_rng(seed).uniform(low, 2.0, size=(5, 3)).astype("float32")
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch={"x": x}, variables=[W], name="made"
        )

    return gradcheck.diff(made).findings


def summed(x):
    return tf.reduce_mean(tf.exp(tf.reduce_sum(tf.tanh(x @ W), axis=1)))


def averaged(x):
    return tf.reduce_mean(tf.exp(tf.reduce_mean(tf.tanh(x @ W), axis=1)))


def test_an_edit_is_shown_as_the_source_that_was_run():
    fix = findings(averaged, summed)[0].fix
    assert (fix.text, fix.source) == ("tf.reduce_sum(tf.tanh(x @ W), axis=1)", True)


def test_a_text_that_does_something_else_than_its_edit_is_not_shown(monkeypatch):
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))
    monkeypatch.setattr(shortest, "altered", lambda *given: iter(()))
    monkeypatch.setattr(Writer, "written", lambda writer, edits: "tf.reduce_max(tf.tanh(x @ W), axis=1)")
    first = findings(averaged, summed)[0]
    assert first.verified
    assert first.fix is None or "reduce_max" not in first.fix.text


def both_call(z):
    return tf.reduce_mean(tf.exp(z) * z)


@pytest.mark.parametrize("alone", [False, True])
def test_what_both_sides_call_is_not_changed(alone, monkeypatch):
    if alone:
        monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))
        monkeypatch.setattr(explain, "propose_all", lambda evidence: [])
    helper = both_call.__code__.co_firstlineno + 1
    shown = findings(lambda x: both_call(tf.tanh(x @ W)), lambda x: both_call(tf.sigmoid(x @ W)))
    assert shown[0].verified
    assert all(one.span.line != helper for one in shown if one.fix is not None)


def test_a_bound_that_keeps_from_a_pole_is_not_written_away(monkeypatch):
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))

    def bounded(x):
        return tf.reduce_mean(tf.math.log(tf.maximum(tf.nn.sigmoid(x @ W), 0.4)))

    shown = findings(bounded, lambda x: tf.reduce_mean(tf.math.log(tf.nn.sigmoid(x @ W))))
    assert shown[0].verified
    assert not any(one.fix is not None and one.fix.source for one in shown)


@pytest.mark.parametrize(("most", "is_told"), [(500, True), (10, False)])
def test_the_references_expression_is_no_fix_where_nobody_would_read_it(monkeypatch, most, is_told):
    monkeypatch.setattr(repairs, "_READABLE", most)
    monkeypatch.setattr(explain, "propose_all", lambda evidence: [])
    first = findings(averaged, summed)[0]
    assert first.verified
    assert (first.fix.text == "tf.reduce_sum(tf.tanh(x @ W), axis=1)") == is_told


def test_a_bound_in_front_of_no_pole_may_be(monkeypatch):
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))

    def bounded(x):
        return tf.reduce_mean(tf.exp(tf.maximum(tf.nn.sigmoid(x @ W), 0.4)))

    shown = findings(bounded, lambda x: tf.reduce_mean(tf.exp(tf.nn.sigmoid(x @ W))))
    assert shown[0].fix.source


def kept(x):
    return tf.cast(x[:, :1] > 0.0, tf.float32)


def over_all(x):
    mask = kept(x)
    return tf.reduce_sum(mask * tf.square(tf.tanh(x @ W))) / 5.0


def over_kept(x):
    mask = kept(x)
    return tf.reduce_sum(mask * tf.square(tf.tanh(x @ W))) / tf.reduce_sum(mask)


def test_a_number_that_fits_one_batch_alone_is_written_as_what_it_stands_for():
    first = findings(over_all, over_kept)[0]
    assert first.verified
    assert first.fix.source
    assert "tf.reduce_sum(mask)" in first.fix.text


def test_where_nothing_else_fits_it_stays_a_suspicion(monkeypatch):
    monkeypatch.setattr(Enumeration, "singles", lambda enumeration, op: [])
    monkeypatch.setattr(locating.Comparison, "transplants", lambda comparison, *found: ([], []))
    monkeypatch.setattr(explain, "in_source", lambda found, pair, goals: tuple(found))
    assert not any(one.fix is not None for one in findings(over_all, over_kept))
