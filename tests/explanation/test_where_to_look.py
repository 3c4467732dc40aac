"""The line that is named is the one to change: where a step is missing, indices are computed, a gradient ends."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

draw = np.random.default_rng(3)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
c = tf.Variable(draw.normal(size=(3, 3)).astype("float32"), name="c")


def batch(seed=0, n=9):
    draw = np.random.default_rng(seed)
    return {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "y": draw.normal(size=(n, 3)).astype("float32"),
        "a": draw.integers(3, size=n),
    }


def squashed(x, y, a):
    h = tf.tanh(x @ w)
    return tf.reduce_mean(tf.where(h > 0.1, h, 0.3 * h) * y) + 0.0 * tf.reduce_sum(c)


def not_squashed(x, y, a):
    h = x @ w  # <--
    return tf.reduce_mean(tf.where(h > 0.1, h, 0.3 * h) * y) + 0.0 * tf.reduce_sum(c)


def largest(x, y, a):
    total = 0.0
    for i in range(len(x)):
        row = tf.tanh(x[i : i + 1] @ w)[0]
        total += tf.square(row[tf.argmax(y[i])] - 0.5)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def smallest(x, y, a):
    rows = tf.tanh(x @ w)
    best = tf.argmin(y, axis=1)  # <--
    return tf.reduce_mean(tf.square(tf.gather(rows, best, batch_dims=1) - 0.5)) + 0.0 * tf.reduce_sum(c)


def given(x, y, a):
    total = 0.0
    for i in range(len(x)):
        total += tf.square(tf.tanh(x[i : i + 1] @ w)[0][tf.argmax(y[i])] - 0.5)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def given_otherwise(x, y, a):
    rows = tf.tanh(x @ w)
    wanted = a
    taken = tf.gather(rows, wanted, batch_dims=1)  # <--
    return tf.reduce_mean(tf.square(taken - 0.5)) + 0.0 * tf.reduce_sum(c)


def straight_through(x, y, a):
    z = x @ w
    code = tf.gather(c, a)
    return tf.reduce_mean(tf.square(z + tf.stop_gradient(code - z) - y)) + tf.reduce_mean(
        tf.square(code - tf.stop_gradient(z))
    )


def too_early(x, y, a):
    z = x @ w
    code = tf.gather(c, a)
    code = z + tf.stop_gradient(code - z)  # <--
    return tf.reduce_mean(tf.square(code - y)) + tf.reduce_mean(tf.square(code - tf.stop_gradient(z)))


def pulled(x, y, a):
    force = -tf.tanh(x @ w)
    return tf.reduce_mean(tf.square(force - y)) + 0.0 * tf.reduce_sum(c)


def pushed(x, y, a):
    force = tf.tanh(x @ w)  # <--
    return tf.reduce_mean(tf.square(force - y)) + 0.0 * tf.reduce_sum(c)


def balanced(logits):
    shares = tf.nn.softmax(logits)
    return tf.reduce_sum(tf.square(tf.reduce_mean(shares, axis=0)))


def each_by_itself(x, y, a):
    one, other = x @ w, tf.tanh(x @ w) @ c
    return (balanced(one) + balanced(other)) / 2.0 + tf.reduce_mean(tf.square(other - y))


def all_together(x, y, a):
    one, other = x @ w, tf.tanh(x @ w) @ c
    rows = tf.concat([one, other], axis=0)  # <--
    return balanced(rows) + tf.reduce_mean(tf.square(other - y))


def two_halves(x, y, a):
    both = tf.tanh(x @ w) @ c
    mean, spread = both[:, :1], both[:, 1:2]
    drawn = mean + tf.exp(spread) * y[:, :1]
    return tf.reduce_mean(tf.square(drawn)) + tf.reduce_mean(tf.exp(spread) - spread + tf.square(mean))


def one_half_twice(x, y, a):
    both = tf.tanh(x @ w) @ c
    mean = both[:, :1]
    spread = both[:, :1]  # <--
    drawn = mean + tf.exp(spread) * y[:, :1]
    return tf.reduce_mean(tf.square(drawn)) + tf.reduce_mean(tf.exp(spread) - spread + tf.square(mean))


def trained_by_both(x, y, a):
    return tf.reduce_mean(tf.square(x @ w - y)) + 0.3 * tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c))


def one_as_a_number(x, y, a):
    error = tf.reduce_mean(tf.square(x @ w - y))
    size = tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c))
    size = float(size)  # <--
    return error + 0.3 * size


SLIPS = {
    "an operand has the other sign": (pulled, pushed, "sign"),
    "a helper is handed another arrangement": (each_by_itself, all_together, "reduction"),
    "a part is taken twice, and another one never": (two_halves, one_half_twice, "index"),
    "a value is taken out of TensorFlow": (trained_by_both, one_as_a_number, "disconnected"),
    "a step is missing where a quantity is made": (squashed, not_squashed, "other"),
    "indices are computed otherwise": (largest, smallest, "index"),
    "indices come from the batch as they are": (given, given_otherwise, "index"),
    "a gradient ends before the place that repairs it": (straight_through, too_early, "stop_gradient"),
}


@pytest.mark.parametrize(("right", "wrong", "cause"), SLIPS.values(), ids=SLIPS)
def test_the_line_to_change_is_named_first(right, wrong, cause):
    @gradcheck.case
    def case(seed: int = 0):
        return gradcheck.Case(
            reference=right, candidate=wrong, batch=batch(seed), variables=[w, c], name="case"
        )

    report = gradcheck.diff(case)
    first = report.findings[0]
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, start=1) if line.endswith("# <--")]
    assert first.verified, str(report)
    assert first.cause == cause, str(report)
    start = wrong.__code__.co_firstlineno
    own = next(number for number in marked if number > start)
    assert first.span.line <= own <= first.span.end_line, str(report)
