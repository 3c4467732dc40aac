"""A variable without a gradient and the fix that gives it one are one finding; what is left is another."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.comparison.restored import with_what_it_restores
from gradcheck.findings import Finding, Fix, Proof

draw = np.random.default_rng(2)
own = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="own")
other = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="other")


def ratio(x):
    return tf.reduce_mean(tf.exp(x @ own - tf.tanh(x @ other)))


def of_one_twice(x):
    return tf.reduce_mean(tf.exp(x @ own - tf.tanh(x @ own)))  # <--


def findings(candidate):
    batch = {"x": draw.normal(size=(6, 3)).astype("float32")}
    case = gradcheck.Case(reference=ratio, candidate=candidate, batch=batch, variables=[own, other])
    return gradcheck.diff(case).findings


def test_what_is_never_read_is_a_note_of_the_fix_that_reads_it():
    (found,) = findings(of_one_twice)
    assert found.cause == "disconnected"
    assert "other" in found.fix.text
    assert found.notes == ("the candidate never reads `other`",)


def of(cause, *, severity="error", proved=False, **told):
    proof = Proof(tried="", residual=0.0, samples=(6, 3), second="another seed") if proved else None
    return Finding(cause=cause, message=f"of {cause}", span=None, severity=severity, proof=proof, **told)


FIX = Fix(text="a")


def test_a_cause_that_the_fix_names_is_kept_and_so_is_what_does_not_end():
    ends, dtype = of("disconnected"), of("dtype")
    found, left = with_what_it_restores([of("axis", proved=True, fix=FIX)], [ends, dtype])
    assert [(one.cause, one.notes) for one in found] == [("axis", ("of disconnected",))]
    assert left == [dtype]


def test_without_one_proved_fix_each_is_told():
    ends = of("disconnected")
    for found in ([], [of("other", proved=True)], [of("other", proved=True, fix=FIX)] * 2):
        assert with_what_it_restores(found, [ends]) == (found, [ends])


def test_a_suspicion_is_no_gradient_that_ends():
    found, guess = [of("other", proved=True, fix=FIX)], of("disconnected", severity="suspicion")
    assert with_what_it_restores(found, [guess]) == (found, [guess])
