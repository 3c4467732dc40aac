"""What somebody altered is found in the source, in Python and NumPy too, and run on two batches."""

from __future__ import annotations

import ast
import functools
import itertools
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import altered, cause_of_a_fix, repairs, searched, shortest
from gradcheck.execution.run import rerun
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Proof
from support import corpus
from support.manifest import sample

TURNS = 2
WHOLE, HALF = 2.0, 1.0

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 3)).astype("float32"), name="w")


def batch(seed=0, n=6):
    draw = np.random.default_rng(seed)
    arrays = {name: draw.normal(size=(n, 3)).astype("float32") for name in ("x", "y", "z")}
    return {**arrays, "kept": draw.integers(2, size=n).astype("float32")}


def case(candidate, reference, made=batch):
    @gradcheck.case
    def made_case(seed=0):
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch=made(seed), variables=[W], name="made"
        )

    return made_case


def rows_of(x):
    return tf.exp(0.3 * tf.tanh(x @ W))


def shifted(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.reduce_sum(rows_of(x[i : i + 1])[0] * np.append(0.0, np.cumsum(y[i])[:-1]))
    return total / len(x)


def shifted_in_numpy(x, y, z, kept):
    sums = np.cumsum(y, axis=0)  # <--
    before = np.concatenate([np.zeros((len(x), 1)), sums[:, :-1]], axis=1).astype("float32")
    return tf.reduce_mean(tf.reduce_sum(rows_of(x) * before, axis=1))


def scored(x, y):
    return tf.reduce_sum(tf.square(x - y), axis=1)


def of_others(x, y, z, kept):
    return tf.reduce_mean(scored(rows_of(x), y) * kept)


def of_the_wrong_argument(x, y, z, kept):
    def weighted(wanted, made):
        return tf.reduce_mean(scored(wanted, made) * kept)

    made = rows_of(x)
    return weighted(made, z)  # <--


def columns(x, y, z, kept):
    made = rows_of(x)
    width = x.shape[1]
    return tf.reduce_mean(made[:, :width] * y) + 0.0 * tf.reduce_sum(kept)


def too_few_columns(x, y, z, kept):
    made = rows_of(x)
    width = x.shape[1] - 1  # <--
    return tf.reduce_sum(made[:, :width] * y[:, :width]) / (3 * len(x)) + 0.0 * tf.reduce_sum(kept)


def in_order(rows):
    out, last = [], rows[-1]
    for row in reversed(rows):
        last = row + 0.5 * tf.tanh(last)
        out.append(last)
    return tf.stack(out[::-1])


def drawn_together(rows, others):
    made = in_order([row * other for row, other in zip(rows, others, strict=True)])
    return tf.reduce_mean(tf.square(made)) + tf.reduce_mean(rows[0])


def all_steps(x, y, z, kept):
    steps = [rows_of(x), rows_of(y), rows_of(z)]
    weights = [y, z, x]
    return drawn_together(steps, weights)


def a_step_too_few(x, y, z, kept):
    made = [rows_of(x), rows_of(y), rows_of(z)]
    given = [y, z, x]
    return drawn_together(made[:-1], given[1:])  # <--


def preferred(one, other, kept):
    return tf.reduce_mean(tf.nn.softplus(one - other) * kept)


def summed_twice(x, y, z, kept):
    chosen = tf.reduce_sum(rows_of(x) * y, axis=1)
    rejected = tf.reduce_sum(rows_of(z) * y, axis=1)
    return preferred(chosen, rejected, kept)


def averaged_twice(x, y, z, kept):
    chosen = tf.reduce_mean(rows_of(x) * y, axis=1)  # <--
    rejected = tf.reduce_mean(rows_of(z) * y, axis=1)
    return preferred(chosen, rejected, kept)


def with_a_penalty(x, y, z, kept):
    return tf.reduce_mean(tf.square(rows_of(x) - y)) + 0.3 * tf.reduce_mean(tf.abs(rows_of(z)))


def penalty_forgotten(x, y, z, kept):
    error = tf.reduce_mean(tf.square(rows_of(x) - y))
    penalty = tf.reduce_mean(tf.abs(rows_of(z)))
    both = error + 0.3 * penalty
    logged = {"loss": both}
    del logged
    return error  # <--


def each_kept(x, y, z, kept):
    return 0.5 * tf.reduce_sum(rows_of(x)[:3] * kept[:3, None])


def the_next_kept(x, y, z, kept):
    rows, total, kept = rows_of(x), 0.0, kept.numpy()
    for i in range(3):
        share = 0.5
        if i == 2:
            share *= kept[i]
        else:
            share *= kept[i + 1]  # <--
        total += share * tf.reduce_sum(rows[i])
    return total


def passed(x):
    made = rows_of(x)
    return {"made": made, "size": tf.reduce_sum(made)}


def of_both_passes(x, y, z, kept):
    return tf.reduce_mean(tf.square(passed(x)["made"] - y)) + tf.reduce_mean(tf.exp(passed(z)["made"]))


def of_the_wrong_pass(x, y, z, kept):
    weak = passed(x)
    strong = passed(z)
    error = tf.reduce_mean(tf.square(passed(x)["made"] - y))
    found = weak["made"]  # <--
    return error + tf.reduce_mean(tf.exp(found)) + 0.0 * strong["size"]


def as_another(x, like):
    return tf.cast(x, like.dtype)


def weighted(x, y, z, kept):
    return tf.reduce_mean(tf.reduce_sum(rows_of(x), axis=1) * y[:, 0] * (1.0 + kept))


def weighted_by_whole_numbers(x, y, z, kept):
    which = tf.range(len(x), dtype=tf.int64)
    weights = as_another(y[:, 0], which)  # <--
    found = tf.gather(tf.reduce_sum(rows_of(x), axis=1), which)
    return tf.reduce_mean(found * tf.cast(weights, tf.float32) * (1.0 + kept))


def of_pairs(x, y, z, kept):
    total = 0.0
    for one, other in ((x, y), (x, z), (y, z)):
        total += tf.reduce_mean(tf.square(rows_of(one) - rows_of(other)))
    return total / 3.0


def of_the_last_pair(x, y, z, kept):
    apart = 0.0
    for one, other in ((x, y), (x, z), (y, z)):
        error = tf.reduce_mean(tf.square(rows_of(one) - rows_of(other)))
        apart = 2.0 * error  # <--
    return apart / 6.0


def mixed(x, y, z, kept):
    shares = (0.3 * tf.exp(y), 0.7 * tf.exp(z))
    return tf.reduce_mean(rows_of(x) * tf.math.log(tf.add_n(shares)))


def mixed_with_sums(x, y, z, kept):
    few, most = 0.3, 0.7
    shares = few + tf.exp(y) + most + tf.exp(z)  # <--
    return tf.reduce_mean(rows_of(x) * tf.math.log(shares))


def disorder(x):
    return -tf.reduce_sum(tf.nn.softmax(x @ W) * tf.nn.log_softmax(x @ W), axis=1)


def with_disorder(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.reduce_sum(tf.square(rows_of(x[i : i + 1]) - y[i])) - 0.3 * disorder(x[i : i + 1])[0]
    return total / len(x)


def against_disorder(x, y, z, kept):
    error = tf.reduce_mean(tf.reduce_sum(tf.square(rows_of(x) - y), axis=1))
    bonus = 0.3 * tf.reduce_mean(disorder(x))
    return tf.add(error, bonus)  # <--


def against_order(x, y, z, kept):
    logs = tf.nn.log_softmax(x @ W)
    spread = tf.reduce_sum(tf.exp(logs) * logs, axis=1)
    error = tf.reduce_sum(tf.square(rows_of(x) - y), axis=1)
    return tf.reduce_mean(error - 0.3 * spread)  # <--


def by_decay(x, y, z, kept):
    total = 0.0
    for i, factor in enumerate((0.5, 0.25, 0.125)):
        total += factor * tf.reduce_mean(tf.square(rows_of(x)[:, i] - y[:, i]))
    return total


def by_decay_from_zero(x, y, z, kept):
    def shares():
        return np.array([0.5**i for i in range(3)], "float32")  # <--

    return tf.reduce_mean(tf.reduce_sum(shares() * tf.square(rows_of(x) - y), axis=1))


def step(row, state):
    return tf.tanh(row @ W + 0.5 * state)


def carried(x, y, z, kept):
    state, total = z, 0.0
    for given in (x, y, x):
        state = step(given, state)
        total += tf.reduce_mean(tf.square(state))
    return total


def never_carried(x, y, z, kept):
    state, found = z, []
    for given in (x, y, x):
        out = step(given, state)  # <--
        found.append(out)
    return tf.reduce_mean(tf.reduce_sum(tf.square(tf.stack(found)), axis=0))


def scaled_errors(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        row = rows_of(x[i : i + 1])[0]
        total += tf.reduce_sum(tf.exp(y[i, 0] * (row + y[i] - z[i])))
    return total / len(x)


def without_brackets(x, y, z, kept):
    errors = y[:, :1] * rows_of(x) + y - z  # <--
    return tf.reduce_mean(tf.reduce_sum(tf.exp(errors), axis=1))


def weighted_mean(x, y, z, kept):
    total, weights = 0.0, 0.0
    for i in range(len(x)):
        weight = 0.3 + kept[i]
        total += weight * tf.reduce_sum(rows_of(x[i : i + 1]) * y[i])
        weights += weight
    return total / weights


def weighted_sum(x, y, z, kept):
    weights = 0.3 + kept
    scores = tf.reduce_sum(rows_of(x) * y, axis=1)
    return tf.reduce_sum(scores * weights)  # <--


def one_sided(x, y, z, kept):
    error = rows_of(x) + y - 1.0
    return tf.reduce_mean(tf.where(tf.abs(error) > 0.4, tf.abs(error), tf.square(error)))


def far_on_one_side(x, y, z, kept):
    error = rows_of(x) + y - 1.0
    far = error > 0.4  # <--
    return tf.reduce_mean(tf.where(far, tf.abs(error), tf.square(error)))


def rows_after(x, y, z, kept):
    return sum(tf.reduce_sum(tf.square(rows_of(x) + after)) for after in (y, z)) / len(x)


def rows_before(x, y, z, kept):
    total, last = 0.0, tf.zeros_like(y)
    for given in (y, z):
        total += tf.reduce_sum(tf.square(rows_of(x) + last))  # <--
        last = 1.0 * given
    return total / len(x)


def by_columns(x, y, z, kept):
    made = rows_of(x)
    return sum(tf.reduce_sum(tf.exp(made[:, k] * y[:, k])) for k in range(3)) / len(x)


def by_reshaping(x, y, z, kept):
    made = rows_of(x)
    columns = tf.reshape(y, (3, -1))  # <--
    return sum(tf.reduce_sum(tf.exp(made[:, k] * columns[k])) for k in range(3)) / len(x)


def traced(x, y, z, kept):
    total, trace = 0.0, tf.zeros_like(x)
    for step in (x, y, z):
        trace = 0.5 * trace + tf.tanh(step @ W)
        total += tf.reduce_sum(tf.square(trace)) / len(x)
    return total


class Traced:
    def __init__(self, like):
        self.trace = tf.zeros_like(like)

    def step(self, given):
        self.trace = 0.7 * self.trace + tf.tanh(given @ W)  # <--
        return tf.square(self.trace)


def traced_for_longer(x, y, z, kept):
    traces = Traced(x)
    return tf.reduce_sum(tf.add_n([traces.step(given) for given in (x, y, z)])) / len(x)


def of_both_channels(x, y, z, kept):
    frames = tf.reshape(tf.concat([x, y, z], axis=1), (-1, 3, 3))
    return tf.reduce_mean(tf.exp(tf.transpose(frames, [0, 2, 1]) @ W))


def rebound(x, y, z, kept):
    def apart(frames):
        frames = tf.reshape(frames, (-1, 3, 3))
        frames = tf.reshape(frames, (frames.shape[0], 3, 3, 1))  # <--
        return frames[..., 0]

    return tf.reduce_mean(tf.exp(apart(tf.concat([x, y, z], axis=1)) @ W))


class Activated:
    def __call__(self, given):
        made = tf.tanh(given @ W)
        if given is None:
            return made
        return given  # <--


def activated(x, y, z, kept):
    return tf.reduce_mean(tf.square(tf.tanh(x @ W) - y))


def not_activated(x, y, z, kept):
    layer = Activated()
    return tf.reduce_mean(tf.square(layer(x) - y))


def free_each(x, y, z, kept):
    total = 0.0
    for row in tf.unstack(x):
        total += tf.reduce_sum(tf.nn.relu(tf.square(row[None] @ W) - 0.3) + 0.3) / 3.0
    return total / x.shape[0]


def free_at_last(x, y, z, kept):
    return tf.maximum(tf.reduce_mean(tf.square(x @ W)), 0.3)  # <--


def pairs_apart(x, y, z, kept):
    errors = tf.reduce_sum(tf.square(x @ W - y))
    return errors / (2 * x.shape[0])


def pairs_without_one(x, y, z, kept):
    size = x.shape[0]
    errors = tf.reduce_sum(tf.square(x @ W - y))
    errors /= 2 * (size - 1)  # <--
    return errors


def falls_less(x, y, z, kept):
    backup = kept * tf.reduce_sum(y, axis=1) - 0.1 * kept * tf.reduce_sum(tf.tanh(x @ W), axis=1)
    return tf.reduce_mean(tf.square(tf.reduce_sum(x @ W, axis=1) - backup))


def falls_after_the_end(x, y, z, kept):
    backup = kept * tf.reduce_sum(y, axis=1)
    backup -= 0.1 * tf.reduce_sum(tf.tanh(x @ W), axis=1)  # <--
    return tf.reduce_mean(tf.square(tf.reduce_sum(x @ W, axis=1) - backup))


def ended(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        if not kept[i]:
            made = tf.reduce_sum(rows_of(x[i : i + 1])[0] * y[i]) + 0.9 * tf.reduce_sum(rows_of(z[i : i + 1]))
            total += tf.square(made)
    return total / len(x)


def never_ended(x, y, z, kept):
    made = tf.reduce_sum(rows_of(x) * y, axis=1) * (1.0 - kept)
    after = 0.9 * tf.reduce_sum(rows_of(z), axis=1)  # <--
    return tf.reduce_mean(tf.square(made + after))


def of_those_kept(x, y, z, kept):
    found = [rows_of(x[i : i + 1]) for i in range(len(x)) if kept[i] > 0]
    return tf.reduce_mean(tf.concat(found, axis=0)) if found else 0.0 * tf.reduce_sum(W)


def of_all_rows(x, y, z, kept):
    made = rows_of(x)
    return tf.reduce_mean(made)  # <--


def by_shares(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        shares = tf.nn.softmax(tf.tanh(x[i : i + 1] @ W))[0]
        total += tf.reduce_sum(shares * y[i]) + tf.reduce_sum(tf.square(x[i : i + 1] @ W))
    return total / len(x)


def by_the_largest(x, y, z, kept):
    scores = tf.tanh(x @ W)
    shares = tf.one_hot(tf.argmax(scores, axis=1), 3)  # <--
    return tf.reduce_mean(tf.reduce_sum(shares * y, axis=1) + tf.reduce_sum(tf.square(x @ W), axis=1))


def summed_tokens(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        for j in range(1 + int(kept[i])):
            total += rows_of(x[i : i + 1])[0, j] * y[i, j]
    return total / len(x)


def averaged_tokens(x, y, z, kept):
    counted = tf.where(tf.range(3)[None] < 1 + tf.cast(kept, "int32")[:, None], tf.ones_like(y), 0.0)
    errors = rows_of(x) * y
    return tf.reduce_mean(tf.reduce_mean(errors * counted, axis=1))  # <--


def over_ranks(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        scores = tf.stack([tf.reduce_sum(rows_of(x[i : i + 1]) * one[i]) for one in (y, z)])
        total += tf.reduce_logsumexp(scores) - scores[0]
    return total / (2 * len(x))


def over_ranks_twice(x, y, z, kept):
    ranks = 2

    def worker(first, second):
        scores = tf.stack([tf.reduce_sum(rows_of(x) * one, axis=1) for one in (first, second)], axis=1)
        labels = tf.zeros(len(x), "int32")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores))
        loss *= ranks  # <--
        return loss

    return worker(y, z) / ranks


def of_the_low_alone(x, y, z, kept):
    total, count = 0.0, 0.0
    for i in range(len(x)):
        low = tf.cast(z[i, 0] < 0.1, "float32")
        total, count = total + low * tf.reduce_sum(rows_of(x[i : i + 1])[0] * y[i]), count + low
    return total / count


def of_low_and_high(x, y, z, kept):
    made = tf.reduce_sum(rows_of(x) * y, axis=1)
    return tf.reduce_mean(made)  # <--


def bounded(x, y, z, kept):
    return tf.reduce_mean(tf.exp(tf.clip_by_value(rows_of(x), 0.9, 1.1)) * y)


def bounded_and_dropped(x, y, z, kept):
    made = rows_of(x)
    tf.clip_by_value(made, 0.9, 1.1)  # <--
    return tf.reduce_mean(tf.exp(made) * y)


def signed(x, y, z, kept):
    made = rows_of(x)
    return tf.reduce_mean(tf.exp(made - y) + tf.square(tf.exp(made - z)))


def unsigned(x, y, z, kept):
    first, second = tf.abs(rows_of(x) - y), tf.abs(rows_of(x) - z)  # <--
    return tf.reduce_mean(tf.exp(first) + tf.square(tf.exp(second)))


def mixed_terms(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        made = rows_of(x[i : i + 1])[0]
        total += tf.reduce_mean(made * y[i]) - tf.reduce_mean(tf.square(made) * z[i])
    return total / len(x)


def listed_terms(x, y, z, kept):
    made = rows_of(x)
    terms = [
        (made, y),
        (tf.square(made), z),  # <--
    ]
    return tf.reduce_mean(sum(one * other for one, other in terms))


def from_the_second(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.reduce_sum(tf.square(rows_of(x[i : i + 1])[0, 1:] - y[i, 1:]))
    return total / len(x)


def of_the_second_alone(x, y, z, kept):
    made = rows_of(x)
    return tf.reduce_mean(tf.reduce_sum(tf.square(made[:, 1:2] - y[:, 1:2]), axis=1))  # <--


def of_each_pair(x, y, z, kept):
    total = 0.0
    for other in (y, z):
        total += tf.reduce_mean(rows_of(x) * other) + 0.3 * tf.reduce_mean(tf.square(rows_of(x) - other))
    return total


def of_the_last_two_names(x, y, z, kept):
    def both(given, other):
        return tf.reduce_mean(given * other), tf.reduce_mean(tf.square(given - other))

    first = second = 0.0
    for other in (y, z):
        first, second = both(rows_of(x), other)  # <--
    return first + 0.3 * second


def with_a_bonus(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        row = rows_of(x[i : i + 1])[0]
        total += tf.reduce_mean(row * y[i]) + tf.reduce_mean(tf.square(row) * z[i])
    return total / len(x)


def bonus_never_added(x, y, z, kept):
    loss, bonuses = tf.reduce_mean(rows_of(x) * y), [tf.square(rows_of(x)) * z]
    if len(x) > 1 and not bonuses:  # <--
        loss = loss + tf.reduce_mean(bonuses[0])
    return loss


def towards_the_other(x, y, z, kept):
    def pulled(given, up):
        towards = z if up else y  # <--
        return tf.reduce_mean(given * towards)

    return pulled(rows_of(x), True) + pulled(tf.square(rows_of(x)), False)


def carried_on(given, order):
    state, states = tf.zeros_like(given[0]), []
    for i in order:
        state = tf.tanh(given[i] + 0.7 * state)
        states.append(state)
    return tf.stack(states)


def back_to_front(x, y, z, kept):
    given = rows_of(x)
    return tf.reduce_mean(tf.square(carried_on(given, range(len(x) - 1, -1, -1)))) + tf.reduce_mean(given * y)


def front_to_back(x, y, z, kept):
    given = rows_of(x)
    state, states = 0.0 * given[0], []
    for i in range(len(x)):  # <--
        state = tf.math.tanh(0.7 * state + given[i])
        states.append(state**2)
    return tf.reduce_mean(states) + tf.reduce_mean(given * y)


def of_two_masks(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        row = rows_of(x[i : i + 1])[0]
        total += tf.reduce_sum(row * tf.cast(y[i] > 0.2, row.dtype))
        total += tf.reduce_sum(tf.square(row) * tf.cast(z[i] > 0.1, row.dtype))
    return total / len(x)


def of_one_mask_twice(x, y, z, kept):
    high = tf.cast(y > 0.2, x.dtype)
    made = tf.reduce_sum(rows_of(x) * high)
    made += tf.reduce_sum(tf.square(rows_of(x)) * high)  # <--
    return made / len(x)


def the_lower_of(x):
    return tf.reduce_sum(tf.tanh(x @ W), axis=1)


def the_other(x):
    return tf.reduce_sum(tf.sin(x @ W), axis=1)


def below_both(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.minimum(the_lower_of(x[i : i + 1])[0], the_other(x[i : i + 1])[0]) * y[i, 0]
    return total / len(x)


def below_one(x, y, z, kept):
    return tf.reduce_mean(the_lower_of(x) * y[:, 0])  # <--


def of_x_and_y(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.reduce_sum(rows_of(x[i : i + 1])[0] * y[i])
    return total / len(x)


def of_y_and_z(x, y, z, kept):
    given, weights = y, z  # <--
    return tf.reduce_mean(tf.reduce_sum(rows_of(given) * weights, axis=1))


def of_the_allowed(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        scores = tf.where(tf.round(tf.sigmoid(z[i])) > 0.5, 9.0 * rows_of(x[i : i + 1])[0], -1e9)
        total += tf.reduce_sum(tf.nn.softmax(scores) * y[i])
    return total / len(x)


def of_the_forbidden(x, y, z, kept):
    allowed = tf.cast(tf.round(tf.sigmoid(z)), tf.bool)
    bias = tf.where(allowed, -1e9, 0.0)
    return tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(9.0 * rows_of(x) + bias, axis=1) * y, axis=1))


def marked_line(function):
    code = function.__code__
    lines = pathlib.Path(code.co_filename).read_text().splitlines()
    return next(
        number for number in range(code.co_firstlineno, len(lines)) if lines[number - 1].endswith("# <--")
    )


def of_the_class(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.math.log(rows_of(x[i : i + 1])[0, int(kept[i])])
    return total / len(x)


def of_the_mean_of_classes(x, y, z, kept):
    taken = tf.one_hot(tf.cast(kept, tf.int32), 3)
    each = taken * tf.math.log(rows_of(x))
    picked = tf.reduce_mean(each, axis=1)  # <--
    return tf.reduce_mean(picked)


def wide_by_high(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        left, top, right = tf.unstack(y[i])
        total += tf.reduce_sum(rows_of(x[i : i + 1])) * tf.sin(top - left) * tf.exp(right - left)
    return total


def high_by_high(x, y, z, kept):
    corners = y
    wide = corners[:, 2] - corners[:, 0]  # <--
    high = corners[:, 2] - corners[:, 0]
    return tf.reduce_sum(tf.reduce_sum(rows_of(x), axis=1) * tf.sin(wide) * tf.exp(high))


def until_the_last(x, y, z, kept):
    total, left = 0.0, 1.0
    for i in range(len(x)):
        total += left * tf.reduce_sum(rows_of(x[i : i + 1]))
        left *= y[i, 0]
    return total


def also_the_last(x, y, z, kept):
    left = tf.math.cumprod(y[:, 0])  # <--
    return tf.reduce_sum(left * tf.reduce_sum(rows_of(x), axis=1))


def kept_both(x, y, z, kept):
    return tf.reduce_sum(rows_of(x) * y) + 3.0 * tf.reduce_sum(tf.square(rows_of(y) - z))


def kept_nothing(x, y, z, kept):
    loss = tf.reduce_sum(rows_of(x) * y)
    apart = tf.square(rows_of(y) - z)
    first = loss
    if TURNS > 1:
        loss = first + 3.0 * tf.reduce_sum(apart)
    loss = first  # <--
    return 1.0 * loss


def with_a_weight(x, y, z, kept):
    return tf.reduce_sum(kept[:, None] * rows_of(x) * y)


def without_a_weight(**given):
    weight = given.get("keeps")  # <--
    weights = 1.0 if weight is None else weight[:, None]
    return tf.reduce_sum(weights * rows_of(given["x"]) * given["y"])


def over_own_axes(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        total += tf.square(tf.reduce_sum(rows_of(x[i : i + 1])[0, :, None] * y[i, None, :]))
    return total


def over_all_axes(x, y, z, kept):
    made = rows_of(x)[:, :, None] * y[:, None, :]
    axes = tuple(range(made.shape.rank))  # <--
    return tf.reduce_sum(tf.square(tf.reduce_sum(made, axis=axes)))


def over_a_fixed_sum(x, y, z, kept):
    def shared_out(errors):
        return tf.reduce_sum(errors * kept) / 5.5  # <--

    weights = tf.reduce_sum(tf.abs(z))
    tf.debugging.assert_positive(weights)
    return shared_out(scored(rows_of(x), y))


def over_the_weights(x, y, z, kept):
    errors = [scored(rows_of(x[i : i + 1]), y[i : i + 1])[0] * kept[i] for i in range(len(x))]
    return tf.add_n(errors) / sum(tf.reduce_sum(tf.abs(one)) for one in z)


def of_one_column(x, y, z, kept):
    errors = tf.square(rows_of(x) - y)
    return tf.reduce_mean(errors[:, 1])  # <--


def of_all_but_the_first(x, y, z, kept):
    columns = [tf.reduce_mean(tf.square(rows_of(x)[:, i] - y[:, i])) for i in (1, 2)]
    return tf.add_n(columns) / 2.0


def of_rows_about_their_own_mean(x, y, z, kept):
    rows = tf.unstack(rows_of(x) * y)
    means = [tf.reduce_mean(row) for row in rows]
    mean = tf.add_n(means) / len(rows)
    around = zip(rows, means, strict=True)
    return mean + tf.add_n([tf.reduce_sum((row - own) ** 2) for row, own in around])  # <--


def about_one_mean(x, y, z, kept):
    made = rows_of(x) * y
    mean = tf.reduce_mean(made)
    return tf.reduce_sum(tf.square(made - mean)) + mean


def whole_parts_added_up(x, y, z, kept):
    del kept  # it adds up to as many as there are parts
    parts, total = 3, 0.0
    for rows in zip(*(tf.split(one, parts) for one in (x, y, z)), strict=True):
        error = tf.reduce_mean(tf.square(rows_of(rows[0]) - rows[1]))
        total = total + (error + 0.2 * tf.reduce_mean(tf.abs(rows_of(rows[2]))))  # <--
    return total


def mean_over_all(x, y, z, kept):
    return tf.reduce_mean(tf.square(rows_of(x) - y)) + 0.2 * tf.reduce_mean(tf.abs(rows_of(z)))


def steps_between_samples(x, y, z, kept):
    made = rows_of(x) * y
    steps = made[1:] - made[:-1]  # <--
    return tf.reduce_mean(tf.square(steps))


def steps_between_columns(x, y, z, kept):
    made = tf.unstack(rows_of(x) * y, axis=1)
    apart = [tf.reduce_mean((after - before) ** 2) for before, after in itertools.pairwise(made)]
    return tf.add_n(apart) / len(apart)


ALTERED = {
    "the share of each part": (whole_parts_added_up, mean_over_all, "/ parts"),
    "another axis of two slices": (
        steps_between_samples,
        steps_between_columns,
        "made[:, 1:] - made[:, :-1]",
    ),
    "a name of a comprehension": (of_rows_about_their_own_mean, about_one_mean, "row - mean"),
    "a sum that the function around has": (over_a_fixed_sum, over_the_weights, "/ weights"),
    "one for all from there": (of_one_column, of_all_but_the_first, "errors[:, 1:]"),
    "an axis in NumPy": (shifted_in_numpy, shifted, "1"),
    "an argument": (of_the_wrong_argument, of_others, "weighted(made, y)"),
    "a number in Python": (too_few_columns, columns, "x.shape[1]"),
    "two arguments of a call alike": (a_step_too_few, all_steps, "drawn_together(made, given)"),
    "two statements alike": (averaged_twice, summed_twice, "tf.reduce_sum(rows_of(x) * y, axis=1)"),
    "one of two branches, and not the condition": (the_next_kept, each_kept, "i"),
    "what is read of two calls, and not a call": (of_the_wrong_pass, of_both_passes, 'strong["made"]'),
    "a call, and not the whole of what it calls": (weighted_by_whole_numbers, weighted, "y[:, 0]"),
    "what a loop overwrites": (of_the_last_pair, of_pairs, "apart + 2.0 * error"),
    "products in a sum": (mixed_with_sums, mixed, "few * tf.exp(y) + most * tf.exp(z)"),
    "a sign where it is added, and not in front": (
        against_disorder,
        with_disorder,
        "tf.subtract(error, bonus)",
    ),
    "a sign where it is subtracted, and not in front": (against_order, with_disorder, "error + 0.3 * spread"),
    "what is returned": (penalty_forgotten, with_a_penalty, "both"),
    "a number in a function that runs no op": (by_decay_from_zero, by_decay, "i + 1"),
    "what the next round reads": (never_carried, carried, "(state := step(given, state))"),
    "brackets": (without_brackets, scaled_errors, "y[:, :1] * (rows_of(x) + y - z)"),
    "a call that is made of the same elsewhere": (far_on_one_side, one_sided, "tf.abs(error) > 0.4"),
    "what this round gives later": (rows_before, rows_after, "given"),
    "axes that a reshape mixes": (by_reshaping, by_columns, "tf.transpose(y, [1, 0])"),
    "a name of another shape further down": (rebound, of_both_channels, "tf.transpose(frames, [0, 2, 1]"),
    "a mean that weights take": (weighted_sum, weighted_mean, "/ tf.reduce_sum(weights)"),
    "two calls that changed places": (
        free_at_last,
        free_each,
        "tf.reduce_mean(tf.maximum(tf.square(x @ W), 0.3))",
    ),
    "a count of samples that is too small": (pairs_without_one, pairs_apart, "size"),
    "what is subtracted in place": (falls_after_the_end, falls_less, "* kept"),
    "a factor that another product has": (never_ended, ended, "* (1.0 - kept)"),
    "what counts in a mean": (of_all_rows, of_those_kept, "tf.boolean_mask(made, tf.cast(kept, tf.bool))"),
    "what counts for the reference": (
        of_low_and_high,
        of_the_low_alone,
        "tf.boolean_mask(made, z[:, 0] < 0.1)",
    ),
    "what two names are given in each round": (of_the_last_two_names, of_each_pair, "zip((first, second), "),
    "a condition, so that a branch is never run": (bonus_never_added, with_a_bonus, "bonuses"),
    "two branches that changed places": (towards_the_other, with_a_bonus, "y if up else z"),
    "the order of the rounds": (front_to_back, back_to_front, "reversed(range(len(x)))"),
    "a mask that the reference makes": (of_one_mask_twice, of_two_masks, "tf.cast(z > 0.1, high.dtype)"),
    "the smaller of two": (below_one, below_both, "tf.minimum(the_lower_of(x), the_other(x))"),
    "two names in one list": (of_y_and_z, of_x_and_y, "x, y"),
    "two slices alike": (of_the_second_alone, from_the_second, "made[:, 1:] - y[:, 1:]"),
    "one element of a list of several": (listed_terms, mixed_terms, "-"),
    "what two names are given in one statement": (unsigned, signed, "rows_of(x) - "),
    "what is computed and dropped": (
        bounded_and_dropped,
        bounded,
        "(made := tf.clip_by_value(made, 0.9, 1.1))",
    ),
    "a function of what a call is made of": (by_the_largest, by_shares, "tf.nn.softmax(scores)"),
    "what something is multiplied by in place": (over_ranks_twice, over_ranks, "1.0"),
    "a mean of what comes right with a factor": (
        of_the_mean_of_classes,
        of_the_class,
        "tf.reduce_sum(each, axis=1)",
    ),
    "the first of two that are alike": (high_by_high, wide_by_high, "corners[:, 1]"),
    "an option": (also_the_last, until_the_last, "exclusive=True"),
    "what is overwritten": (kept_nothing, kept_both, "loss"),
    "a key that nothing has": (without_a_weight, with_a_weight, 'given.get("kept")'),
    "axes that are counted": (over_all_axes, over_own_axes, "range(1, made.shape.rank)"),
    "a mean of what no operand is repeated in": (averaged_tokens, summed_tokens, "errors * counted"),
}


@functools.cache
def findings_on(kind):
    candidate, reference, _ = ALTERED[kind]
    return gradcheck.diff(case(candidate, reference), work=6_000).findings


@pytest.mark.parametrize("kind", sample([*ALTERED], every=2))
def test_what_was_altered_is_named_with_its_fix(kind):
    candidate, _, text = ALTERED[kind]
    first = findings_on(kind)[0]
    assert first.verified
    assert first.span.line == marked_line(candidate)
    assert first.fix is not None
    assert first.fix.source
    assert text in first.fix.text
    assert ast.parse(first.fix.text, mode="eval")


def test_what_the_method_returns_that_an_object_is_called_by_is_behind_it_too():
    (found,) = gradcheck.diff(case(not_activated, activated), work=4_000).findings
    assert (found.verified, found.fix.text) == (True, "made")
    assert found.span.line == marked_line(Activated.__call__)
    assert "the gradient of `w` ends here" in found.notes[0]
    assert found.notes[1:] == (
        "nothing reads what it gives: is something else returned, or read under its name?",
    )


def value_of(actions, y):
    return tf.reduce_sum(tf.sin(actions) * y, axis=1)


def policy(x, y, z, kept):
    return -tf.reduce_mean(value_of(x @ W, y))


def by_the_chain_rule(x, y, z, kept):
    with tf.GradientTape() as inner:
        actions = tf.stop_gradient(x @ W)
        inner.watch(actions)
        values = value_of(actions, y)
    slopes = inner.gradient(values, actions) / len(x)  # <--
    return tf.reduce_sum(x @ W * tf.stop_gradient(-slopes / len(x)))


def test_a_loss_whose_value_means_nothing_is_repaired_by_its_gradients():
    first = gradcheck.diff(case(by_the_chain_rule, policy), work=20_000).findings[0]
    assert (first.cause, first.verified) == ("reduction", True)
    assert first.span.line == marked_line(by_the_chain_rule)
    assert first.fix.text == "inner.gradient(values, actions)"


def bound(x, y, z, kept):
    total = 0.0
    for i in range(len(x)):
        one, other = (tf.reduce_sum(rows_of(part[i : i + 1])[0] * y[i]) for part in (x, z))
        total += tf.math.log(tf.exp(one) + tf.exp(other))
    return total / len(x)


def weighted_by_what_is_learned(x, y, z, kept):
    losses = tf.stack([tf.reduce_sum(rows_of(part) * y, axis=1) for part in (x, z)])
    weights = tf.nn.softmax(losses, axis=0)  # <--
    return tf.reduce_mean(tf.reduce_sum(weights * losses, axis=0))


def test_where_no_gradient_is_stopped_only_a_stop_is_looked_for_by_gradients(monkeypatch):
    tried = []
    monkeypatch.setattr(altered, "_altered", lambda *given: tried.append((given[-1], given[1])) or iter(()))
    for wrong, right, only in (
        (weighted_by_what_is_learned, bound, "stops"),
        (by_the_chain_rule, policy, None),
    ):
        tried.clear()
        gradcheck.diff(case(wrong, right), work=4_000)
        assert {region.only for trials, region in tried if trials.by_gradient} == {only}


def test_a_stop_that_is_missing_is_found_by_the_gradients():
    first = gradcheck.diff(case(weighted_by_what_is_learned, bound), work=20_000).findings[0]
    assert first.verified and first.span.line == marked_line(weighted_by_what_is_learned)
    assert first.fix.text == "tf.stop_gradient(tf.nn.softmax(losses, axis=0))"


def test_what_an_object_keeps_is_behind_what_reads_it():
    first = gradcheck.diff(case(traced_for_longer, traced), work=4_000).findings[0]
    assert first.verified and first.fix.text.startswith("0.5 * self.trace")
    assert first.span.line == marked_line(Traced.step)


def test_fixes_that_need_each_other_are_both_told():
    first, second = findings_on("two statements alike")[:2]
    assert "rows_of(z)" in second.fix.text and second.span.line == first.span.line + 1
    assert first.proof.needs_also == (second.span.place,)
    assert second.proof.needs_also == (first.span.place,)


@pytest.mark.parametrize("kind", ["an argument", "what is returned"])
def test_without_changes_of_the_source_it_is_not_named(kind, monkeypatch):
    monkeypatch.setattr(shortest, "altered", lambda *given: iter(()))
    candidate, reference, _ = ALTERED[kind]
    first = gradcheck.diff(case(candidate, reference)).findings[0]
    assert first.fix is None or first.span.line != marked_line(candidate) or not first.fix.source


def of_six(x, y, z, kept):
    return tf.reduce_sum(tf.reshape(rows_of(x), (6, 3)) * y) / 6.0


def of_three(x, y, z, kept):
    six, three = 6, 3
    return tf.reduce_sum(tf.reshape(rows_of(x), (six, 3)) * y) / three


def test_what_may_be_the_number_of_samples_is_not_brought_in():
    for one in gradcheck.diff(case(of_three, of_six)).findings:
        assert one.fix is None or "six" not in one.fix.text.partition("/")[2]


def test_the_same_factor_at_other_places_takes_no_ones_turn(monkeypatch):
    given = {
        "a": ("f(a)", "f(a) * 2"),
        "b": ("f(a)", "f(a * 2)"),
        "c": ("f(a)", "f(b)"),
        "d": ("f(a)", "f(a * 3)"),
    }
    texts = [SimpleNamespace(site=before, text=after) for before, after in given.values()]
    for module in (shortest, cause_of_a_fix):
        monkeypatch.setattr(module, "span_of", lambda site: SimpleNamespace(text=site))
    kept = [one.text for one in shortest._by_other_factors([*texts, *texts])]
    assert kept == ["f(a) * 2", "f(b)", "f(a * 3)", "f(b)"]


def test_a_change_at_several_places_is_told_at_each(monkeypatch):
    """One of them alone repairs nothing: each names the others."""
    first, second = (SimpleNamespace(text=text, place=place) for text, place in (("a", "f:1"), ("b", "f:2")))
    text = Transplant(first, "c", first, also=(Transplant(second, "d", second),))
    proof = Proof(tried="`c`", residual=0.0, samples=(6, 3), second="another seed")
    pair = SimpleNamespace(runs=[SimpleNamespace(recording=None)] * 2)
    monkeypatch.setattr(shortest, "span_of", lambda site: site)
    monkeypatch.setattr(shortest, "proof_of", lambda *given: (proof, ""))
    monkeypatch.setattr(shortest, "cause_with", lambda *given: "other")
    monkeypatch.setattr(shortest, "message_without_counterpart", lambda text: text.text)
    found = shortest._proved_anywhere(text, pair, None, "float64")
    assert [(one.fix.text, one.proof.tried, one.proof.needs_also) for one in found] == [
        ("c", "`c`", ("f:2",)),
        ("d", "`d`", ("f:1",)),
    ]
    monkeypatch.setattr(shortest, "proof_of", lambda *given: None)
    assert shortest._proved_anywhere(text, pair, None, "float64") == []


def test_a_fix_that_is_right_on_paper_alone_is_none(monkeypatch):
    """Adding 1e9 where nothing is to be added leaves no digits of the scores in float32."""

    def fix():
        return gradcheck.diff(case(of_the_forbidden, of_the_allowed), work=6_000).findings[0].fix.text

    assert fix() == "tf.sigmoid(-z)"
    monkeypatch.setattr(rerun, "_is_near", lambda *given: True)
    assert fix() == "9.0 * rows_of(x) - bias"


def half_weighted(x, y, z, kept):
    return WHOLE * tf.reduce_sum(rows_of(x) * y) / 2 + HALF * tf.reduce_sum(rows_of(y) * z)


def fully_weighted(x, y, z, kept):
    return WHOLE * tf.reduce_sum(rows_of(x) * y) + HALF * tf.reduce_sum(rows_of(y) * z)


@pytest.mark.parametrize("by_chance", [False, True])
def test_a_number_that_is_half_of_another_one_by_chance_is_no_fix(by_chance, monkeypatch):
    if by_chance:
        monkeypatch.setattr(repairs, "holds_for_other_numbers", lambda pair, texts, exact: True)
    first = gradcheck.diff(case(fully_weighted, half_weighted), work=6_000).findings[0]
    assert first.fix is not None
    assert ("HALF" in first.fix.text, "2" in first.fix.text) == (by_chance, not by_chance)


def each_weighted(x, y, z, kept):
    return WHOLE * tf.reduce_sum(tf.sin(rows_of(x)) * y) + HALF * tf.reduce_sum(tf.cos(rows_of(y)) * z)


def weighted_the_other_way(x, y, z, kept):
    return HALF * tf.reduce_sum(tf.sin(rows_of(x)) * y) + WHOLE * tf.reduce_sum(tf.cos(rows_of(y)) * z)


def test_fixes_that_need_each_other_hold_for_other_numbers_together():
    found = gradcheck.diff(case(weighted_the_other_way, each_weighted), work=6_000).findings
    fixes = [one.fix.text for one in found if one.verified and one.fix is not None]
    assert any("WHOLE" in text for text in fixes)
    assert any("HALF" in text for text in fixes)


def averaged(x, y, z, kept):
    return tf.reduce_mean(tf.square(rows_of(x) - y))


def in_parts(rounds, size):
    def averaged_in_parts(x, y, z, kept):
        total = 0.0
        for own, target in zip(tf.split(x, rounds), tf.split(y, rounds), strict=True):
            loss = tf.reduce_mean(tf.square(rows_of(own) - target))
            total += loss / size
        return total

    return averaged_in_parts


def test_before_a_factor_that_a_name_has_by_chance_comes_what_takes_fewer_words(monkeypatch):
    monkeypatch.setattr(searched, "located", lambda *_: [])
    made = case(in_parts(4, 2), averaged, functools.partial(batch, n=8))
    first = gradcheck.diff(made, work=20_000).findings[0]
    assert first.fix.text == "loss / rounds", first.message


def test_but_one_that_is_left_out_is_told_where_it_stands():
    first = gradcheck.diff(corpus.case("unseen/accumulation_twice"), work=20_000).findings[0]
    assert (first.span.text, first.fix.text) == ("loss / self.accumulation", "loss")


class Scaler:
    """Scales a loss so that its gradients do not vanish in half precision."""

    scale = 128.0

    def up(self, loss):
        return loss * self.scale

    def down(self, loss):
        return loss / self.scale


def test_where_a_factor_cannot_be_written_a_change_of_the_source_is_looked_for():
    w = tf.Variable([[0.5, -0.25], [1.0, 0.75]], name="w")
    x = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
    scaler = Scaler()

    def decay():
        return 0.1 * tf.nn.l2_loss(w)

    def error(x):
        return tf.reduce_mean(tf.square(x @ w))

    def scaled(x):
        whole = scaler.up(error(x)) + decay()
        return scaler.down(whole)

    def plain(x):
        return tf.reduce_mean(tf.square(x @ w)) + 0.05 * tf.reduce_sum(w * w)

    case = gradcheck.Case(reference=plain, candidate=scaled, batch={"x": x}, variables=[w])
    (finding,) = gradcheck.diff(case, work=10_000).findings
    assert (finding.span.text, finding.fix.text) == (
        "scaler.up(error(x)) + decay()",
        "scaler.up(error(x) + decay())",
    )
