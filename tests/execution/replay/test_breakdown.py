"""Where the numbers of a formulation break down, and on which side."""

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.breakdown import breakdown
from support.runs import run_of

X = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


def report(reference, candidate, start=(0.5, -0.25), x=X):
    w = tf.Variable(np.float32(start)[:, None], name="w")
    case = gradcheck.Case(
        reference=lambda x: reference(x, w),
        candidate=lambda x: candidate(x, w),
        batch={"x": x},
        variables=[w],
    )
    return gradcheck.diff(case, budget=0)


def numerics(found):
    return [finding for finding in found.findings if finding.cause == "numerics"]


def single(x, w, scale):
    return tf.reduce_mean(tf.square(x @ w)) * scale


def half(x, w, scale):
    h = tf.cast(x, tf.float16) @ tf.cast(w, tf.float16)
    return tf.cast(tf.reduce_mean(tf.square(h)), tf.float32) * scale


def half_throughout(x, w, scale):
    h = tf.cast(x, tf.float16) @ tf.cast(w, tf.float16)
    return tf.cast(tf.reduce_mean(tf.square(h)) * tf.cast(scale, tf.float16), tf.float32)


class TestUnderflow:
    """float16 has nothing between 0 and 6e-8."""

    def test_of_a_gradient_on_one_side(self):
        found = report(lambda x, w: single(x, w, 1e-9), lambda x, w: half(x, w, 1e-9))
        assert found.verdict == "unstable"
        assert "in float16 the candidate loses all of the gradient for w" in found.reason
        (finding,) = numerics(found)
        assert "underflows in float16" in finding.message
        assert "all elements that are not zero in float64 become zero" in finding.message
        assert finding.span.text == "tf.cast(tf.reduce_mean(tf.square(h)), tf.float32)"

    def test_of_a_gradient_on_both_sides_alike(self):
        def other(x, w):
            h = tf.cast(x, tf.float16) @ tf.cast(w, tf.float16)
            return 1e-9 * tf.cast(tf.reduce_sum(tf.square(h)) / 8, tf.float32)

        found = report(lambda x, w: half(x, w, 1e-9), other)
        assert found.verdict == "unstable"
        assert "both sides lose all of the gradient" in found.reason
        assert [finding.message.startswith("in the reference") for finding in numerics(found)] == [
            True,
            False,
        ]

    def test_none_where_the_loss_is_scaled_up(self):
        found = report(lambda x, w: half(x, w, 1.0), lambda x, w: half(x, 1.0 * w, 1.0))
        assert found.verdict == "equivalent"

    def test_of_a_value(self):
        found = report(lambda x, w: single(x, w, 1e-9), lambda x, w: half_throughout(x, w, 1e-9))
        assert found.verdict == "unstable"
        (finding,) = numerics(found)
        assert "float16" in finding.message
        assert finding.span.text == "tf.cast(scale, tf.float16)"


def logs(x, w):
    return tf.reduce_mean(tf.math.log(tf.nn.softmax(x @ tf.concat([w, -w], 1))[:, 0]))


def log_loop(x, w):
    p = [tf.nn.softmax(x[i : i + 1] @ tf.concat([w, -w], 1))[0, 0] for i in range(len(x))]
    return tf.add_n([tf.math.log(one) for one in p]) / len(x)


