"""Slips of many kinds: the cause, the expression and the proved repair; and the same losses without them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import searched
from support.manifest import LONG

SIZES = (2, 3, 7)
"""How the samples are split among devices: unevenly."""


def batch(n=12):
    draw = np.random.default_rng(5)
    return {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "y": draw.normal(size=(n, 4)).astype("float32"),
        "kept": (draw.uniform(size=(n, 4)) < np.linspace(0.4, 0.9, n)[:, None]).astype("float32"),
    }


def report_on(right, wrong, budget=None, **more):
    draw = np.random.default_rng(6)
    w = tf.Variable(draw.normal(size=(4, 4)).astype("float32"), name="w")
    scale = tf.Variable(0.37, name="scale")
    case = gradcheck.Case(
        reference=lambda **given: right(w, scale, **given),
        candidate=lambda **given: wrong(w, scale, **given),
        batch=batch() | more,
        variables=[w, scale],
    )
    return gradcheck.diff(case, budget=budget)


def parts(x, y):
    return zip(tf.split(x, SIZES), tf.split(y, SIZES), strict=True)


def error(w, scale, x, y):
    return tf.reduce_mean(tf.square(scale * tf.tanh(x @ w) - y), axis=1)


def mean_of_all(w, scale, x, y, kept):
    return tf.reduce_mean(error(w, scale, x, y))


def average_of_means(w, scale, x, y, kept):
    return sum(tf.reduce_mean(error(w, scale, a, b)) for a, b in parts(x, y)) / len(SIZES)


def sum_of_means(w, scale, x, y, kept):
    return tf.add_n([tf.reduce_mean(error(w, scale, a, b)) for a, b in parts(x, y)])


def mean_of_kept(w, scale, x, y, kept):
    errors = tf.square(scale * tf.tanh(x @ w) - y)
    return tf.reduce_mean(tf.exp(tf.reduce_sum(errors * kept, axis=1) / tf.reduce_sum(kept, axis=1)))


def mean_of_masked(w, scale, x, y, kept):
    errors = tf.square(scale * tf.tanh(x @ w) - y)
    return tf.reduce_mean(tf.exp(tf.reduce_mean(errors * kept, axis=1)))


def mean_of_what_was_masked_before(w, scale, x, y, kept):
    masked = tf.where(kept > 0, tf.square(scale * tf.tanh(x @ w) - y), 0.0)
    return tf.reduce_mean(tf.exp(tf.reduce_mean(masked, axis=1)))


def of_a_sample(w, scale, x, y, kept):
    h = scale * tf.tanh(x @ w)
    middle = tf.reduce_mean(h, axis=1, keepdims=True)
    spread = tf.sqrt(tf.reduce_sum(tf.square(h - middle), axis=1, keepdims=True) / 3.0)
    return tf.reduce_mean(tf.square((h - middle) / (spread + 0.1) - y))


def of_all(w, scale, x, y, kept):
    h = scale * tf.tanh(x @ w)
    middle = tf.reduce_mean(h, axis=1, keepdims=True)
    spread = tf.math.reduce_std(h, axis=1, keepdims=True)
    return tf.reduce_mean(tf.square((h - middle) / (spread + 0.1) - y))


def variance_of_all(w, scale, x, y, kept):
    h = scale * tf.tanh(x @ w)
    middle = tf.reduce_mean(h, axis=1, keepdims=True)
    variance = tf.math.reduce_variance(h, axis=1, keepdims=True)
    return tf.reduce_mean(tf.square((h - middle) / (tf.sqrt(variance) + 0.1) - y))


def cosines(w, scale, x, y, kept):
    a, b = x @ w, tf.tanh(y @ w)
    norms = tf.norm(a, axis=1)[:, None] * tf.norm(b, axis=1)
    return tf.reduce_mean(tf.exp(scale * tf.matmul(a, b, transpose_b=True) / norms))


def cosines_of_other_rows(w, scale, x, y, kept):
    a, b = x @ w, tf.tanh(y @ w)
    return tf.reduce_mean(
        tf.exp(scale * tf.matmul(a, b, transpose_b=True) / (tf.norm(a, axis=1) * tf.norm(b, axis=1)))
    )


def once_per_sample(w, scale, x, y, kept):
    volume = tf.reduce_sum(tf.tanh(x @ w), axis=1)
    return tf.reduce_mean(tf.square(tf.reduce_sum(scale * y * (x @ w), axis=1) + volume))


def once_per_dimension(w, scale, x, y, kept):
    volume = tf.reduce_sum(tf.tanh(x @ w), axis=1, keepdims=True)
    return tf.reduce_mean(tf.square(tf.reduce_sum(scale * y * (x @ w) + volume, axis=1)))


def bounded(w, scale, x, y, kept):
    return tf.reduce_mean(tf.math.log(5.0 + tf.square(x @ w)) + scale * y)


def always_at_its_bound(w, scale, x, y, kept):
    return tf.reduce_mean(tf.math.log(tf.minimum(5.0 + tf.square(x @ w), 4.0)) + scale * y)


def with_a_temperature(w, scale, x, y, kept):
    return tf.reduce_mean(tf.nn.softmax(x @ w / tf.exp(scale)) * y)


def with_a_number(w, scale, x, y, kept):
    temperature = max(float(tf.exp(scale)), 0.01)
    return tf.reduce_mean(tf.nn.softmax(x @ w / temperature) * y)


def steps(w, scale, x):
    state, found = x, []
    for _ in range(3):
        state = tf.tanh(state @ w)
        found.append(scale * tf.reduce_sum(state, axis=1))
    return found


def along_steps(w, scale, x, y, kept):
    return tf.reduce_mean(tf.square(x @ w)) + tf.reduce_mean(tf.square(tf.stack(steps(w, scale, x), axis=1)))


def copied_steps(w, scale, x, y, kept):
    copies = [step.numpy() for step in steps(w, scale, x)]
    return tf.reduce_mean(tf.square(x @ w)) + tf.reduce_mean(tf.square(tf.stack(copies, axis=1)))


def steps_in_one_copy(w, scale, x, y, kept):
    copies = np.stack([step.numpy() for step in steps(w, scale, x)], axis=1)
    return tf.reduce_mean(tf.square(x @ w)) + tf.reduce_mean(tf.square(copies))


def fixed_target(w, scale, x, y, kept):
    later = tf.stop_gradient(tf.tanh(y @ w))
    return tf.reduce_mean(tf.square(scale * (x @ w) - discounted(y, later)))


def moving_target(w, scale, x, y, kept):
    later = tf.tanh(y @ w)
    return tf.reduce_mean(tf.square(scale * (x @ w) - discounted(y, later)))


def discounted(rewards, later):
    returns, last = [], later[:, -1]
    for step in reversed(range(4)):
        last = rewards[:, step] + 0.9 * (0.5 * later[:, step] + 0.5 * last)
        returns.insert(0, last)
    return tf.stack(returns, axis=1)


def over_all_rows(w, scale, x, y, kept):
    errors = tf.square(scale * tf.tanh(x @ w) - y) * kept
    return tf.reduce_sum(errors) / tf.reduce_sum(kept)


def row_by_row(w, scale, x, y, kept):
    errors = tf.square(scale * tf.tanh(x @ w) - y) * kept
    return tf.reduce_mean(tf.reduce_sum(errors, axis=1) / tf.reduce_sum(kept, axis=1))


def picked(w, scale, x, y, kept):
    return tf.reduce_mean(scale * tf.gather(tf.nn.softmax(x @ w), best(y), batch_dims=1))


def best(y):
    return tf.argmax(y, axis=1, output_type=tf.int32)


def picked_without_stride(w, scale, x, y, kept):
    flat = tf.range(tf.shape(x)[0]) + best(y)
    return tf.reduce_mean(scale * tf.gather(tf.reshape(tf.nn.softmax(x @ w), [-1]), flat))


def picked_by_columns(w, scale, x, y, kept):
    flat = tf.range(tf.shape(x)[0]) + tf.shape(x)[0] * best(y)
    return tf.reduce_mean(scale * tf.gather(tf.reshape(tf.nn.softmax(x @ w), [-1]), flat))


def last_ones(w, scale, x, y, kept):
    hidden = tf.cumsum(tf.reshape(tf.tanh(x @ w), [-1, 2, 2]), axis=1)
    last = tf.gather(hidden, tf.cast(kept[:, 0], tf.int32), axis=1, batch_dims=1)
    return tf.reduce_mean(tf.square(tf.tensordot(last, w[:2, 0], axes=1) - scale))


def last_of_everybody(w, scale, x, y, kept):
    hidden = tf.cumsum(tf.reshape(tf.tanh(x @ w), [-1, 2, 2]), axis=1)
    last = tf.gather(hidden, tf.cast(kept[:, 0], tf.int32), axis=1)
    return tf.reduce_mean(tf.square(tf.tensordot(last, w[:2, 0], axes=1) - scale))


def distances(w, scale, x, y, kept):
    z = scale * (x @ w)
    squares = tf.reduce_sum(tf.square(z[:, None] - z[None, :]), axis=-1)
    far = tf.where(squares > 0, squares, tf.ones_like(squares))
    return tf.reduce_mean(tf.exp(-tf.where(squares > 0, tf.sqrt(far), tf.zeros_like(far))))


def distances_to_oneself(w, scale, x, y, kept):
    z = scale * (x @ w)
    squares = tf.reduce_sum(tf.square(z[:, None] - z[None, :]), axis=-1)
    return tf.reduce_mean(tf.exp(-tf.sqrt(squares)))


def divergence(p, q):
    p, q = tf.nn.log_softmax(p), tf.nn.log_softmax(q)
    return tf.reduce_sum(tf.exp(p) * (p - q), axis=1)


def balanced(w, scale, x, y, kept):
    p, q = x @ w, scale * y
    towards_p, towards_q = divergence(tf.stop_gradient(p), q), divergence(p, tf.stop_gradient(q))
    return tf.reduce_mean(0.8 * towards_p + 0.2 * towards_q)


def balanced_on_one_side(w, scale, x, y, kept):
    p, q = x @ w, scale * y
    towards_p = divergence(tf.stop_gradient(p), q)
    towards_q = divergence(tf.stop_gradient(p), q)
    return tf.reduce_mean(0.8 * towards_p + 0.2 * towards_q)


def balanced_the_other_way_round(w, scale, x, y, kept):
    p, q = x @ w, scale * y
    towards_p, towards_q = divergence(p, tf.stop_gradient(q)), divergence(tf.stop_gradient(p), q)
    return tf.reduce_mean(0.8 * towards_p + 0.2 * towards_q)


def rated(w, scale, x, y, kept):
    users, stars = tf.cast(kept[:, 0], tf.int32), y[:, 0]
    return tf.reduce_mean(tf.square(scale * tf.gather(w[0], users) - stars))


def rated_in_whole_stars(w, scale, x, y, kept):
    users, stars = (tf.cast(column, tf.int32) for column in (kept[:, 0], y[:, 0]))
    return tf.reduce_mean(tf.square(scale * tf.gather(w[0], users) - tf.cast(stars, tf.float32)))


def rated_in_whole_stars_by_integers(w, scale, x, y, kept):
    ids = tf.cast(kept[:, 0], tf.int64)
    users, stars = (tf.cast(column, tf.int32) for column in (ids, y[:, 0]))
    return tf.reduce_mean(tf.square(scale * tf.gather(w[0], users) - tf.cast(stars, tf.float32)))


def cumulated(w, scale, x, y, kept):
    return tf.reduce_mean(tf.square(tf.cumsum(tf.nn.softmax(x @ w), axis=1, reverse=True) - scale))


def cumulated_over_samples(w, scale, x, y, kept):
    return tf.reduce_mean(tf.square(tf.cumsum(tf.nn.softmax(x @ w), reverse=True) - scale))


def neighbours_averaged(w, scale, x, y, kept):
    messages = tf.tanh(tf.gather(x, NEIGHBOURS) @ w)
    return tf.reduce_mean(tf.square(tf.math.unsorted_segment_mean(messages, OWNERS, 12) - scale))


def neighbours_added_up(w, scale, x, y, kept):
    messages = tf.tanh(tf.gather(x, NEIGHBOURS) @ w)
    return tf.reduce_mean(tf.square(tf.math.unsorted_segment_sum(messages, OWNERS, 12) - scale))


NEIGHBOURS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3]
OWNERS = [0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11]


def ratios(w, scale, x, y, kept):
    return tf.reduce_mean(tf.abs(scale * (x @ w) - y) / (1.0 + tf.abs(y)))


def ratio(w, scale, x, y, kept):
    return tf.reduce_sum(tf.abs(scale * (x @ w) - y)) / tf.reduce_sum(1.0 + tf.abs(y))


def at_the_end(w, scale, x, y, kept):
    last = tf.stack([tf.range(12), tf.cast(kept[:, 0], tf.int32)], axis=1)
    return tf.reduce_mean(scale * tf.gather_nd(tf.nn.softmax(x @ w), last))


def after_the_end(w, scale, x, y, kept):
    last = tf.stack([tf.range(12), tf.cast(kept[:, 0], tf.int32) + 1], axis=1)
    return tf.reduce_mean(scale * tf.gather_nd(tf.nn.softmax(x @ w), last))


def straight_through(w, scale, x, y, kept):
    soft = tf.nn.softmax(x @ w)
    hard = soft + tf.stop_gradient(tf.one_hot(tf.argmax(soft, axis=1), 4) - soft)
    return tf.reduce_mean(tf.square(scale * hard - y))


def hard_choice(w, scale, x, y, kept):
    soft = tf.nn.softmax(x @ w)
    return tf.reduce_mean(tf.square(scale * tf.one_hot(tf.argmax(soft, axis=1), 4) - y))


def both_terms_stopped(w, scale, x, y, kept):
    codes = scale * y
    book = tf.reduce_mean(tf.reduce_sum(tf.square(codes - tf.stop_gradient(x @ w)), axis=1))
    commit = tf.reduce_mean(tf.reduce_sum(tf.square(x @ w - tf.stop_gradient(codes)), axis=1))
    return book + 0.25 * commit


def one_term_stopped(w, scale, x, y, kept):
    """Three times less of the commitment, turned round, would have the same gradient."""
    codes, z = scale * y, x @ w
    book = tf.reduce_mean(tf.reduce_sum(tf.square(codes - z), axis=1))
    commit = tf.reduce_mean(tf.reduce_sum(tf.square(z - tf.stop_gradient(codes)), axis=1))
    return book + 0.25 * commit


def towards_a_target(w, scale, x, y, kept):
    target = tf.stop_gradient(y + 0.9 * tf.tanh(y @ w))
    return tf.reduce_mean(tf.square(target - scale * (x @ w)))


def towards_what_moves(w, scale, x, y, kept):
    target = y + 0.9 * tf.tanh(y @ w)
    error = target - scale * (x @ w)
    return tf.reduce_mean(tf.square(error))


def volumes_subtracted(w, scale, x, y, kept):
    volume = tf.add_n([tf.reduce_sum(tf.tanh(x @ w) * y[:, i : i + 1]) for i in range(4)])
    return scale * tf.reduce_sum(tf.square(x @ w)) - volume


def volumes_added(w, scale, x, y, kept):
    volume = 0.0
    for i in range(4):
        volume += tf.reduce_sum(tf.tanh(x @ w) * y[:, i : i + 1])
    energy = scale * tf.reduce_sum(tf.square(x @ w))
    return energy + volume


def several_picked(w, scale, x, y, kept):
    rows = tf.gather(tf.reshape(tf.nn.softmax(x @ w), [-1, 4]), PICKED, batch_dims=1)
    return tf.reduce_mean(tf.square(scale * rows - 1.0))


def several_picked_of_short_rows(w, scale, x, y, kept):
    starts = tf.range(12)[:, None] * 2
    flat = tf.reshape(PICKED + starts, [-1])
    rows = tf.reshape(tf.nn.softmax(x @ w), [-1])
    return tf.reduce_mean(tf.square(scale * tf.gather(rows, flat) - 1.0))


PICKED = tf.constant(np.arange(24).reshape(12, 2) * 7 % 4, tf.int32)


def slopes_of_heads(w, scale, x, y, kept):
    scores = tf.einsum("bi,hj->bhij", x, w)[:, :, :, :1] + w
    return tf.reduce_mean(scale * tf.nn.softmax(scores + w[0][:, None, None] * DISTANCES) * y[:, None, None])


def slopes_of_keys(w, scale, x, y, kept):
    scores = tf.einsum("bi,hj->bhij", x, w)[:, :, :, :1] + w
    return tf.reduce_mean(scale * tf.nn.softmax(scores + w[0] * DISTANCES) * y[:, None, None])


DISTANCES = tf.constant(np.abs(np.arange(4)[:, None] - np.arange(4)), tf.float32)


def pessimistic(w, scale, x, y, kept):
    total = 0.0
    for i in range(12):
        r, a = tf.exp(scale * tf.reduce_sum(x[i : i + 1] @ w)), y[i, 0]
        total += tf.minimum(r * a, tf.clip_by_value(r, 0.8, 1.2) * a)
    return total / 12.0


def pessimistic_before_the_product(w, scale, x, y, kept):
    advantages = tf.reshape(y[:, 0], [-1, 1])
    ratio = tf.exp(scale * tf.reduce_sum(x @ w, axis=1, keepdims=True))
    clipped = tf.clip_by_value(ratio, 0.8, 1.2)
    return tf.reduce_mean(tf.minimum(ratio, clipped) * advantages)


SLIPS = {
    pessimistic_before_the_product: (
        pessimistic,
        "other",
        "tf.minimum(ratio, clipped) * advantages",
        "tf.minimum(ratio * advantages, clipped * advantages)",
    ),
    slopes_of_keys: (slopes_of_heads, "broadcast", "w[0] * DISTANCES", "w[0][:, None, None] * DISTANCES"),
    several_picked_of_short_rows: (
        several_picked,
        "index",
        "tf.range(12)[:, None] * 2",
        "tf.range(12)[:, None] * 4",
    ),
    cumulated_over_samples: (
        cumulated,
        "axis",
        "tf.cumsum(tf.nn.softmax(x @ w), reverse=True)",
        "tf.cumsum(tf.nn.softmax(x @ w), reverse=True, axis=1)",
    ),
    neighbours_added_up: (
        neighbours_averaged,
        "reduction",
        "tf.math.unsorted_segment_sum(messages, OWNERS, 12)",
        "tf.math.unsorted_segment_mean(messages, OWNERS, 12)",
    ),
    ratio: (
        ratios,
        "reduction",
        "tf.reduce_sum(tf.abs(scale * (x @ w) - y)) / tf.reduce_sum(1.0 + tf.abs(y))",
        "tf.reduce_mean(tf.math.divide_no_nan(tf.abs(scale * (x @ w) - y), 1.0 + tf.abs(y)))",
    ),
    after_the_end: (
        at_the_end,
        "index",
        "tf.cast(kept[:, 0], tf.int32) + 1",
        "tf.cast(kept[:, 0], tf.int32)",
    ),
    hard_choice: (
        straight_through,
        "disconnected",
        "tf.one_hot(tf.argmax(soft, axis=1), 4)",
        "(soft + tf.stop_gradient(tf.one_hot(tf.argmax(soft, axis=1), 4) - soft))",
    ),
    one_term_stopped: (both_terms_stopped, "stop_gradient", "codes - z", "codes - tf.stop_gradient(z)"),
    towards_what_moves: (
        towards_a_target,
        "stop_gradient",
        "y + 0.9 * tf.tanh(y @ w)",
        "tf.stop_gradient(y + 0.9 * tf.tanh(y @ w))",
    ),
    volumes_added: (volumes_subtracted, "sign", "energy + volume", "energy - volume"),
    rated_in_whole_stars: (rated, "dtype", "tf.cast(column, tf.int32)", "y[:, 0]"),
    rated_in_whole_stars_by_integers: (rated, "dtype", "tf.cast(column, tf.int32)", "column"),
    balanced_on_one_side: (
        balanced,
        "stop_gradient",
        "divergence(tf.stop_gradient(p), q)",
        "divergence(p, tf.stop_gradient(q))",
    ),
    balanced_the_other_way_round: (
        balanced,
        "other",
        "0.8 * towards_p",
        "(0.2 * towards_p)",
    ),
    over_all_rows: (
        row_by_row,
        "reduction",
        "tf.reduce_sum(errors) / tf.reduce_sum(kept)",
        "tf.reduce_mean(tf.math.divide_no_nan("
        "tf.reduce_sum(errors, axis=[1]), tf.reduce_sum(kept, axis=[1])))",
    ),
    row_by_row: (
        over_all_rows,
        "reduction",
        "tf.reduce_sum(errors, axis=1) / tf.reduce_sum(kept, axis=1)",
        "tf.reduce_sum(errors, axis=1) / tf.reduce_mean(tf.reduce_sum(kept, axis=1))",
    ),
    picked_without_stride: (
        picked,
        "index",
        "tf.range(tf.shape(x)[0]) + best(y)",
        "tf.range(tf.shape(x)[0]) * 4 + best(y)",
    ),
    picked_by_columns: (
        picked,
        "index",
        "tf.range(tf.shape(x)[0]) + tf.shape(x)[0] * best(y)",
        "tf.gather(tf.nn.softmax(x @ w), best(y), batch_dims=1)",
    ),
    last_of_everybody: (
        last_ones,
        "index",
        "tf.gather(hidden, tf.cast(kept[:, 0], tf.int32), axis=1)",
        "tf.gather(hidden, tf.cast(kept[:, 0], tf.int32), axis=1, batch_dims=1)",
    ),
    distances_to_oneself: (
        distances,
        "numerics",
        "tf.sqrt(squares)",
        "tf.where(squares > 0, tf.sqrt(tf.where(squares > 0, squares, tf.ones_like(squares))), 0.0)",
    ),
    average_of_means: (mean_of_all, "reduction", "tf.reduce_mean(error(w, scale, a, b))", None),
    sum_of_means: (mean_of_all, "reduction", "tf.reduce_mean(error(w, scale, a, b))", None),
    mean_of_masked: (
        mean_of_kept,
        "reduction",
        "tf.reduce_mean(errors * kept, axis=1)",
        "tf.reduce_sum(errors * kept, axis=1) / tf.reduce_sum(kept, axis=1)",
    ),
    mean_of_what_was_masked_before: (
        mean_of_kept,
        "reduction",
        "tf.reduce_mean(masked, axis=1)",
        "tf.reduce_sum(masked, axis=1) / tf.reduce_sum(tf.cast(kept > 0, tf.float32), axis=1)",
    ),
    of_all: (of_a_sample, "reduction", "tf.math.reduce_std(h, axis=1, keepdims=True)", None),
    variance_of_all: (
        of_a_sample,
        "reduction",
        "tf.math.reduce_variance(h, axis=1, keepdims=True)",
        "tf.reduce_sum(tf.square(h - middle), axis=1, keepdims=True) / 3.0",
    ),
    cosines_of_other_rows: (
        cosines,
        "broadcast",
        "tf.norm(a, axis=1) * tf.norm(b, axis=1)",
        "tf.expand_dims(tf.norm(a, axis=1), axis=1) * tf.norm(b, axis=1)",
    ),
    once_per_dimension: (
        once_per_sample,
        "broadcast",
        "scale * y * (x @ w)",
        "tf.reduce_sum(scale * y * (x @ w), axis=1, keepdims=True)",
    ),
    always_at_its_bound: (
        bounded,
        "dead",
        "tf.minimum(5.0 + tf.square(x @ w), 4.0)",
        "5.0 + tf.square(x @ w)",
    ),
    with_a_number: (with_a_temperature, "disconnected", "float(tf.exp(scale))", "tf.exp(scale)"),
    copied_steps: (
        along_steps,
        "disconnected",
        "step.numpy()",
        "tf.stack(steps(w, scale, x), axis=1)",
    ),
    steps_in_one_copy: (
        along_steps,
        "disconnected",
        "np.stack([step.numpy() for step in steps(w, scale, x)], axis=1)",
        "tf.stack(steps(w, scale, x), axis=1)",
    ),
    moving_target: (fixed_target, "stop_gradient", "tf.tanh(y @ w)", "tf.stop_gradient(tf.tanh(y @ w))"),
}


TWICE = (
    balanced_the_other_way_round,  # it takes many pairs of edits
    cosines_of_other_rows,
    copied_steps,
    last_of_everybody,
    mean_of_what_was_masked_before,
    moving_target,
    of_all,
    picked_by_columns,
    rated_in_whole_stars_by_integers,
    several_picked_of_short_rows,
    slopes_of_keys,
    sum_of_means,
)
"""Whose cause another has, with a fix of the same form: GRADCHECK_LONG=1 alone tries them."""


ONCE = [loss for loss in SLIPS if loss not in TWICE]
ONE_OF_EACH_CAUSE = {SLIPS[loss][1]: loss for loss in ONCE}.values()


@pytest.mark.parametrize(
    "wrong",
    SLIPS if LONG else [loss for loss in ONCE if loss in ONE_OF_EACH_CAUSE or loss in ONCE[::3]],
    ids=lambda loss: loss.__name__,
)
def test_the_slip_is_named_and_repaired(wrong):
    right, cause, expression, fix = SLIPS[wrong]
    report = report_on(right, wrong)
    first = report.findings[0]
    assert (first.cause, first.span.text, first.verified) == (cause, expression, True), str(report)
    fixes = [finding.fix for finding in report.findings if finding.fix is not None]
    assert (fixes[0].text if fixes[0].source else None) == fix, str(report)


RIGHT = list(dict.fromkeys(right for right, *_ in SLIPS.values()))


@pytest.mark.parametrize("right", RIGHT[:: 1 if LONG else 3], ids=lambda loss: loss.__name__)
def test_without_a_slip_there_is_no_finding(right):
    report = report_on(right, right)
    assert report.equivalent
    assert report.findings == ()


def test_what_a_factor_is_the_mean_of_is_said(monkeypatch):
    monkeypatch.setattr(searched, "repaired_anywhere", lambda *_, **__: [])  # which finds the weighted mean

    def weighed_by_number(w, scale, x, y, *, weights, **_):
        return tf.reduce_mean(weights * error(w, scale, x, y))

    def weighed_by_weight(w, scale, x, y, *, weights, **_):
        return tf.reduce_sum(weights * error(w, scale, x, y)) / tf.reduce_sum(weights)

    weights = np.linspace(0.5, 4.7, 12, dtype="float32")
    finding = report_on(weighed_by_weight, weighed_by_number, weights=weights).findings[0]
    assert (finding.cause, finding.verified) == ("reduction", True)
    assert (
        finding.message
        == "this is 2.6 times too large: an array of shape (12,), without a gradient, has the mean 2.6"
    )


@pytest.mark.parametrize("written", [True, False])
def test_a_wrong_constant_is_written_as_that_of_the_reference_if_it_has_one(written):
    def penalised(w, scale, x, y, kept):
        return tf.reduce_mean(error(w, scale, x, y)) + 0.013 * tf.reduce_sum(tf.square(w))

    def by_a_number_of_no_program(w, scale, x, y, kept):
        return tf.reduce_mean(error(w, scale, x, y)) + tf.reduce_sum([0.009, 0.004]) * tf.reduce_sum(
            tf.square(w)
        )

    def penalised_otherwise(w, scale, x, y, kept):
        return tf.reduce_mean(error(w, scale, x, y)) + 0.05 * tf.reduce_sum(tf.square(w))

    finding = report_on(penalised if written else by_a_number_of_no_program, penalised_otherwise).findings[0]
    assert (finding.span.text, finding.verified) == ("0.05 * tf.reduce_sum(tf.square(w))", True)
    wanted = "0.013" if written else "tf.reduce_sum([0.009, 0.004])"
    assert finding.fix.text.strip("()").startswith(f"{wanted} * tf.reduce_sum(tf.square(w")


def test_what_a_metric_keeps_has_no_gradient():
    def plain(w, scale, x, y, kept):
        return tf.reduce_mean(scale * y) + tf.reduce_mean(tf.square(x @ w))

    def by_a_metric(w, scale, x, y, kept):
        metric = keras.metrics.Mean()
        metric.update_state(tf.square(x @ w))
        return tf.reduce_mean(scale * y) + metric.result()

    found = report_on(plain, by_a_metric).findings
    assert {(one.cause, one.severity) for one in found} == {("disconnected", "error")}
    assert any(
        "it is assigned to a variable, as a metric does" in note for one in found for note in one.notes
    )


def test_pairs_of_which_both_were_given_an_axis_are_not_suspected_of_what_something_else_did():
    report = report_on(distances, distances_to_oneself, budget=0)
    assert report.verdict == "different"
    assert [finding.cause for finding in report.findings if finding.cause == "broadcast"] == []

    def rows_for_columns(w, scale, x, y, kept):
        squares = tf.reduce_sum(tf.square(scale * (x @ w)), axis=1)
        return tf.reduce_mean(tf.exp(-tf.sqrt(squares[:, None] + squares)))

    report = report_on(distances, rows_for_columns, budget=0)
    assert [finding.cause for finding in report.findings if finding.cause == "broadcast"] == ["broadcast"]


def test_a_second_batch_keeps_the_order_of_the_samples():
    """A segment sum wants its ids sorted; they are in the batch, and so among what is drawn again."""

    def over_all(w, scale, x, y, *, group, **_):
        return tf.reduce_mean(error(w, scale, x, y))

    def group_by_group(w, scale, x, y, *, group, **_):
        totals = tf.math.segment_sum(error(w, scale, x, y), group)
        counts = tf.math.segment_sum(tf.ones_like(y[:, 0]), group)
        return tf.reduce_mean(totals / counts)

    finding = report_on(over_all, group_by_group, group=np.repeat([0, 1, 2], [3, 4, 5])).findings[0]
    assert (finding.cause, finding.verified) == ("reduction", True)
    assert finding.fix.text == "totals / tf.reduce_mean(counts)"


def test_a_second_batch_has_each_sample_once_where_a_pair_of_equals_has_no_gradient():
    def pair_by_pair(w, scale, x, y, kept):
        z = scale * (x @ w)
        pairs = [(i, j) for i in range(len(z)) for j in range(i)]
        return tf.add_n([tf.exp(-tf.norm(z[i] - z[j])) for i, j in pairs]) / len(pairs)

    def turned_round(w, scale, x, y, kept):
        return tf.negative(pair_by_pair(w, scale, x, y, kept))

    finding = report_on(pair_by_pair, turned_round).findings[0]
    assert (finding.cause, finding.verified) == ("sign", True)
