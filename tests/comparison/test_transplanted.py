"""The reference's expression is written with the candidate's names for all that it is made of."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.explanation.renaming import Renaming
from gradcheck.source.writing import bracketed_once, on_one_line

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 3)).astype("float32"), name="w")


def batch(seed):
    draw = np.random.default_rng(seed)
    made = {name: draw.normal(size=(6, 3)).astype("float32") for name in ("x", "y")}
    return {**made, "kept": draw.uniform(0.5, 1.5, size=6).astype("float32")}


def case(candidate, reference):
    @gradcheck.case
    def made(seed=0):
        return gradcheck.Case(reference=reference, candidate=candidate, batch=batch(seed), variables=[W])

    return made


def scores(x):
    return tf.reduce_sum(tf.tanh(tf.tensordot(x, W, 1)), axis=-1)


def each_by_itself(x, y, kept):
    total = 0.0
    for i in range(len(x)):
        apart = scores(x[i]) - scores(y[i])
        total -= kept[i] * tf.math.log_sigmoid(apart)
    return total / len(x)


def without_the_logarithm(x, y, kept):
    one, other = scores(x), scores(y)
    loss = 1.0 - tf.sigmoid(one - other)
    return tf.reduce_mean(loss)


def by_a_function(x, y, kept):
    joined = lambda turned: tf.concat([x, turned], axis=1)  # noqa: E731
    halves = tf.sigmoid(x @ W)
    return tf.reduce_mean(tf.square(tf.reduce_sum(joined(halves * y + 1.0) ** 3, axis=1) - kept))


def without_the_factor(x, y, kept):
    gate = tf.sigmoid(x @ W)
    both = tf.concat([x, y], axis=1)
    sums = tf.reduce_sum(both**3, axis=1) + 0.0 * tf.reduce_sum(gate)
    return tf.reduce_mean(tf.square(sums - kept))


WARMTH, OFFSET = 2.5, 0.7


def by_functions(x, y, kept):
    rate = 1.0

    def held(z):
        back = rate * z
        return tf.stop_gradient((1.0 + rate) * z) - back

    halves = tf.sigmoid(x @ W)
    return tf.reduce_mean(tf.square(held(halves) @ W)) + tf.reduce_mean(tf.exp(halves) * y)


def not_held(x, y, kept):
    gate = tf.sigmoid(x @ W)
    back = tf.linalg.matmul(gate, W)
    return tf.reduce_mean(back**2) + tf.reduce_mean(tf.exp(gate) * y)


def each_divided_first(x, y, kept):
    parts = [
        (x @ W) / WARMTH - OFFSET,
        (y @ W) / WARMTH - kept[:, None],
    ]
    soft = WARMTH * tf.reduce_logsumexp(tf.concat(parts, axis=1), axis=1)
    return tf.reduce_mean(tf.square(soft))


def all_divided_at_once(x, y, kept):
    own, other = x @ W, y @ W
    rows = tf.concat([own - OFFSET, other - kept[:, None]], axis=1)
    soft = tf.reduce_logsumexp(rows / WARMTH, axis=1) * WARMTH
    return tf.reduce_mean(tf.square(soft))


def the_lower(x, y, kept):
    low = tf.minimum(x, y)
    aim = tf.stop_gradient(kept[:, None] * low)
    return tf.reduce_mean(tf.square(x @ W - aim))


def the_lower_without_noise(x, y, kept):
    best = tf.minimum(x, y) - OFFSET * tf.sin(tf.exp(y))
    aim = tf.stop_gradient(kept[:, None] * best)
    return tf.reduce_mean(tf.square(x @ W - aim))


def not_yet_centred(x, y, kept):
    gain = kept
    made = tf.tanh(x @ W)[:, 0] * gain
    gain = gain - tf.reduce_mean(gain)
    return tf.reduce_mean(made) + tf.reduce_mean(tf.sin(y @ W)[:, 0] * tf.exp(gain))


def centred(x, y, kept):
    gain = kept
    gain = (gain - tf.reduce_mean(gain)) / WARMTH
    made = tf.tanh(x @ W)[:, 0] * gain
    return tf.reduce_mean(made) + tf.reduce_mean(tf.sin(y @ W)[:, 0] * tf.exp(gain * WARMTH))


def returns_alone(x, y, kept):
    values = tf.tanh(x @ W)[:, 0]
    found, run = [], 0.0
    for given in reversed(tf.unstack(kept)):
        run = given + 0.5 * run
        found.append(run)
    returns = tf.stack(found[::-1])
    return tf.reduce_sum(returns * values) / len(x)


def returns_beyond_the_values(x, y, kept):
    values = tf.tanh(x @ W)[:, 0]
    total = run = 0.0
    for i in reversed(range(len(x))):
        run = kept[i] + 0.5 * run
        total += (run - tf.stop_gradient(tf.sin(values[i]))) * values[i]
    return total / len(x)


def the_one_nearer(x, y, kept):
    own, other = tf.sin(x @ W), tf.sin(y @ W)
    return tf.reduce_mean(tf.square(own - y)) + tf.reduce_mean(tf.square(other)) + tf.reduce_mean(other * x)


def the_larger_of_two(x, y, kept):
    both = [tf.sin(one @ W) for one in (x, y)]
    squares = tf.reduce_mean(tf.square(both[0] - y)) + tf.reduce_mean(tf.square(both[1]))
    return squares + tf.reduce_mean(tf.exp(tf.maximum(both[0], both[1])) * x)


def scored_in_columns(x, y, kept):
    score = tf.tensordot(tf.tanh(tf.stack([x @ W, y @ W], axis=1)), W[:, :1], 1)
    return tf.reduce_mean(tf.square(tf.reduce_sum(tf.nn.softmax(score, axis=1) * [[[1.0], [3.0]]], axis=1)))


def scored_in_rows_and_masked(x, y, kept):
    score = tf.tensordot(tf.tanh(tf.stack([x @ W, y @ W], axis=1)), W[:, 0], 1)
    score = score - 1e9 * tf.cast(y[:, :2] > 1.0, "float32")
    return tf.reduce_mean(tf.square(tf.linalg.matvec(tf.nn.softmax(score), [1.0, 3.0])))


def of_a_square(x, y, kept):
    rate = x @ W
    return tf.reduce_mean(tf.exp(rate) * y**2 + rate**2)


def of_a_product(x, y, kept):
    rate = tf.exp(x @ W)
    return 2.0 * tf.reduce_mean(rate * y**2 / 2.0 - tf.math.log(rate))


WRITTEN = {
    "columns for rows": (
        scored_in_columns,
        scored_in_rows_and_masked,
        "tf.expand_dims("
        "tf.squeeze(tf.tensordot(tf.tanh(tf.stack([x @ W, y @ W], axis=1)), W[:, :1], 1), axis=2)"
        ' - 1e9 * tf.cast(y[:, :2] > 1.0, "float32"), axis=-1)',
    ),
    "a multiple": (of_a_square, of_a_product, "(-2.0 * rate)"),
    "what its own statement gives a name": (
        the_lower,
        the_lower_without_noise,
        "tf.minimum(x, y) - OFFSET * tf.sin(tf.exp(y))",
    ),
    "what a name was given last": (
        not_yet_centred,
        centred,
        "tf.tanh(x @ W)[:, 0] * ((kept - tf.reduce_mean(kept)) / WARMTH)",
    ),
    "what a loop computes from its end": (
        returns_alone,
        returns_beyond_the_values,
        "(returns - tf.stop_gradient(tf.sin(values))) * values",
    ),
    "elements of a list": (the_one_nearer, the_larger_of_two, "tf.exp(tf.maximum(own, other)) * x"),
    "all entries for the one of a round": (
        without_the_logarithm,
        each_by_itself,
        "-(kept * tf.math.log_sigmoid(one - other))",
    ),
    "what a lambda gives": (without_the_factor, by_a_function, "tf.concat([x, gate * y + 1.0], axis=1)"),
    "what a function gives": (not_held, by_functions, "tf.stop_gradient((1.0 + 1.0) * gate) - (1.0 * gate)"),
    "what a reduction gives for all that it reduces": (
        all_divided_at_once,
        each_divided_first,
        "tf.reduce_logsumexp("
        "tf.concat([(own) / WARMTH - OFFSET, (other) / WARMTH - kept[:, None]], axis=1), axis=1)",
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_expression_of_the_reference_is_the_fix(kind):
    candidate, reference, text = WRITTEN[kind]
    fixes = [one.fix for one in gradcheck.diff(case(candidate, reference)).findings if one.fix is not None]
    (written,) = (fix.text for fix in fixes if fix.source)
    assert text in written  # or what is around it as well, where more is tried


def test_other_places_that_are_masked_are_no_lack_of_precision():
    candidate, reference, _ = WRITTEN["columns for rows"]
    assert {one.cause for one in gradcheck.diff(case(candidate, reference)).findings} == {"other"}


def test_a_text_that_does_not_repair_the_candidate_is_no_fix():
    def otherwise(x, y, kept):
        return each_by_itself(x, y, kept) + 0.1 * tf.reduce_sum(W**4)

    for one in gradcheck.diff(case(without_the_logarithm, otherwise)).findings:
        assert one.fix is None or "log_sigmoid" not in one.fix.text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("f(\n    a,\n    b,\n)", "f(a, b,)"),
        ("[\n  a,\n  b,\n]", "[a, b]"),
        ("(\n  a,\n)", "(a,)"),
        ("f(a,  # why\n  b)", "f(a,  # why\n  b)"),
    ],
)
def test_an_expression_is_put_on_one_line_where_it_means_the_same_there(text, line):
    assert on_one_line(text) == line


def test_a_lambda_that_calls_itself_is_not_written_out_without_end():
    def reference(x, y, kept):
        power = lambda h, k: h if k == 0 else tf.tanh(h) * power(h, k - 1)  # noqa: E731
        return tf.reduce_mean(tf.square(tf.exp(power(x @ W, 2)) - 0.4))

    def candidate(x, y, kept):
        return tf.reduce_mean(tf.square(tf.sin(x @ W) - 0.3))

    report = gradcheck.diff(case(candidate, reference))
    assert report.verdict == "different"
    assert report.findings[0].verified


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("a * ((b - c))", "a * (b - c)"),
        ("f((a, b))", "f((a, b))"),
        ("f(((a + b)) * c)", "f((a + b) * c)"),
        ("((a) + (b))", "((a) + (b))"),
        ("x[0]((a))", "x[0]((a))"),
        ("((f(a)))", "(f(a))"),
        ("g('((') + ((a))", "g('((') + ((a))"),
    ],
)
def test_what_has_brackets_gets_no_more(text, once):
    assert bracketed_once(text) == once


def weighted(x, y, kept):
    weights = kept / tf.reduce_max(kept)
    squares = tf.square(scores(x) - scores(y))
    return tf.reduce_sum(weights * squares) / 6


def not_weighted(x, y, kept):
    apart = tf.abs(scores(x) - scores(y))
    clipped = tf.minimum(apart, 9.0)
    return tf.reduce_mean(clipped * (2.0 * apart - clipped))


def with_other_weights(x, y, kept):
    squares = tf.square(scores(x) - scores(y))
    return tf.reduce_sum(tf.sqrt(tf.reduce_max(kept)) * squares) / 6


@pytest.mark.parametrize("reference", [weighted, with_other_weights])
def test_a_factor_is_missing_in_what_is_right_and_its_size_is_written_into_the_reference(reference):
    made = gradcheck.Case(reference=reference, candidate=not_weighted, batch=batch(0), variables=[W])
    (found,) = gradcheck.diff(made).findings
    assert found.verified and found.proof.samples == (6, 6)
    assert found.span.text == "clipped * (2.0 * apart - clipped)"
    assert "kept" in found.fix.text and "tf.reduce_max" in found.fix.text
    assert any("of another size" in note for note in found.notes)


def test_a_chain_of_names_that_are_read_several_times_each_is_not_written_out_without_end(monkeypatch):
    written, text = [], Renaming.text

    def counted(self, node, move):
        written.append(node)
        return text(self, node, move)

    monkeypatch.setattr(Renaming, "text", counted)

    def reference(x, y, kept):
        a = x @ W
        b = a * tf.sigmoid(a) + 0.1 * a
        c = b * tf.sigmoid(b) + 0.1 * b
        d = c * tf.sigmoid(c) + 0.1 * c
        e = d * tf.sigmoid(d) + 0.1 * d
        f = e * tf.sigmoid(e) + 0.1 * e
        g = f * tf.sigmoid(f) + 0.1 * f
        h = g * tf.sigmoid(g) + 0.1 * g
        return tf.reduce_mean(h**2)

    def candidate(x, y, kept):
        return tf.reduce_mean(tf.tanh(tf.sin(x) @ W) ** 2)

    assert gradcheck.diff(case(candidate, reference)).verdict == "different"
    assert 0 < len(written) < 3_000  # as texts, h alone reads a 2,187 times, at each of several places