class TestNotFinite:
    def test_values_on_both_sides_that_float64_holds(self):
        found = report(log_loop, logs, start=(40.0, 0.0))
        assert found.verdict == "inconclusive"
        reference, candidate = numerics(found)
        assert (
            reference.message == "in the reference, the result of log is the first value that is not finite"
        )
        assert reference.span.text == "tf.math.log(one)"
        assert candidate.message == "the result of log is the first value that is not finite"
        assert candidate.span.text == "tf.math.log(tf.nn.softmax(x @ tf.concat([w, -w], 1))[:, 0])"
        assert all("in float64 it is finite" in finding.notes[0] for finding in (reference, candidate))

    def test_values_that_float64_does_not_hold_either(self):
        found = report(log_loop, logs, start=(4000.0, 0.0))
        assert [finding.notes[0] for finding in numerics(found)] == ["in float64 it is not finite either"] * 2

    def test_nothing_is_said_where_all_is_finite(self):
        found = report(log_loop, logs)
        assert found.verdict == "equivalent"
        assert not numerics(found)

    def test_a_gradient_though_every_value_is_finite(self):
        def absolute(x, w):
            return tf.reduce_mean(tf.abs(x @ w))

        def root(x, w):
            return tf.reduce_mean(tf.sqrt(tf.square(x @ w)))

        with_a_row_of_zeros = np.concatenate([X, np.zeros((1, 2), np.float32)])
        found = report(absolute, root, x=with_a_row_of_zeros)
        assert found.verdict == "different"
        (finding,) = numerics(found)
        assert finding.message == "the gradient that sqrt passes on is the first value that is not finite"
        assert "in float64 too" in finding.notes[0]
        assert not numerics(report(absolute, root))

    def test_the_same_helper_on_both_sides_is_named_once(self):
        (finding,) = numerics(report(logs, logs, start=(40.0, 0.0)))
        assert finding.message.startswith("on both sides, ")

    def test_what_several_ops_read_is_blamed_on_the_one_that_breaks(self):
        """The gradient for z comes from three ops, of which the square root alone has a pole there."""

        def loss(x, w):
            z = tf.abs(x @ w)
            return tf.reduce_mean(tf.exp(z) + tf.sqrt(z) + tf.square(z))

        (finding,) = numerics(report(lambda x, w: tf.reduce_mean(x @ w), loss, x=np.zeros_like(X)))
        assert finding.span.text == "tf.sqrt(z)"


class TestNoisyOnBothSides:
    """In a SAC policy, log(1 - tanh² + ε) costs float32 a part of the gradient; a mistake is seen all the same."""

    @staticmethod
    def policy(x, w):
        u = tf.linalg.matvec(x, tf.squeeze(w, 1))
        return -tf.math.log(1.0 - tf.tanh(u) ** 2 + 1e-6)

    @pytest.mark.parametrize("scale", [1.0, 3.0, 10.0])
    def test_a_factor_is_a_difference_and_a_rewriting_is_none(self, scale):
        def mean(x, w):
            return tf.reduce_mean(self.policy(x, w))

        def loop(x, w):
            return tf.add_n([self.policy(x[i : i + 1], w)[0] for i in range(len(x))]) / len(x)

        start = np.array([4.0, -6.0]) * scale / 3
        for factor in (-1.0, 1.01, 2.0):
            found = report(mean, lambda x, w, f=factor: f * mean(x, w), start)
            (judgement,) = (variable.judgement for variable in found.variables)
            assert found.verdict == "different"
            assert judgement.relative_float64 / judgement.noise > 1e4 * abs(1 - 1 / factor)
        assert report(mean, loop, start).verdict == "equivalent"


def test_a_softmax_that_is_sure_loses_nothing_but_rounding():
    """1 - p is rounded away on both sides, and in the end all that is left: that is no underflow."""

    def sure(x, w):
        return -tf.reduce_mean(tf.nn.log_softmax(x @ tf.concat([w, -w], 1))[:, 0])

    def loop(x, w):
        p = [tf.nn.log_softmax(x[i : i + 1] @ tf.concat([w, -w], 1))[0, 0] for i in range(len(x))]
        return -tf.add_n(p) / len(x)

    x = np.ones((4, 2), np.float32)
    for start in ((1.0, 1.0), (6.0, 6.0), (20.0, 20.0)):
        assert report(loop, sure, start=start, x=x).verdict == "equivalent"
    assert report(loop, sure, start=(60.0, 60.0), x=x).verdict == "vacuous"


