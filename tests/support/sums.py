"""Losses that are sums of random terms: added up sample by sample, and all at once with slips in some terms."""

from __future__ import annotations

import random
from dataclasses import dataclass

TERMS = {
    "actor": (
        "-tf.math.log_softmax(x[i : i + 1] @ w)[0, a[i]] * r[i]",
        "-tf.reduce_mean(tf.gather(tf.math.log_softmax(x @ w), a, batch_dims=1) * r)",
        (
            "-tf.reduce_mean(tf.gather(tf.math.log_softmax(x @ w), a, batch_dims=1) * tf.abs(r))",
            "-tf.reduce_mean(tf.gather(tf.nn.softmax(x @ w), a, batch_dims=1) * r)",
        ),
    ),
    "critic": (
        "0.5 * tf.square(tf.reduce_sum(x[i] * v) - r[i])",
        "0.5 * tf.reduce_mean(tf.square(tf.linalg.matvec(x, v) - r))",
        (
            "0.5 * tf.reduce_mean(tf.abs(tf.linalg.matvec(x, v) - r))",
            "0.5 * tf.reduce_mean(tf.square(tf.linalg.matvec(x, v) + r))",
            "0.5 * tf.reduce_mean(tf.square(tf.tanh(tf.linalg.matvec(x, v)) - r))",
        ),
    ),
    "entropy": (
        "0.3 * tf.reduce_sum(tf.nn.softmax(x[i] @ w) * tf.math.log_softmax(x[i] @ w))".replace(
            "x[i] @ w", "tf.linalg.matvec(w, x[i], transpose_a=True)"
        ),
        "0.3 * tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(x @ w) * tf.math.log_softmax(x @ w), axis=1))",
        (
            "0.3 * tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(x @ w) * tf.nn.softmax(x @ w), axis=1))",
            "0.3 * tf.reduce_mean(tf.reduce_max(tf.nn.softmax(x @ w) * tf.math.log_softmax(x @ w), axis=1))",
        ),
    ),
    "scale": (
        "0.1 * tf.exp(0.2 * tf.reduce_sum(x[i] * s))",
        "0.1 * tf.reduce_mean(tf.exp(0.2 * tf.linalg.matvec(x, s)))",
        (
            "0.1 * tf.reduce_mean(tf.nn.softplus(0.2 * tf.linalg.matvec(x, s)))",
            "0.1 * tf.reduce_mean(tf.exp(0.4 * tf.linalg.matvec(x, s)))",
        ),
    ),
}
"""Of each term: how it is computed of one sample, of all at once, and wrongly."""

HEAD = """
import numpy as np
import tensorflow as tf
import gradcheck

draw = np.random.default_rng(5)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
v = tf.Variable(draw.normal(size=4).astype("float32"), name="v")
s = tf.Variable(draw.normal(size=4).astype("float32"), name="s")


@gradcheck.case
def program(seed=0, n=9):
    draw = np.random.default_rng(seed)
    batch = {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "r": draw.normal(size=n).astype("float32"),
        "a": draw.integers(3, size=n),
    }
    return gradcheck.Case(reference=looped, candidate=at_once, batch=batch, variables=[w, v, s])

"""


@dataclass(frozen=True)
class Program:
    """A loss in both forms, and the lines of its slips."""

    source: str
    slips: frozenset[int]


def program(seed: int, slips: int) -> Program:
    """Return a random sum of three terms, with slips in some of them."""
    rng = random.Random(seed)
    names = rng.sample(sorted(TERMS), 3)
    wrong = set(names[:slips])
    lines = [*HEAD.splitlines(), "", "def looped(x, r, a):", "    total = 0.0", "    for i in range(len(r)):"]
    lines += [f"        total += {TERMS[name][0]}" for name in rng.sample(names, 3)]
    lines += ["    return total / len(r)", "", "", "def at_once(x, r, a):"]
    faulty = set()
    order = rng.sample(names, 3)
    for name in order:
        text = rng.choice(TERMS[name][2]) if name in wrong else TERMS[name][1]
        lines.append(f"    {name} = {text}")
        if name in wrong:
            faulty.add(len(lines))
    lines.append(f"    return {' + '.join(order)}")
    return Program("\n".join(lines) + "\n", frozenset(faulty))
