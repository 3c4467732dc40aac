"""A comment says that an expression is meant so: every command respects it, and none hides a proof."""

from __future__ import annotations

import json

import pytest

PAIRWISE = """
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([[1.0], [2.0]])


def pairwise(x):
    column = x @ w
    row = tf.squeeze(column, 1)
    return tf.reduce_mean(
        tf.abs(column - row){comment}
    )


def elementwise(x):
    return tf.reduce_mean(tf.abs(x @ w))


def case(reference):
    batch = {{"x": np.random.default_rng(0).normal(size=(6, 2)).astype("float32")}}
    return gradcheck.Case(reference=reference, candidate=pairwise, batch=batch, variables=[w])


@gradcheck.case
def same():
    return case(pairwise)


@gradcheck.case
def other():
    return case(elementwise)
"""

WITHOUT_ONE = "  # gradcheck: ok"
WITH_A_REASON = "  # gradcheck: ok - each is compared with all others"


@pytest.mark.parametrize(("comment", "noted"), [("", True), (WITHOUT_ONE, True), (WITH_A_REASON, False)])
def test_what_is_meant_so_is_no_note_of_diff(cli, target, comment, noted):
    path = target(PAIRWISE.format(comment=comment))
    out = cli("diff", f"{path}:same").out
    assert ("note[broadcast]" in out) == noted
    assert ("gives no reason" in out) == (comment == WITHOUT_ONE)


@pytest.mark.parametrize("comment", ["", WITH_A_REASON])
def test_what_is_proved_is_reported_whatever_a_comment_says(cli, target, comment):
    path = target(PAIRWISE.format(comment=comment))
    outcome = cli("diff", f"{path}:other")
    assert outcome.code == 1
    assert "error[" in outcome.out
    said = "a comment accepts this (each is compared with all others), but it is proved"
    assert (said in " ".join(outcome.out.split())) == bool(comment)


def marks_in(document):
    """Yield every mark of a document, wherever it is."""
    if isinstance(document, dict):
        yield from document.get("marks", [])
    for part in document.values() if isinstance(document, dict) else document:
        if isinstance(part, dict | list):
            yield from marks_in(part)


@pytest.mark.parametrize(("comment", "severity"), [("", "high"), (WITH_A_REASON, "note")])
def test_shapes_says_the_reason_beside_the_mark(cli, target, comment, severity):
    path = target(PAIRWISE.format(comment=comment))
    view = cli("shapes", f"{path}:pairwise", "--input", "x=float32[6,2]", "--format", "json").out
    marks = [(mark["severity"], mark["reason"]) for mark in marks_in(json.loads(view))]
    ((found, reason),) = [mark for mark in marks if mark[1].startswith("both operands are broadcast")]
    assert found == severity
    assert reason.endswith("accepted: each is compared with all others") == bool(comment)


DEAD = """
import tensorflow as tf

w = tf.Variable([[1.0], [2.0]])
x = tf.ones((6, 2))
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softmax(x @ w)){comment}
    tape.gradient(loss, [w])
"""


@pytest.mark.parametrize(("comment", "found"), [("", True), ("  # gradcheck: ok - a frozen head", False)])
def test_run_respects_it_too(target, comment, found):
    import gradcheck

    path = target(DEAD.format(comment=comment))
    with gradcheck.guard(on="collect") as guard:
        exec(compile(path.read_text(), path, "exec"), {})
    assert any(finding.cause == "dead" for finding in guard.findings) == found