class TestAllRounding:
    def test_it_is_vacuous_whatever_the_rounding_is(self):
        def total(x, w):
            return tf.reduce_sum(tf.nn.softmax(x @ tf.concat([w, -w], 1)))

        def by_log(x, w):
            return tf.reduce_sum(tf.exp(tf.nn.log_softmax(x @ tf.concat([w, -w], 1))))

        for seed in range(4):
            x = np.random.default_rng(seed).normal(size=(8, 2)).astype("float32")
            for candidate in (total, by_log):
                found = report(total, candidate, x=x)
                assert found.verdict == "vacuous"
                assert [variable.verdict for variable in found.variables] in (["rounding"], ["vacuous"])
            assert (
                report(total, lambda x, w: total(x, w) + 1e-3 * tf.reduce_sum(x @ w), x=x).verdict
                == "different"
            )


class TestNoGradient:
    """Where a loss is cut off from its variables, the op that cuts it is named, and not what follows."""

    @pytest.mark.parametrize("cut", [tf.round, tf.floor])
    def test_the_op_that_has_none_is_named(self, cut):
        def loss(x, w):
            p = tf.sigmoid(x @ w)
            hard = cut(p)
            return 1.0 - tf.reduce_mean(hard * 2.0 / (1.0 + hard))

        found = report(lambda x, w: 1.0 - tf.reduce_mean(tf.sigmoid(x @ w)), loss)
        (finding,) = [finding for finding in found.findings if finding.cause in ("disconnected", "dead")]
        assert finding.span.text == "cut(p)"

    def test_none_where_a_gradient_comes_back(self):
        def loss(x, w):
            p = tf.sigmoid(x @ w)
            hard = p + tf.stop_gradient(tf.round(p) - p)
            return 1.0 - tf.reduce_mean(hard)

        found = report(lambda x, w: 1.0 - tf.reduce_mean(tf.sigmoid(x @ w)), loss)
        assert not [finding for finding in found.findings if finding.cause == "disconnected"]


@pytest.mark.parametrize("moved", [True, False])
def test_a_gradient_that_no_variable_asks_for_may_be_infinite(moved):
    """The root of zero has an infinite derivative, which counts only where a variable is in front of it."""
    w = tf.Variable(1.0)

    def loss(x):
        root = tf.sqrt(0.0 * (w if moved else 1.0) * x)
        return tf.reduce_sum(root) + w

    found = breakdown(run_of(loss, w))
    assert (found is not None) == moved
    if found is not None:
        assert (found.op.type, found.what) == ("Sqrt", "gradient")


class TestCoarse:
    """bfloat16 has three digits: an angle of hundreds has none left, and its cosine is not to blame."""

    steps = np.float32([[999.0, 0.1], [937.0, 0.2], [833.0, 0.3]])

    @staticmethod
    def angles(x, w, dtype):
        angles = tf.cast(tf.cast(x[:, 0], dtype), x.dtype)
        return tf.reduce_mean(tf.square(tf.cos(angles) * w[0, 0] + x[:, 1] * w[1, 0]))

    def found(self, dtype):
        return report(
            lambda x, w: self.angles(x, w, tf.float32), lambda x, w: self.angles(x, w, dtype), x=self.steps
        )

    def test_what_rounds_is_named_and_not_what_shows_it(self):
        found = self.found(tf.bfloat16)
        assert found.verdict == "unstable"
        (finding,) = numerics(found)
        assert finding.message == (
            "cast rounds to bfloat16; of what is made of that, fewer than two digits are right"
        )
        assert finding.span.text == "tf.cast(x[:, 0], dtype)"
        assert "bfloat16 keeps fewer digits than what reads it needs" in finding.notes[0]

    def test_its_twin_in_float32_is_right(self):
        assert self.found(tf.float32).verdict == "equivalent"

    def test_where_operands_cancel_these_are_named(self):
        def cancelled(x, w):
            return tf.reduce_mean(tf.square(((x + 1e8) - 1e8) @ w))

        found = report(lambda x, w: tf.reduce_mean(tf.square(x @ w)), cancelled)
        (finding,) = numerics(found)
        assert "loses too much precision in float32" in finding.message
