"""Where a value leaves TensorFlow, and NumPy computes on, is where its gradient ends."""

from __future__ import annotations

import inspect

import numpy as np
import tensorflow as tf

import gradcheck

W = tf.Variable(np.random.default_rng(1).normal(size=(3, 2)).astype("float32"), name="w")
V = tf.Variable(np.random.default_rng(2).normal(size=(3,)).astype("float32"), name="v")


def findings(candidate, reference):
    @gradcheck.case
    def made(seed=0):
        x = np.random.default_rng(seed).normal(size=(6, 3)).astype("float32")
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch={"x": x}, variables=[W, V], name="made"
        )

    return gradcheck.diff(made, work=4_000).findings


def marked_line(function):
    lines, first = inspect.getsourcelines(function)
    return first + next(number for number, line in enumerate(lines) if "# <--" in line)


def lengths(points):
    return [float(np.hypot(*point)) for point in points]


def kept(x):
    scores = tf.linalg.matvec(x, V)
    return tf.reduce_mean(tf.square(scores) * tf.norm(x @ W, axis=1))


def taken_out(x):
    points = lengths((x @ W).numpy())  # <--
    scores = tf.linalg.matvec(x, V)
    total = 0.0
    for i, length in enumerate(points):
        total += tf.square(scores[i]) * length
    return total / len(points)


def both_kept(x):
    total = 0.0
    for row in tf.unstack(x):
        share = tf.sigmoid(tf.reduce_sum(row * V))
        total -= share * tf.math.log(share) + (1.0 - share) * tf.math.log(1.0 - share)
    return total / len(x) + kept(x)


def both_taken_out(x):
    scores = {i: one.numpy() for i, one in enumerate(tf.unstack(tf.linalg.matvec(x, V)))}
    share = tf.convert_to_tensor(
        np.stack([np.float32(1.0 / (1.0 + np.exp(-scores[i]))) for i in scores], axis=-1)
    )
    return -tf.reduce_mean(share * tf.math.log(share) + (1.0 - share) * tf.math.log(1.0 - share)) + kept(x)


def test_the_place_is_where_the_value_left_tensorflow():
    first = findings(taken_out, kept)[0]
    assert (first.cause, first.verified) == ("disconnected", True)
    assert first.span.line == marked_line(taken_out)
    assert first.span.text == "(x @ W).numpy()"
    assert any(".numpy()" in note for note in first.notes)
    assert not any("nothing reads" in note for note in first.notes)
    assert "what is computed here" not in first.proof.tried


def test_where_nothing_left_tensorflow_nothing_is_found():
    assert not findings(kept, kept)


def test_what_no_variable_moves_was_taken_out_before_and_is_told_once():
    found = findings(both_taken_out, both_kept)
    assert found[0].verified
    assert found[0].span.text.startswith("np.stack(")
    assert len({(one.span, one.message) for one in found}) == len(found)
