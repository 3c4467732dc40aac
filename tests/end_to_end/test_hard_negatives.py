"""Pairs that look different and are not, each with a twin that looks alike and is not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

RANDOM = np.random.default_rng(7)
DTYPES = ("float32", "float64")


def normal(*shape, dtype="float32"):
    return RANDOM.normal(size=shape).astype(dtype)


def variable(*shape, dtype="float32", scale=1.0, name="w"):
    return tf.Variable((scale * RANDOM.normal(size=shape)).astype(dtype), name=name)


def diff(reference, candidate, batch, **variables) -> gradcheck.Report:
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=variables)
    return gradcheck.diff(case, budget=0)


def verdicts(report) -> dict[str, str]:
    return {variable.path: variable.verdict for variable in report.variables}


class TestBiasBeforeNormalisation:
    """Its true gradient is zero; what is computed is noise, another on either side."""

    @staticmethod
    def normalised(h):
        mean = tf.reduce_mean(h, axis=0)
        return (h - mean) / tf.sqrt(tf.reduce_mean(tf.square(h - mean), axis=0) + 1e-3)

    @staticmethod
    def normalised_by_moments(h):
        mean = tf.reduce_mean(h, axis=0, keepdims=True)
        spread = tf.reduce_mean(tf.square(h), axis=0, keepdims=True) - tf.square(mean)
        return h * tf.math.rsqrt(spread + 1e-3) - mean * tf.math.rsqrt(spread + 1e-3)

    @staticmethod
    def normalised_by_library(h):
        mean, variance = tf.nn.moments(h, axes=[0])
        return tf.nn.batch_normalization(h, mean, variance, None, None, 1e-3)

    def report(self, dtype, way, factor=1.0):
        w, b = variable(3, 4, dtype=dtype), variable(4, dtype=dtype, name="b")
        batch = {"x": normal(16, 3, dtype=dtype), "y": normal(16, 4, dtype=dtype)}

        def reference(x, y):
            return tf.reduce_mean(tf.square(self.normalised(x @ w + b) - y))

        def candidate(x, y):
            return tf.reduce_mean(tf.square(getattr(self, way)(b + x @ w) - factor * y))

        return diff(reference, candidate, batch, w=w, b=b)

    WAYS = pytest.mark.parametrize("way", ["normalised_by_moments", "normalised_by_library"])

    @WAYS
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_equivalent(self, dtype, way):
        report = self.report(dtype, way)
        assert verdicts(report) == {"w": "equivalent", "b": "rounding"}
        assert report.variables[1].judgement.difference.relative > 0.01  # noise against noise

    @WAYS
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_a_difference_is_seen_through_the_noise(self, dtype, way):
        assert verdicts(self.report(dtype, way, factor=1.001)) == {"w": "different", "b": "rounding"}

    @pytest.mark.parametrize("momentum", [0.99, 0.5])
    def test_keras_layer(self, momentum):
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(momentum=momentum)]
        model = keras.Sequential([keras.Input((3,)), *layers])
        batch = {"x": normal(16, 3), "y": normal(16, 4)}

        def loss(factor, axis):
            def formulation(x, y):
                error = tf.square(model(x, training=True) - factor * y)
                return tf.reduce_mean(tf.reduce_mean(error, axis=axis))

            return formulation

        def report(factor):
            return gradcheck.diff(
                gradcheck.Case(
                    reference=loss(1.0, 0), candidate=loss(factor, 1), batch=batch, variables=model
                ),
                budget=0,
            )

        before = [array.copy() for array in model.get_weights()]
        assert report(1.0).verdict == "equivalent"
        assert report(1.01).verdict == "different"
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


class TestShiftOfASoftmax:
    """Adding one number to all logits changes nothing on paper; adding it to one of them does."""

    @staticmethod
    def report(dtype, which):
        w, shift = variable(3, 4, dtype=dtype), variable(dtype=dtype, name="shift")
        batch = {"x": normal(9, 3, dtype=dtype), "a": RANDOM.integers(0, 4, 9)}

        def reference(x, a):
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(a, x @ w))

        def candidate(x, a):
            logits = x @ w + shift * tf.constant(which, dtype)
            return -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), a, batch_dims=1))

        return diff(reference, candidate, batch, w=w, shift=shift)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_of_all_logits(self, dtype):
        report = self.report(dtype, [1.0, 1.0, 1.0, 1.0])
        assert report.verdict == "equivalent"
        assert verdicts(report)["w"] == "equivalent"

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_of_one_logit(self, dtype):
        assert self.report(dtype, [1.0, 0.0, 0.0, 0.0]).verdict == "different"


class TestEpsilonInsideALog:
    @staticmethod
    def report(logits, dtype="float32"):
        w = tf.Variable(np.asarray(logits, dtype), name="logits")
        n = len(logits)

        def reference(a):
            p = tf.gather(tf.nn.softmax(w), a, batch_dims=1)
            return -tf.reduce_mean(tf.math.log(p))

        def candidate(a):
            p = tf.gather(tf.nn.softmax(w), a, batch_dims=1)
            return -tf.reduce_mean(tf.math.log(p + 1e-8))

        return diff(reference, candidate, {"a": np.zeros(n, "int64")}, logits=w)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_ordinary_probabilities(self, dtype):
        assert self.report([[0.5, 1.0, -1.0], [2.0, 0.0, 0.3]], dtype).verdict == "equivalent"

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_probabilities_below_the_epsilon(self, dtype):
        assert self.report([[-20.0, 1.0, -1.0], [2.0, 0.0, 0.3]], dtype).verdict in ("different", "unstable")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_batch_of_one(dtype):
    w = variable(3, 1, dtype=dtype)
    batch = {"x": normal(1, 3, dtype=dtype), "y": normal(1, dtype=dtype)}

    def reference(x, y):
        return tf.square(
            tf.squeeze(x[0] @ w if False else tf.linalg.matvec(w, x[0], transpose_a=True)) - y[0]
        )

    def candidate(x, y):
        return tf.reduce_mean(tf.square(x @ w - y))  # (1, 1) - (1,): nothing grows

    report = diff(reference, candidate, batch, w=w)
    assert report.verdict == "equivalent"
    assert not report.findings
    two = {"x": normal(2, 3, dtype=dtype), "y": normal(2, dtype=dtype)}
    assert diff(loop_of(reference), candidate, two, w=w).verdict == "different"


def loop_of(loss):
    def looped(x, y):
        return tf.add_n([loss(x[i : i + 1], y[i : i + 1]) for i in range(len(x))]) / len(x)

    return looped


@pytest.mark.parametrize("n", [3, 49])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_over_n_as_a_constant(n, dtype):
    w = variable(3, dtype=dtype)
    batch = {"x": normal(n, 3, dtype=dtype)}

    def reference(x):
        return tf.reduce_sum(tf.square(tf.linalg.matvec(x, w))) / n

    def times(factor):
        return lambda x: tf.cast(factor, dtype) * tf.reduce_sum(tf.square(tf.linalg.matvec(x, w)))

    assert diff(reference, times(np.float32(1 / n)), batch, w=w).verdict == "equivalent"
    assert diff(reference, times(np.float32(1 / n + 1e-5 / n)), batch, w=w).verdict == "different"
    assert diff(reference, times(np.float32(1 / (n + 1))), batch, w=w).verdict == "different"


class TestNotANumber:
    """`tf.where` hides the logarithm of a negative number from the loss, not from its gradient."""

    SIGNS = np.float32([-1, 1, 1, -1])

    @classmethod
    def report(cls, one, other):
        scale = variable(4, name="scale")

        def loss(formulation):
            return lambda x: tf.reduce_mean(x * formulation(scale))

        return diff(loss(one), loss(other), {"x": normal(5, 4)}, scale=scale)

    @classmethod
    def hidden(cls, scale):
        return tf.where(cls.SIGNS > 0, scale * tf.math.log(cls.SIGNS), 0.0)

    @classmethod
    def hidden_elsewhere(cls, scale):
        return tf.where(cls.SIGNS < 0, scale * tf.math.log(-cls.SIGNS), 0.0)

    @classmethod
    def safe(cls, scale):
        return scale * tf.math.log(tf.where(cls.SIGNS > 0, cls.SIGNS, 1.0))

    def test_at_the_same_places_proves_nothing(self):
        report = self.report(self.hidden, lambda scale: self.hidden(1.0 * scale))
        assert report.verdict == "inconclusive"
        assert report.variables[0].states == ("non-finite", "non-finite")

    def test_at_other_places_is_a_difference(self):
        report = self.report(self.hidden, self.hidden_elsewhere)
        assert report.verdict == "different"
        assert report.variables[0].states == ("non-finite", "non-finite")

    def test_on_one_side_is_a_difference(self):
        assert self.report(self.safe, self.hidden).verdict == "different"
        assert self.report(self.hidden, self.safe).verdict == "different"
        assert self.report(self.safe, self.safe).verdict == "vacuous"


class TestEmbedding:
    """Rows that are never looked up have no gradient: sparse on one side, zeros on the other."""

    @staticmethod
    def report(rows, shift=0):
        table = variable(10, 3, name="table")
        batch = {"t": np.asarray(rows), "y": normal(len(rows), 3)}

        def reference(t, y):
            return tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, t) - y))

        def candidate(t, y):
            return tf.reduce_mean(tf.square(tf.one_hot((t + shift) % 10, 10) @ table - y))

        return diff(reference, candidate, batch, table=table)

    @pytest.mark.parametrize("rows", [[1, 4, 7], [2, 2, 2, 2], [0], [9, 0, 9]])
    def test_equivalent(self, rows):
        assert self.report(rows).verdict == "equivalent"

    @pytest.mark.parametrize("rows", [[1, 4, 7], [2, 2, 2, 2], [0], [9, 0, 9]])
    def test_one_row_off(self, rows):
        assert self.report(rows, shift=1).verdict == "different"


class TestHalfPrecisionMask:
    @staticmethod
    def report(large, compute):
        w = variable(3, 4)
        batch = {"x": normal(6, 3), "mask": np.float32([[1, 1, 0, 1]] * 6), "y": normal(6, 4)}

        def reference(x, mask, y):
            logits = tf.where(mask > 0, x @ w, tf.constant(-np.inf))
            return tf.reduce_mean(tf.square(tf.nn.softmax(logits) - y))

        def candidate(x, mask, y):
            logits = tf.cast(x @ w, compute)
            kept = tf.cast(mask, compute)
            logits = logits * kept - tf.cast(large, compute) * (1 - kept)
            return tf.reduce_mean(tf.square(tf.cast(tf.nn.softmax(logits), "float32") - y))

        return diff(reference, candidate, batch, w=w)

    def test_an_overflowing_constant_is_unstable(self):
        report = self.report(1e10, "float16")
        assert report.verdict == "unstable"
        assert [variable.judgement.lossy for variable in report.variables] == ["candidate"]
        assert report.variables[0].states == ("finite", "non-finite")

    def test_a_constant_that_fits_is_not(self):
        assert self.report(1e10, "float32").verdict == "equivalent"
        assert self.report(6e4, "float16").verdict == "equivalent"

    def test_a_mask_that_is_too_weak_is_different(self):
        assert self.report(1.0, "float32").verdict == "different"


class TestNoGradient:
    """None and exactly zero are two things, and neither proves anything."""

    @staticmethod
    def report(reference, candidate, *names):
        variables = {name: variable(3, name=name) for name in names}
        batch = {"x": normal(5, 3)}
        return diff(
            lambda x: reference(x, **variables), lambda x: candidate(x, **variables), batch, **variables
        )

    def test_none_against_zero_is_vacuous(self):
        report = self.report(
            lambda x, w: tf.reduce_mean(x),
            lambda x, w: tf.reduce_mean(x) + 0.0 * tf.reduce_sum(w),
            "w",
        )
        assert report.verdict == "vacuous"
        assert report.variables[0].states == ("none", "zero")

    def test_beside_a_gradient_it_hurts_nothing(self):
        report = self.report(
            lambda x, w, v: tf.reduce_mean(x * w),
            lambda x, w, v: tf.reduce_mean(w * x) + 0.0 * tf.reduce_sum(v),
            "w",
            "v",
        )
        assert report.verdict == "equivalent"
        assert verdicts(report) == {"w": "equivalent", "v": "vacuous"}

    @pytest.mark.parametrize("flipped", [False, True])
    def test_a_variable_that_one_side_uses(self, flipped):
        def with_both(x, w, v):
            return tf.reduce_mean(x * w) + tf.reduce_sum(tf.square(v))

        def with_one(x, w, v):
            return tf.reduce_mean(x * w) + tf.reduce_sum(tf.square(tf.stop_gradient(v)))

        sides = (with_one, with_both) if flipped else (with_both, with_one)
        report = self.report(*sides, "w", "v")
        assert verdicts(report) == {"w": "equivalent", "v": "different"}
        assert set(report.variables[1].states) == {"none", "finite"}


def test_a_loss_of_shape_one():
    w = variable(3, 1)
    batch = {"x": normal(5, 3)}

    def reference(x):
        return tf.reduce_mean(tf.square(x @ w))

    def shaped(x):
        return tf.reduce_mean(tf.square(x @ w), axis=0)

    report = diff(reference, shaped, batch, w=w)
    assert report.verdict == "equivalent"
    assert not report.findings
    off = diff(reference, lambda x: tf.reduce_sum(tf.square(x @ w), axis=0), batch, w=w)
    assert off.verdict == "different"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e-12, 1e-25])
def test_tiny_gradients(size, dtype):
    w = variable(3, dtype=dtype)
    batch = {"x": normal(8, 3, dtype=dtype), "y": normal(8, dtype=dtype)}

    def loss(factor, reduce):
        def formulation(x, y):
            return size * factor * reduce(tf.square(tf.linalg.matvec(x, w) - y))

        return formulation

    def mean_of_halves(v):
        return (tf.reduce_mean(v[:4]) + tf.reduce_mean(v[4:])) / 2

    assert diff(loss(1, tf.reduce_mean), loss(1, mean_of_halves), batch, w=w).verdict == "equivalent"
    assert diff(loss(1, tf.reduce_mean), loss(1.001, mean_of_halves), batch, w=w).verdict == "different"
    assert diff(loss(1, tf.reduce_mean), loss(-1, mean_of_halves), batch, w=w).verdict == "different"


def test_a_tiny_gradient_beside_a_large_one():
    w, small = variable(3), variable(3, name="small")
    batch = {"x": normal(8, 3)}

    def loss(sign):
        def formulation(x):
            return tf.reduce_mean(tf.square(x * w)) + sign * 1e-12 * tf.reduce_mean(tf.square(x * small))

        return formulation

    assert verdicts(diff(loss(1), loss(1), batch, w=w, small=small)) == {
        "w": "equivalent",
        "small": "equivalent",
    }
    assert verdicts(diff(loss(1), loss(-1), batch, w=w, small=small)) == {
        "w": "equivalent",
        "small": "different",
    }


class TestCancellation:
    """Σ(x − m)² against Σx² − n·m²: the second loses most of its digits when the mean is large."""

    @staticmethod
    def report(offset, factor=1.0, dtype="float32"):
        w = tf.Variable(np.linspace(-1, 1, 20).astype(dtype) + np.asarray(offset, dtype), name="w")
        batch = {"x": np.ones((20,), dtype)}

        def reference(x):
            v = x * w
            return tf.reduce_sum(tf.square(v - tf.reduce_mean(v)))

        def candidate(x):
            v = x * w
            return factor * (tf.reduce_sum(tf.square(v)) - tf.square(tf.reduce_sum(v)) / 20)

        return diff(reference, candidate, batch, w=w)

    @pytest.mark.parametrize("offset", [0.0, 10.0, 1000.0])
    def test_little_is_rounding(self, offset):
        assert self.report(offset).verdict == "equivalent"
        assert self.report(offset, factor=1.02).verdict == "different"

    def test_nearly_all_is_unstable(self):
        report = self.report(3e6)
        assert report.verdict == "unstable"
        assert report.variables[0].judgement.lossy == "candidate"

    def test_nothing_in_float64(self):
        assert self.report(3e6, dtype="float64").verdict == "equivalent"

    def test_it_excuses_no_fault(self):
        assert self.report(3e6, factor=-1.0).verdict == "different"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_that_is_zero_on_paper(dtype):
    """The probabilities add up to one, whatever the weights are: only rounding is left on both sides."""
    w = variable(3, 4, dtype=dtype)
    batch = {"x": normal(9, 3, dtype=dtype)}

    def reference(x):
        return tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(x @ w), axis=1))

    def candidate(x):
        return tf.reduce_sum(tf.reduce_mean(tf.exp(tf.nn.log_softmax(x @ w)), axis=0))

    assert diff(reference, candidate, batch, w=w).verdict in ("equivalent", "vacuous")
    twice = diff(reference, lambda x: candidate(x) + tf.reduce_mean(x @ w), batch, w=w)
    assert twice.verdict == "different"


def test_equal_weights_that_cannot_part():
    """From weights of zero every class looks alike: the gradients of a function of softmax cancel."""
    w = variable(2, 3)
    w.assign(np.zeros((2, 3)))
    batch = {"x": normal(3, 2), "y": normal(3)}

    def loss(softmax):
        return lambda x, y: tf.reduce_sum(tf.square(tf.tanh(softmax(x @ w)) - y[:, None]))

    def by_log(h):
        return tf.exp(tf.nn.log_softmax(h))

    assert diff(loss(tf.nn.softmax), loss(by_log), batch, w=w).verdict in ("equivalent", "vacuous")
    w.assign(np.eye(2, 3))
    assert diff(loss(tf.nn.softmax), loss(by_log), batch, w=w).verdict == "equivalent"
    assert diff(loss(tf.nn.softmax), loss(tf.nn.log_softmax), batch, w=w).verdict == "different"


def test_rounded_constants_whose_effect_cancels_on_paper():
    """In float32, 1 - 3 · (1 / 3) is 3e-8: beside a gradient of exactly zero that is no rounding."""
    w = variable(5, 3)
    batch = {"x": normal(6, 5)}

    def reference(x):
        h = x @ w
        return tf.reduce_sum(h - tf.reduce_mean(h, axis=1, keepdims=True))

    def candidate(x):
        return tf.reduce_sum(x @ w @ (tf.eye(3) - 1 / 3))

    assert diff(reference, candidate, batch, w=w).verdict != "different"
    assert (
        diff(reference, lambda x: candidate(x) + 1e-3 * tf.reduce_sum(x @ w), batch, w=w).verdict
        == "different"
    )
