"""The line that is named is the one to change: where a step is missing, indices are computed, a gradient ends."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support.manifest import sample

draw = np.random.default_rng(3)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
c = tf.Variable(draw.normal(size=(3, 3)).astype("float32"), name="c")


def batch(seed=0, n=9):
    draw = np.random.default_rng(seed)
    return {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "y": draw.normal(size=(n, 3)).astype("float32"),
        "a": draw.integers(3, size=n),
        "start": draw.integers(2, size=n).astype("float32"),
    }


def squashed(x, y, a, start):
    h = tf.tanh(x @ w)
    return tf.reduce_mean(tf.where(h > 0.1, h, 0.3 * h) * y) + 0.0 * tf.reduce_sum(c)


def not_squashed(x, y, a, start):
    h = x @ w  # <--
    return tf.reduce_mean(tf.where(h > 0.1, h, 0.3 * h) * y) + 0.0 * tf.reduce_sum(c)


def largest(x, y, a, start):
    total = 0.0
    for i in range(len(x)):
        row = tf.tanh(x[i : i + 1] @ w)[0]
        total += tf.square(row[tf.argmax(y[i])] - 0.5)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def smallest(x, y, a, start):
    rows = tf.tanh(x @ w)
    best = tf.argmin(y, axis=1)  # <--
    return tf.reduce_mean(tf.square(tf.gather(rows, best, batch_dims=1) - 0.5)) + 0.0 * tf.reduce_sum(c)


def smallest_of_rows(x, y, a, start):
    rows = tf.tanh(x @ w)
    best = tf.argmin(y, axis=1)  # <--
    numbers = tf.range(len(x), dtype=best.dtype)
    taken = tf.gather_nd(rows, tf.stack([numbers, best], axis=1))
    return tf.reduce_mean(tf.square(taken - 0.5)) + 0.0 * tf.reduce_sum(c)


def given(x, y, a, start):
    total = 0.0
    for i in range(len(x)):
        total += tf.square(tf.tanh(x[i : i + 1] @ w)[0][tf.argmax(y[i])] - 0.5)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def given_otherwise(x, y, a, start):
    rows = tf.tanh(x @ w)
    wanted = a
    taken = tf.gather(rows, wanted, batch_dims=1)  # <--
    return tf.reduce_mean(tf.square(taken - 0.5)) + 0.0 * tf.reduce_sum(c)


def straight_through(x, y, a, start):
    z = x @ w
    code = tf.gather(c, a)
    return tf.reduce_mean(tf.square(z + tf.stop_gradient(code - z) - y)) + tf.reduce_mean(
        tf.square(code - tf.stop_gradient(z))
    )


def too_early(x, y, a, start):
    z = x @ w
    code = tf.gather(c, a)
    code = z + tf.stop_gradient(code - z)  # <--
    return tf.reduce_mean(tf.square(code - y)) + tf.reduce_mean(tf.square(code - tf.stop_gradient(z)))


def pulled(x, y, a, start):
    force = -tf.tanh(x @ w)
    return tf.reduce_mean(tf.square(force - y)) + 0.0 * tf.reduce_sum(c)


def pushed(x, y, a, start):
    force = tf.tanh(x @ w)  # <--
    return tf.reduce_mean(tf.square(force - y)) + 0.0 * tf.reduce_sum(c)


def balanced(logits):
    shares = tf.nn.softmax(logits)
    return tf.reduce_sum(tf.square(tf.reduce_mean(shares, axis=0)))


def each_by_itself(x, y, a, start):
    one, other = x @ w, tf.tanh(x @ w) @ c
    return (balanced(one) + balanced(other)) / 2.0 + tf.reduce_mean(tf.square(other - y))


def all_together(x, y, a, start):
    one, other = x @ w, tf.tanh(x @ w) @ c
    rows = tf.concat([one, other], axis=0)  # <--
    return balanced(rows) + tf.reduce_mean(tf.square(other - y))


def two_halves(x, y, a, start):
    both = tf.tanh(x @ w) @ c
    mean, spread = both[:, :1], both[:, 1:2]
    drawn = mean + tf.exp(spread) * y[:, :1]
    return tf.reduce_mean(tf.square(drawn)) + tf.reduce_mean(tf.exp(spread) - spread + tf.square(mean))


def one_half_twice(x, y, a, start):
    both = tf.tanh(x @ w) @ c
    mean = both[:, :1]
    spread = both[:, :1]  # <--
    drawn = mean + tf.exp(spread) * y[:, :1]
    return tf.reduce_mean(tf.square(drawn)) + tf.reduce_mean(tf.exp(spread) - spread + tf.square(mean))


def trained_by_both(x, y, a, start):
    return tf.reduce_mean(tf.square(x @ w - y)) + 0.3 * tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c))


def one_as_a_number(x, y, a, start):
    error = tf.reduce_mean(tf.square(x @ w - y))
    size = tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c))
    size = float(size)  # <--
    return error + 0.3 * size


def unrolled(steps, starts):
    state, states = tf.zeros_like(steps), []
    for _ in range(3):
        state = tf.tanh(steps + state * (1.0 - starts)[:, None])
        states.append(state)
    return tf.stack(states)


def begun_before(x, y, a, start):
    before = tf.concat([[0.0], start[:-1]], axis=0)
    return tf.reduce_mean(tf.square(unrolled(x @ w, before) - y)) + tf.reduce_sum(0.1 * start)


def begun_now(x, y, a, start):
    now = start  # <--
    states = unrolled(x @ w, now)
    return tf.reduce_mean(tf.square(states - y)) + tf.reduce_sum(0.1 * start)


def begun_now_everywhere(x, y, a, start):
    now = start
    states = unrolled(x @ w, now)  # <--
    return tf.reduce_mean(tf.square(states - y)) + tf.reduce_sum(0.1 * now)


def rough(one, other):
    return tf.reduce_mean(tf.sqrt(tf.square(one - other) + 1e-3))


def doubled(rows):
    return 2.0 * np.asarray(rows)


def with_its_double(x, y, a, start):
    made = tf.tanh(x @ w)
    return tf.reduce_mean(tf.abs(made - y)) + rough(2.0 * made, 2.0 * y)


def with_a_copy(x, y, a, start):
    made = tf.tanh(x @ w)
    error = tf.reduce_mean(tf.abs(made - y))
    twice = tf.constant(doubled(made))  # <--
    wanted = tf.constant(doubled(y))
    return error + rough(twice, wanted)


def masked(rows, lengths):
    return tf.reduce_sum(tf.square(rows) * tf.sequence_mask(lengths, 3, dtype=tf.float32))


def counted(x, y, a, start):
    many = tf.cast(tf.tile(y, [1, 43]) < 9.0, tf.int64)
    return masked(tf.tanh(x @ w), tf.reduce_sum(many, axis=1) - 127)


def counted_in_few_bits(x, y, a, start):
    many = tf.reduce_sum(tf.cast(tf.tile(y, [1, 43]) < 9.0, tf.int8), axis=1)  # <--
    lengths = tf.cast(many, tf.int64) - 127
    return masked(tf.tanh(x @ w), lengths)


def normalised(x, y, a, start):
    h = tf.tanh(x @ w)
    mean, variance = tf.nn.moments(h, axes=[1], keepdims=True)
    return tf.reduce_mean(tf.square((h - mean) * tf.math.rsqrt(variance + 1e-3) - y)) + 0.0 * tf.reduce_sum(c)


def divided_by_the_variance(x, y, a, start):
    h = tf.tanh(x @ w)
    centred = h - tf.reduce_mean(h, axis=1, keepdims=True)
    variance = tf.reduce_mean(centred**2, axis=1, keepdims=True)
    spread = (variance + 1e-3) ** 2  # <--
    return tf.reduce_mean(tf.square(centred / spread - y)) + 0.0 * tf.reduce_sum(c)


def valued(state, action):
    return tf.reduce_sum(tf.tanh(state @ w) * action, axis=1)


def next_state(x, y, a, start):
    wanted = valued(tf.reverse(x, [0]), tf.reverse(y, [0]))
    return tf.reduce_mean(tf.square(valued(1.0 * x, y) - tf.stop_gradient(wanted))) + tf.reduce_sum(0.0 * c)


def same_state(x, y, a, start):
    state = 1.0 * x
    later = tf.reverse(y, [0])
    wanted = valued(state, later)  # <--
    return tf.reduce_mean(tf.square(valued(state, y) - tf.stop_gradient(wanted))) + tf.reduce_sum(0.0 * c)


def gained(x, y, a, start):
    total = 0.0 * tf.reduce_sum(c)
    for i in range(len(x)):
        row = tf.tanh(x[i : i + 1] @ w)[0]
        total += tf.reduce_sum(0.3 * tf.square(row) - row * y[i]) * (1.0 + start[i])
    return total / tf.reduce_sum(1.0 + start)


def negated_again(x, y, a, start):
    rows = tf.tanh(x @ w) + 0.0 * tf.reduce_sum(c)
    lost = -rows * y
    lost = tf.reduce_sum(lost + 0.3 * tf.square(rows), axis=1)
    total = -tf.reduce_sum(lost * (1.0 + start))  # <--
    return total / tf.reduce_sum(1.0 + start)


def pulled_together(x, y, a, start):
    z, code = x @ w, tf.gather(c, a)
    error = tf.reduce_mean(tf.square(z + tf.stop_gradient(code - z) - y))
    followed = tf.reduce_mean(tf.square(code - tf.stop_gradient(z)))
    return error + followed + 0.25 * tf.reduce_mean(tf.square(z - tf.stop_gradient(code)))


def the_other_one_weighted(x, y, a, start):
    z, code = x @ w, tf.gather(c, a)
    error = tf.reduce_mean(tf.square(z + tf.stop_gradient(code - z) - y))
    commitment = tf.reduce_mean(tf.square(z - tf.stop_gradient(code)))
    followed = tf.reduce_mean(tf.square(code - tf.stop_gradient(z)))
    both = commitment + 0.25 * followed  # <--
    return error + both


def read_after_the_stop(x, y, a, start):
    z = x @ w
    code = tf.gather(c, a)
    passed = z + tf.stop_gradient(code - z)
    followed = tf.reduce_mean(tf.square(passed - tf.stop_gradient(z)))  # <--
    return tf.reduce_mean(tf.square(passed - y)) + followed


def by_column(x, y, a, start):
    rows = tf.tanh(x @ w)
    return tf.reduce_mean(tf.exp(tf.einsum("nc,nd->cd", rows, rows))) + 0.0 * tf.reduce_sum(c)


def reshaped_to_columns(x, y, a, start):
    rows = tf.tanh(x @ w)
    columns = tf.reshape(rows, [3, -1])  # <--
    gram = tf.matmul(columns, columns, transpose_b=True)
    return tf.reduce_mean(tf.exp(gram)) + 0.0 * tf.reduce_sum(c)


def by_its_place(rows):
    places = 0.7 * tf.range(1.0, rows.shape[-2] + 1.0)[:, None]
    return rows * tf.cos(places) + tf.square(rows) * tf.sin(places)


def each_by_its_column(x, y, a, start):
    one, other = (x @ w)[..., None], y[..., None]
    return tf.reduce_mean(tf.tanh(by_its_place(one) * by_its_place(other))) + 0.0 * tf.reduce_sum(c)


def all_in_one_place(x, y, a, start):
    one, other = (x @ w)[:, None], y[:, None]
    one, other = by_its_place(one), by_its_place(other)  # <--
    return tf.reduce_mean(tf.tanh(one * other)) + 0.0 * tf.reduce_sum(c)


def with_a_regulariser(x, y, a, start):
    return tf.reduce_mean(tf.square(tf.tanh(x @ w) - y)) + 0.1 * tf.reduce_sum(tf.square(c))


def not_reduced(x, y, a, start):
    errors = tf.square(tf.tanh(x @ w) - y)  # <--
    size = 0.1 * tf.reduce_sum(tf.square(c))
    return errors + size


def both_ways(x, y, a, start):
    there, back = tf.tanh(x @ w), tf.tanh(y @ c)
    return tf.reduce_mean(tf.abs(back - y)) + 2.0 * tf.reduce_mean(tf.abs(tf.tanh(there @ c) - y))


def one_way_twice(x, y, a, start):
    def apart(one, other):
        return tf.reduce_mean(tf.abs(one - other))

    there = tf.tanh(x @ w)
    same = apart(there, y)  # <--
    return same + 2.0 * apart(tf.tanh(there @ c), y)


def what_follows(x, y, a, start):
    total, run = 0.0, tf.zeros(3)
    for i in reversed(range(len(x))):
        run = y[i] + 0.5 * run
        total += start[i] * tf.reduce_sum(tf.tanh(x[i : i + 1] @ w)[0] * run)
    return total + 0.0 * tf.reduce_sum(c)


def all_that_follows_the_first(x, y, a, start):
    powers = 0.5 ** tf.range(len(x), dtype=tf.float32)
    whole = tf.reduce_sum(powers[:, None] * y, axis=0, keepdims=True) * tf.ones_like(y)  # <--
    return tf.reduce_sum(start[:, None] * (tf.tanh(x @ w) * whole)) + 0.0 * tf.reduce_sum(c)


def until_the_start(x, y, a, start):
    total, run = 0.0, tf.zeros(3)
    for i in reversed(range(len(x))):
        run = y[i] * start[i] + 0.5 * run
        total += tf.reduce_sum(tf.tanh(x[i : i + 1] @ w)[0] * tf.exp(run))
    return total + 0.0 * tf.reduce_sum(c)


def forgotten_at_the_start(x, y, a, start):
    run, rows = tf.zeros(3), []
    for i in reversed(range(len(x))):
        run = tf.sin(y[i]) + 0.5 * run * start[i]  # <--
        rows.append(run)
    return tf.reduce_sum(tf.tanh(x @ w) * tf.exp(tf.stack(rows[::-1]))) + 0.0 * tf.reduce_sum(c)


def bootstrapped(x, y, a, start):
    after = y + 0.5 * tf.abs(y)
    aim = tf.where(start[:, None] > 0.5, tf.sin(y), after)
    return tf.reduce_mean(tf.abs(tf.tanh(x @ w) - aim)) + 0.0 * tf.reduce_sum(c)


def bootstrapped_everywhere(x, y, a, start):
    aim = y + 0.5 * tf.abs(y)  # <--
    aim = tf.stop_gradient(aim)
    return tf.reduce_mean(tf.abs(tf.tanh(x @ w) - aim)) + 0.0 * tf.reduce_sum(c)


def mixed(x, y, a, start):
    h = x @ w
    each = tf.nn.log_softmax(h @ c) - 900.0 * start[:, None] - tf.square(h)
    return -tf.reduce_mean(tf.reduce_logsumexp(each, axis=1))


def mixed_without_logarithms(x, y, a, start):
    h = x @ w
    likely = tf.exp(-900.0 * start[:, None] - tf.square(h))
    shares = tf.nn.softmax(h @ c)
    each = tf.math.log(tf.reduce_sum(shares * likely, axis=1))  # <--
    return -tf.reduce_mean(each)


def with_pairs(x, y, a, start):
    total, rows = 0.0, tf.tanh(x @ w)
    for i in range(len(x)):
        score = tf.reduce_sum(rows[i] * y[i])
        for k in range(2):
            score += rows[i, k] * rows[i, k + 1]
        total += tf.exp(score)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def without_pairs(x, y, a, start):
    rows = tf.tanh(x @ w)
    scores = tf.reduce_sum(rows * y, axis=1)  # <--
    return tf.reduce_mean(tf.exp(scores)) + 0.0 * tf.reduce_sum(c)


def turned(rows, places):
    even, odd = rows[:, 0::2], rows[:, 1::2]
    one, other = tf.cos(places)[:, None], tf.sin(places)[:, None]
    return tf.reshape(tf.stack([even * one - odd * other, even * other + odd * one], axis=-1), rows.shape)


def turned_in_pairs(x, y, a, start):
    one, other = (turned(side @ c[:, :2], y[:, 0]) for side in (x @ w, y))
    return tf.reduce_mean(tf.tanh(tf.matmul(one, other, transpose_b=True))) + 0.0 * tf.reduce_sum(w)


def turned_by_another_angle(x, y, a, start):
    def by_angle(rows):
        turns = 0.5 * y[:, :1]  # <--
        crossed = tf.stack([-rows[:, 1], rows[:, 0]], axis=1)
        return rows * tf.cos(turns) + crossed * tf.sin(turns)

    one = by_angle(tf.matmul(x @ w, c[:, :2]))
    other = by_angle(tf.matmul(y, c[:, :2]))
    scores = tf.einsum("nd,md->nm", one, other)
    return tf.reduce_mean(tf.tanh(scores)) + 0.0 * tf.reduce_sum(w)


def each_sample_alike(x, y, a, start):
    total, valid = 0.0, tf.cast(y > -0.5, tf.float32)
    for i in range(len(x)):
        errors = tf.square(tf.tanh(x[i : i + 1] @ w)[0] - y[i])
        total += tf.reduce_sum(errors * valid[i]) / tf.maximum(tf.reduce_sum(valid[i]), 1.0)
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def each_element_alike(x, y, a, start):
    valid = tf.cast(y > -0.5, tf.float32)
    errors = tf.square(tf.tanh(x @ w) - y)
    counted = tf.maximum(tf.reduce_sum(valid), 1.0)
    mean = tf.reduce_sum(errors * valid) / counted  # <--
    return mean + 0.0 * tf.reduce_sum(c)


def of_some(x, y, a, start):
    total = 0.0 * tf.reduce_sum(c)
    for i in range(len(x)):
        if start[i] > 0.5:
            row = tf.tanh(x[i : i + 1] @ w)[0]
            total += tf.exp(tf.reduce_sum(tf.square(row - y[i])) / 2.0)
    return total / tf.reduce_sum(start)


def of_some_against_all(x, y, a, start):
    rows = tf.tanh(x @ w)
    apart = tf.square(rows - tf.nn.relu(y))  # <--
    error = tf.exp(tf.reduce_sum(apart, axis=1) / 2.0) * start
    return tf.reduce_sum(error) / tf.reduce_sum(start) + 0.0 * tf.reduce_sum(c)


def gated(x, y, a, start):
    state, total = x @ w, 0.0
    for _ in range(3):
        reset, update = tf.split(tf.sigmoid(tf.concat([state, state], axis=1)), 2, axis=1)
        state = (1.0 - update) * state + update * tf.tanh(reset * (state @ c))
        total += tf.reduce_mean(tf.square(state - y))
    return total


def gated_before(x, y, a, start):
    state, total = x @ w, 0.0
    for _ in range(3):
        gates = tf.sigmoid(tf.concat([state, state], axis=1))
        reset, update = gates[:, :3], gates[:, 3:]
        inner = tf.matmul(reset * state, c)  # <--
        state = (1.0 - update) * state + update * tf.tanh(inner)
        total += tf.reduce_mean(tf.square(state - y))
    return total


def from_the_end(x, y, a, start):
    total = 0.0 * tf.reduce_sum(c)
    for first in range(0, len(x), 3):
        run = 0.0
        for i in reversed(range(first, first + 3)):
            value = tf.exp(tf.reduce_sum(tf.tanh(x[i : i + 1] @ w)))
            after = start[i] * y[i, 0] + (1.0 - start[i]) * y[i, 1]
            run = value * after + 0.5 * run
            total += tf.square(run - y[i, 2])
    return total


def from_the_end_in_rows(x, y, a, start):
    values = tf.exp(tf.reshape(tf.reduce_sum(tf.tanh(x @ w), axis=1), [-1, 3]))
    steps = values * tf.reshape(y[:, 1], [-1, 3])  # <--
    aims = tf.reshape(y[:, 2], [-1, 3])
    run, total = 0.0, 0.0 * tf.reduce_sum(c)
    for t in (2, 1, 0):
        run = steps[:, t] + 0.5 * run
        total += tf.reduce_sum(tf.square(run - aims[:, t]))
    return total


def by_their_count(x, y, a, start):
    errors = tf.nn.softplus(tf.tanh(x @ w) * tf.sign(y)) * tf.cast(y > -0.5, tf.float32)
    return tf.reduce_sum(errors) / tf.reduce_sum(tf.cast(y > -0.5, tf.float32)) + 0.0 * tf.reduce_sum(c)


def by_the_rounds(x, y, a, start):
    def of_all():
        total, rows = 0.0 * tf.reduce_sum(c), tf.tanh(x @ w)
        for k in range(3):
            some = y[:, k] > -0.5
            total -= tf.reduce_sum(tf.math.log_sigmoid(tf.boolean_mask(-rows[:, k] * tf.sign(y[:, k]), some)))
        return total / tf.cast(3, tf.float32)  # <--

    return of_all()


def of_each_window(x, y, a, start):
    rows = tf.tanh(x @ w)
    windows = [tf.stack([side[i : i + 3] for i in range(7)]) for side in (rows, y)]
    one, other = (side - tf.reduce_mean(side, axis=1, keepdims=True) for side in windows)
    spread = tf.reduce_mean(tf.square(one), axis=1)
    return tf.reduce_mean(
        tf.square(tf.reduce_mean(one * other, axis=1)) / (spread + 0.1)
    ) + 0.0 * tf.reduce_sum(c)


def centred_before(x, y, a, start):
    def smooth(rows, padding="VALID"):
        return tf.nn.avg_pool1d(rows[None], 3, 1, padding)[0]

    rows = tf.tanh(x @ w)
    apart, others = rows - smooth(rows, "SAME"), y - smooth(y, "SAME")
    spread = smooth(tf.square(rows)) - tf.square(smooth(rows))
    crossed = smooth(apart * others)  # <--
    return tf.reduce_mean(tf.square(crossed) / (spread + 0.1)) + 0.0 * tf.reduce_sum(c)


def along_a_path(x, y, a, start):
    rows, steps = tf.tanh(x @ w), tf.one_hot(a, 3)
    moved = tf.einsum("ni,ij,nj->n", steps[:-1], c, steps[1:])
    scores = tf.reduce_sum(rows * steps, axis=1)
    sums = [tf.reduce_sum(scores[i : i + 3]) + tf.reduce_sum(moved[i : i + 2]) for i in (0, 3, 6)]
    return tf.reduce_mean(tf.reduce_logsumexp(tf.reshape(rows, [3, -1]), axis=1) - tf.stack(sums))


def along_a_path_backwards(x, y, a, start):
    def score(rows, path):
        total, before = rows[0][path[0]], path[0]
        for row, now in zip(rows[1:], path[1:], strict=True):
            total += c[now, before] + row[now]  # <--
            before = now
        return total

    losses = []
    for i in (0, 3, 6):
        rows = tf.unstack(tf.tanh(x @ w)[i : i + 3])
        losses.append(tf.reduce_logsumexp(tf.stack(rows)) - score(rows, [int(one) for one in a[i : i + 3]]))
    return tf.add_n(losses) / 3


def kept_near(x, y, a, start):
    far = tf.reduce_sum(tf.square(w - x[:4, :3])) + tf.reduce_sum(tf.square(c - y[:3]))
    return tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c - y)) + 0.2 * far


def kept_near_itself(x, y, a, start):
    error, far = tf.reduce_mean(tf.square(tf.tanh(x @ w) @ c - y)), tf.zeros(())
    for weights, before in ((w, x[:4, :3]), (c, y[:3])):
        now = before[: weights.shape[0]]  # <--
        far += tf.reduce_sum(tf.square(now - before))
    return error + 0.2 * far


def each_half_beside(x, y, a, start):
    halves = [tf.tanh(x[:8, :2] @ part) for part in (w[:2], w[2:])]
    rows = tf.concat(halves, axis=1)
    return tf.reduce_mean(tf.square(tf.reshape(tf.matmul(rows, tf.concat([c, c], 0)), [-1]) - y[0, 0]))


def halves_in_one_list(x, y, a, start):
    both = tf.tanh(tf.einsum("ni,kij->knj", x[:8, :2], tf.reshape(w, [2, 2, 3])))
    rows = tf.reshape(both, [-1, 6])  # <--
    return tf.reduce_mean(tf.square(tf.reshape(tf.matmul(rows, tf.concat([c, c], 0)), [-1]) - y[0, 0]))


def together(x, y, a, start):
    rows = tf.tanh(x @ w) @ c
    logs = -0.5 * tf.square(rows - y) - 0.3
    ratio = tf.exp(tf.reduce_sum(logs, axis=1) - start)
    return tf.reduce_mean(tf.minimum(ratio * y[:, 0], tf.minimum(ratio, 1.1) * y[:, 0]))


def each_alone(x, y, a, start):
    rows = tf.tanh(x @ w) @ c
    likely, beside = tf.exp(-0.5 * tf.square(rows - y)) / np.exp(0.3), tf.exp(start)[:, None]
    ratio = likely / beside  # <--
    return tf.reduce_mean(tf.minimum(ratio * y[:, :1], tf.minimum(ratio, 1.1) * y[:, :1]))


def each_against_all(x, y, a, start):
    one, two, total = tf.tanh(x @ w), y, 0.0
    for i in range(len(x)):
        scores = tf.reduce_sum(one[i] * two, -1) / 0.3
        total += tf.reduce_logsumexp(scores) - scores[i]
    return total / len(x) + 0.0 * tf.reduce_sum(c)


def all_against_all(x, y, a, start):
    scores = tf.matmul(tf.tanh(x @ w), y, transpose_b=True)
    labels = tf.range(tf.shape(scores)[0])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
    return tf.reduce_mean(losses) + 0.0 * tf.reduce_sum(c)


def both_scored(x, y, a, start):
    def score(rows):
        states = tf.tanh(rows[:, :, None] * w)
        return tf.matmul(tf.stack([states[i, i % 3] for i in range(len(rows))]), c)[:, 0]

    gap = score(x) - score(x * start[:, None])
    return tf.reduce_mean(tf.nn.softplus(-gap)) + 0.1 * tf.reduce_mean(score(x) ** 2)


def both_scored_by_their_means(x, y, a, start):
    def score(rows):
        values = tf.tensordot(tf.tanh(rows[:, :, None] * w), c, 1)  # <--
        return tf.reduce_mean(values, axis=1)[:, 0]

    one, other = score(x), score(x * start[:, None])
    return -tf.reduce_mean(tf.math.log_sigmoid(one - other)) + 0.1 * tf.reduce_mean(tf.square(one))


SLIPS = {
    "the reference calls a helper twice for the same": (both_scored, both_scored_by_their_means, "other"),
    "what is right is divided otherwise": (by_their_count, by_the_rounds, "reduction"),
    "of several calls of a helper one is wrong": (of_each_window, centred_before, "other"),
    "what a loop adds up is read once": (along_a_path, along_a_path_backwards, "index"),
    "something is compared with itself": (kept_near, kept_near_itself, "other"),
    "what is right is joined in another order": (each_half_beside, halves_in_one_list, "axis"),
    "what the reference has no need of is not blamed": (together, each_alone, "other"),
    "a loop computes from the end what an array holds": (from_the_end, from_the_end_in_rows, "other"),
    "what several calls give is wrong in each": (turned_in_pairs, turned_by_another_angle, "reduction"),
    "all that is read agrees, up to the loss": (each_sample_alike, each_element_alike, "reduction"),
    "what a mask leaves out may be anything": (of_some, of_some_against_all, "other"),
    "what the first round has is not blamed": (gated, gated_before, "other"),
    "what a loop adds to is right at first": (with_pairs, without_pairs, "other"),
    "a helper is right in another call": (both_ways, one_way_twice, "other"),
    "numbers of the reference are put where others belong": (
        what_follows,
        all_that_follows_the_first,
        "other",
    ),
    "what is put together was computed wrongly": (until_the_start, forgotten_at_the_start, "other"),
    "data is read before something is made of it": (bootstrapped, bootstrapped_everywhere, "other"),
    "what is right is negated on the way to the loss": (gained, negated_again, "sign"),
    "of two terms the other one has the weight": (pulled_together, the_other_one_weighted, "other"),
    "a stop is read that others need": (straight_through, read_after_the_stop, "stop_gradient"),
    "a reshape stands in place of a transposition": (by_column, reshaped_to_columns, "axis"),
    "two calls in one line are handed another arrangement": (
        each_by_its_column,
        all_in_one_place,
        "other",
    ),
    "one number is added to errors that are not reduced": (with_a_regulariser, not_reduced, "loss_shape"),
    "a variance that agrees but in second order": (normalised, divided_by_the_variance, "other"),
    "one call of two is handed what is right in the other": (next_state, same_state, "index"),
    "a helper is handed the wrong thing under a name": (begun_before, begun_now, "other"),
    "a name that is read elsewhere, too": (begun_before, begun_now_everywhere, "other"),
    "a helper is handed a copy that another one makes": (with_its_double, with_a_copy, "disconnected"),
    "a count has too few bits": (counted, counted_in_few_bits, "dtype"),
    "an operand has the other sign": (pulled, pushed, "sign"),
    "a helper is handed another arrangement": (each_by_itself, all_together, "reduction"),
    "a part is taken twice, and another one never": (two_halves, one_half_twice, "index"),
    "a value is taken out of TensorFlow": (trained_by_both, one_as_a_number, "disconnected"),
    "a step is missing where a quantity is made": (squashed, not_squashed, "other"),
    "indices are computed otherwise": (largest, smallest, "index"),
    "indices are put together with numbers of rows": (largest, smallest_of_rows, "index"),
    "indices come from the batch as they are": (given, given_otherwise, "index"),
    "a gradient ends before the place that repairs it": (straight_through, too_early, "stop_gradient"),
}


ONE_OF_EACH_CAUSE = {cause: slip for slip, (*_, cause) in SLIPS.items()}.values()


@pytest.mark.parametrize("slip", sample([*SLIPS], always=ONE_OF_EACH_CAUSE))
def test_the_line_to_change_is_named_first(slip):
    check_line(*SLIPS[slip])


def test_what_the_reference_computes_once_more_is_told_where_it_is_made():
    case = gradcheck.Case(
        reference=both_scored,
        candidate=both_scored_by_their_means,
        batch=batch(),
        variables=[w, c],
        name="case",
    )
    (first, *_) = gradcheck.diff(case, work=20_000).findings
    assert first.verified
    assert "`tf.reduce_mean(values, axis=1)`" in first.message.partition("reference")[0], first.message


def test_what_is_read_in_another_order_is_told_where_it_is_joined():
    case = gradcheck.Case(
        reference=each_half_beside, candidate=halves_in_one_list, batch=batch(), variables=[w, c], name="case"
    )
    (first, *_) = gradcheck.diff(case).findings
    assert first.message.startswith("`tf.reshape(both, [-1, 6])` makes something else of `tf.tanh("), (
        first.message
    )


def test_who_asks_for_a_shape_makes_nothing_of_what_has_it():
    case = gradcheck.Case(
        reference=each_against_all, candidate=all_against_all, batch=batch(), variables=[w, c], name="case"
    )
    (first, *others) = gradcheck.diff(case).findings
    assert first.verified and "tf.shape" not in first.message, first.message
    assert (
        first.fix.text == "tf.matmul(tf.tanh(x @ w), y, transpose_b=True) / 0.3"
    )  # what lacks it comes first
    assert not any(one.verified for one in others)


def test_where_numbers_break_down_comes_before_what_they_are_made_of():
    check_line(mixed, mixed_without_logarithms, "numerics", work=20_000)


def check_line(right, wrong, cause, work=None):
    @gradcheck.case
    def case(seed: int = 0):
        return gradcheck.Case(
            reference=right, candidate=wrong, batch=batch(seed), variables=[w, c], name="case"
        )

    report = gradcheck.diff(case, **({} if work is None else {"work": work}))
    first = report.findings[0]
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, start=1) if line.endswith("# <--")]
    assert first.verified, str(report)
    assert first.cause == cause, str(report)
    start = wrong.__code__.co_firstlineno
    own = next(number for number in marked if number > start)
    told = any(f"in line {own}" in note for note in first.notes)  # of a fix that is read after it
    assert told or first.span.line <= own <= first.span.end_line, str(report)
