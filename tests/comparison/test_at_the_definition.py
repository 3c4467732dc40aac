"""A written value in place of a name stands where the name got its value, if that repairs the candidate too."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from support import corpus

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"), name="w")


def findings(candidate, reference):
    x = np.random.default_rng(1).normal(size=(6, 5, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])
    return gradcheck.diff(case, work=10_000).findings


def standardised(x):
    made = tf.reshape(x @ W, [-1, 4])
    centred = made - tf.reduce_sum(made, axis=0) / len(made)
    spread = tf.reduce_sum(tf.square(centred), axis=0) / len(made)
    return tf.reduce_mean(tf.nn.softplus(centred / tf.sqrt(spread + 0.1)))


def test_axes_that_two_reductions_read_are_one_fix_where_they_are_written():
    def over_samples(x):
        axes = [0]
        made = x @ W
        mean = tf.reduce_mean(made, axis=axes)
        spread = tf.math.reduce_variance(made, axis=axes)
        return tf.reduce_mean(tf.nn.softplus((made - mean) / tf.sqrt(spread + 0.1)))

    (finding,) = findings(over_samples, standardised)
    assert finding.verified and not finding.proof.needs_also
    assert (finding.span.text, finding.fix.text) == ("[0]", "[0, 1]")


def test_where_something_else_reads_the_name_rightly_the_fixes_stay_where_it_is_read():
    def and_sums(x):
        axes = [0]
        made = x @ W
        mean = tf.reduce_mean(made, axis=axes)
        spread = tf.math.reduce_variance(made, axis=axes)
        whole = tf.reduce_mean(tf.reduce_sum(made, axis=axes))
        return tf.reduce_mean(tf.nn.softplus((made - mean) / tf.sqrt(spread + 0.1))) + 0.1 * whole

    def with_sums(x):
        return standardised(x) + 0.1 * tf.reduce_sum(x @ W) / 20.0

    found = findings(and_sums, with_sums)
    assert found and not any(one.span.text == "[0]" and one.fix for one in found)


def test_a_name_that_is_bound_twice_is_left_alone():
    def twice(x):
        axes = [1]
        axes = [0]
        made = x @ W
        mean = tf.reduce_mean(made, axis=axes)
        spread = tf.math.reduce_variance(made, axis=axes)
        return tf.reduce_mean(tf.nn.softplus((made - mean) / tf.sqrt(spread + 0.1)))

    assert all("axes" in one.span.text for one in findings(twice, standardised) if one.fix)


def squashed_twice(x):
    raw = tf.reduce_mean(x @ W, axis=1)
    shares = tf.sigmoid(raw)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(raw), logits=shares))


def squashed_once(x):
    means = tf.reduce_mean(x @ W, axis=1)
    return tf.reduce_mean(-tf.math.log_sigmoid(means))


def test_what_a_name_was_given_too_much_is_left_out_where_it_was_given():
    (finding,) = findings(squashed_twice, squashed_once)
    assert (finding.span.text, finding.fix.text) == ("tf.sigmoid(raw)", "raw")


def test_but_not_where_the_name_is_right_elsewhere():
    def and_shared(x):
        raw = tf.reduce_mean(x @ W, axis=1)
        shares = tf.sigmoid(raw)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(raw), logits=shares)
        return tf.reduce_mean(losses) + tf.reduce_sum(tf.square(shares))

    def once_and_shared(x):
        means = tf.reduce_mean(x @ W, axis=1)
        return squashed_once(x) + tf.reduce_sum(tf.square(tf.sigmoid(means)))

    found = findings(and_shared, once_and_shared)
    assert found and found[0].fix
    assert not any(one.span.text == "tf.sigmoid(raw)" and one.fix for one in found)


def test_what_a_function_is_called_with_is_what_its_parameter_was_given():
    def moments(made, axes):
        return tf.reduce_mean(made, axis=axes), tf.math.reduce_variance(made, axis=axes)

    def over_samples(x):
        made = x @ W
        dims = [0]
        mean, spread = moments(made, dims)
        return tf.reduce_mean(tf.nn.softplus((made - mean) / tf.sqrt(spread + 0.1)))

    (finding,) = findings(over_samples, standardised)
    assert (finding.span.text, finding.fix.text) == ("[0]", "[0, 1]")


def halves(x):
    made = tf.reduce_mean(x @ W, axis=1)
    return made[:, 0] - made[:, 1], made[:, 2] - made[:, 3]


def of_the_second(x):
    return tf.reduce_mean(tf.nn.softplus(halves(x)[1]))


def test_another_quantity_stands_where_a_name_that_nothing_else_reads_was_given_the_wrong_one():
    def of_the_wrong_one(x):
        first, second = halves(x)
        logits = tf.identity(first)
        return tf.reduce_mean(tf.math.log(1.0 + tf.exp(logits))) + 0.0 * tf.reduce_sum(second)

    (finding,) = findings(of_the_wrong_one, of_the_second)
    assert finding.verified
    assert (finding.span.text, finding.fix.text) == ("tf.identity(first)", "second")


def test_but_what_another_reader_of_the_name_needs_stays():
    def read_twice(x):
        first, second = halves(x)
        logits = tf.identity(first)
        return (
            tf.reduce_mean(tf.nn.softplus(logits))
            + tf.reduce_sum(tf.square(logits))
            + 0.0 * tf.reduce_sum(second)
        )

    def rightly(x):
        return of_the_second(x) + tf.reduce_sum(tf.square(halves(x)[0]))

    (finding, *_) = findings(read_twice, rightly)
    assert finding.verified and finding.span.text == "tf.nn.softplus(logits)"


def squares(x):
    made = tf.reduce_mean(x @ W, axis=1)
    return made[:, 0], tf.reduce_sum(tf.square(made), axis=1)


def test_a_sign_is_put_where_the_name_gets_its_value():
    def without_a_sign(x):
        first, spread = squares(x)
        given = first * spread
        return tf.reduce_mean(tf.math.log_sigmoid(given))

    def with_a_sign(x):
        first, spread = squares(x)
        return -tf.reduce_mean(tf.nn.softplus(first * spread))

    (finding,) = findings(without_a_sign, with_a_sign)
    assert (finding.span.text, finding.fix.text) == ("first * spread", "-(first * spread)")


def kept(x):
    """Read where something is above zero, which half of it is."""
    scores = tf.reduce_mean(x @ W, axis=1)
    chosen = scores > 0
    return tf.reduce_mean(tf.reduce_sum(tf.where(chosen, tf.tanh(scores), 2.0 * scores), axis=1))


def test_of_a_condition_that_is_turned_already_the_opposite_is_not_taken_twice():
    def turned(x):
        scores = tf.reduce_mean(x @ W, axis=1)
        chosen = tf.logical_not(scores > 0)
        picked = tf.where(chosen, tf.tanh(scores), 2.0 * scores)
        return tf.reduce_mean(tf.reduce_sum(picked, axis=1))

    (finding,) = findings(turned, kept)
    assert (finding.span.text, finding.fix.text) == ("tf.logical_not(scores > 0)", "scores > 0")


def test_nor_is_a_sign():
    def negated(x):
        first, spread = squares(x)
        given = -first * spread
        lowered = -given
        return tf.reduce_mean(tf.math.log_sigmoid(lowered))

    def with_a_sign(x):
        first, spread = squares(x)
        return -tf.reduce_mean(tf.nn.softplus(first * spread))

    (finding, *_) = findings(negated, with_a_sign)
    assert "--" not in finding.fix.text and "-(-" not in finding.fix.text


def test_another_shape_is_given_where_the_name_is_read():
    def column(x):
        first, spread = squares(x)
        spread = spread[:, None]
        return tf.reduce_mean(tf.nn.softplus(first - spread))

    def meant(x):
        return tf.reduce_mean(tf.nn.softplus(tf.subtract(*squares(x))))

    (finding, *_) = findings(column, meant)
    assert finding.cause == "broadcast" and finding.span.text == "first - spread"


def picked(x, row):
    return tf.reduce_mean(tf.nn.softplus(tf.gather(x @ W, row, axis=1)))


def test_a_step_too_far_is_left_out_where_it_was_made():
    def one_before(x):
        return picked(x, tf.constant([3, 4]) - 1)

    def at(x):
        made = x @ W
        return (tf.reduce_mean(tf.nn.softplus(made[:, 3])) + tf.reduce_mean(tf.nn.softplus(made[:, 4]))) / 2.0

    first, *_ = findings(one_before, at)
    assert (first.span.text, first.fix.text) == ("tf.constant([3, 4]) - 1", "tf.constant([3, 4])")


def five(x):
    """Return as many rows as each has elements: a weight for each row fits both ways."""
    return tf.reduce_sum(x @ W, axis=2)[:5], x[:5, 0, 0]


def weighed_by_row(x):
    rows, total = tf.reduce_sum(x @ W, axis=2), 0.0
    for i in range(5):
        total += tf.reduce_sum(tf.minimum(rows[i] * x[i, 0, 0], tf.tanh(rows[i]) * x[i, 0, 0]))
    return total


def test_what_every_reader_makes_of_a_name_it_should_have_been_given():
    def weighed(x):
        rows, each = five(x)
        weights = 1.0 * each
        return tf.reduce_sum(tf.minimum(rows * weights, tf.tanh(rows) * weights))

    (finding,) = findings(weighed, weighed_by_row)
    assert finding.verified and not finding.proof.needs_also
    assert (finding.cause, finding.span.text) == ("broadcast", "1.0 * each")
    assert finding.fix.text == "tf.expand_dims(1.0 * each, axis=1)"


def test_but_not_where_one_reader_is_right():
    """Twin of the above: a column of weights would give the sum of them another shape."""

    def weighed(x):
        rows, each = five(x)
        weights = 1.0 * each
        bonus = tf.reduce_sum(weights * tf.reduce_mean(rows, axis=1))
        return tf.reduce_sum(tf.minimum(rows * weights, tf.tanh(rows) * weights)) + bonus

    def right(x):
        rows = tf.reduce_sum(x @ W, axis=2)[:5]
        return weighed_by_row(x) + sum(x[i, 0, 0] * tf.reduce_mean(rows[i]) for i in range(5))

    first, second = findings(weighed, right)
    assert {first.span.text, second.span.text} == {"rows * weights", "tf.tanh(rows) * weights"}


def test_the_cause_is_that_of_what_is_done_where_the_name_gets_its_value():
    """Which elements are taken is seen there, and not where these are read."""
    finding = gradcheck.diff(corpus.case("unseen/topk_reinforce_beta_action"), work=10_000).findings[0]
    assert finding.verified and finding.span.text.startswith("tf.gather(")
    assert finding.cause == "index"
