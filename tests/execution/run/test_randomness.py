"""Random numbers: the same on both sides, or the reason why nothing can be compared. Never a difference."""

from __future__ import annotations

import functools
import itertools
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

SAMPLES = 6


@pytest.fixture
def weights():
    return tf.Variable([[1.0], [2.0]], name="weights")


def compare(weights, reference, candidate):
    batch = {"x": np.linspace(0.5, 2.0, 2 * SAMPLES, dtype="float32").reshape(SAMPLES, 2)}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[weights])
    return gradcheck.diff(case, budget=0)


def nondeterministic(report):
    return [finding for finding in report.findings if finding.cause == "nondeterministic"]


def plain(weights):
    return lambda x: tf.reduce_mean(tf.square(x @ weights))


def with_noise(weights, draw):
    def loss(x):
        noise = draw()
        return tf.reduce_mean(tf.square(x @ weights + noise.astype("float32")))

    return loss


DRAWS = {
    "NumPy's np.random": lambda: np.random.normal(size=(SAMPLES, 1)),
    "Python's random": lambda: np.array([[random.gauss(0, 1)] for _ in range(SAMPLES)]),
}


@pytest.mark.parametrize("generator", DRAWS)
def test_draws_from_a_global_generator_are_named_with_their_line(weights, generator):
    report = compare(weights, plain(weights), with_noise(weights, DRAWS[generator]))
    assert report.verdict == "inconclusive"
    (finding,) = nondeterministic(report)
    assert generator in finding.message
    assert "candidate" in finding.message
    assert finding.span.text in ("noise = draw()", DRAWS_TEXT[generator])
    assert {variable.verdict for variable in report.variables} == {"inconclusive"}


DRAWS_TEXT = {
    "NumPy's np.random": '"NumPy\'s np.random": lambda: np.random.normal(size=(SAMPLES, 1)),',
    "Python's random": (
        '"Python\'s random": lambda: np.array([[random.gauss(0, 1)] for _ in range(SAMPLES)]),'
    ),
}


def in_one_go(weights):
    def loss(x):
        return tf.reduce_mean(tf.square(x @ weights + np.random.normal(size=(SAMPLES, 1)).astype("float32")))

    return loss


def one_by_one(weights, factor=1):
    def loss(x):
        losses = [tf.square(row @ weights + np.float32(np.random.normal())) for row in tf.split(x, SAMPLES)]
        return factor * tf.reduce_mean(tf.concat(losses, axis=0))

    return loss


def test_the_same_draws_in_another_shape_and_order_of_calls_are_compared(weights):
    report = compare(weights, one_by_one(weights), in_one_go(weights))
    assert report.equivalent
    assert nondeterministic(report) == []


def test_a_difference_beside_the_same_draws_in_another_shape_is_found(weights):
    report = compare(weights, in_one_go(weights), one_by_one(weights, factor=2))
    assert report.verdict == "different"
    assert nondeterministic(report) == []
    assert "both sides drew the same random numbers" in report.reason


def without_effect(weights, draw):
    return lambda x: tf.reduce_mean(tf.square(x @ weights)) + 0.0 * tf.reduce_sum(tf.cast(draw(), tf.float32))


OTHER_DRAWS = {
    "NumPy": (lambda: np.random.normal(size=3), lambda: np.random.normal(size=2)),
    "TensorFlow": (lambda: tf.random.normal([3]), lambda: tf.random.normal([2])),
    "one of each": (lambda: tf.random.normal([3]), lambda: np.random.normal(size=3)),
    "integers": (
        lambda: tf.random.uniform([9], maxval=9, dtype=tf.int32),
        lambda: tf.random.uniform([9], maxval=9, dtype=tf.int32, seed=3),
    ),
}


@pytest.mark.parametrize("source", OTHER_DRAWS)
def test_other_draws_are_inconclusive_even_where_the_gradients_agree(weights, source):
    one, other = OTHER_DRAWS[source]
    reference, candidate = without_effect(weights, one), without_effect(weights, other)
    report = compare(weights, reference, candidate)
    assert report.verdict == "inconclusive"
    assert "do not draw the same random numbers" in report.reason
    assert len(nondeterministic(report)) == 2
    assert {variable.verdict for variable in report.variables} == {"inconclusive"}
    assert compare(weights, reference, reference).equivalent


def test_draws_that_leave_tensorflow_and_come_back_are_draws(weights):
    def loss(which):
        return with_noise(weights, lambda: [tf.random.normal([SAMPLES, 1]).numpy() for _ in range(2)][which])

    def at_once(x):
        return with_noise(weights, lambda: tf.random.normal([SAMPLES, 2]).numpy()[:, :1])(x)

    report = compare(weights, loss(0), at_once)
    assert report.verdict == "inconclusive"
    assert len(nondeterministic(report)) == 2
    assert compare(weights, loss(0), loss(0)).equivalent
    assert compare(weights, loss(0), loss(1)).verdict == "different"


def test_draws_for_something_other_than_the_loss_do_no_harm(weights):
    def loss(size):
        def drawing(x):
            tf.random.normal([size])
            return tf.reduce_mean(tf.square(x @ weights))

        return drawing

    assert compare(weights, loss(2), loss(3)).equivalent


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float64])
def test_draws_of_every_precision_are_compared(weights, dtype):
    def loss(size):
        def drawing(x):
            noise = tf.cast(tf.random.uniform([size], dtype=dtype)[:SAMPLES], tf.float32)
            return tf.reduce_mean(tf.square(x @ weights + noise[:, None]))

        return drawing

    assert compare(weights, loss(SAMPLES), loss(SAMPLES)).equivalent
    assert compare(weights, loss(SAMPLES), loss(SAMPLES + 1)).verdict == "inconclusive"


def test_a_data_set_that_shuffles_within_a_loss_is_no_number(weights):
    def loss(x):
        rows = tf.data.Dataset.from_tensor_slices(x).shuffle(SAMPLES, seed=1).batch(SAMPLES)
        return tf.reduce_mean(tf.square(next(iter(rows)) @ weights))

    assert compare(weights, plain(weights), loss).equivalent


def integers(seed):
    return tf.random.stateless_uniform([4], seed=[seed, 0], maxval=2, dtype=tf.int32)


def test_whole_numbers_that_are_the_same_but_for_their_order_are_others(weights):
    """They are so by chance, and each sample has got another one."""
    first = integers(0).numpy()
    seeds = (seed for seed in range(1, 200) if sorted(integers(seed).numpy()) == sorted(first))
    other = next(seed for seed in seeds if (integers(seed).numpy() != first).any())

    def loss(seed):
        return lambda x: tf.reduce_mean(
            tf.square(x[:4] @ weights) * tf.cast(integers(seed), tf.float32)[:, None]
        )

    assert compare(weights, loss(0), loss(other)).verdict == "inconclusive"
    assert compare(weights, loss(0), loss(0)).equivalent


def test_a_shuffle_into_another_order_is_other_numbers(weights):
    def loss(seed):
        def shuffled(x):
            mixed = tf.random.experimental.stateless_shuffle(tf.range(float(SAMPLES)), seed=[seed, 0])
            return tf.reduce_mean(x @ weights * mixed[:, None])

        return shuffled

    assert compare(weights, loss(0), loss(1)).verdict == "inconclusive"
    assert compare(weights, loss(0), loss(0)).equivalent


@pytest.mark.parametrize("draws", [True, False])
def test_what_a_function_called_as_a_graph_draws_is_held_against_the_other_side(weights, draws):
    def noise():
        return tf.random.normal([SAMPLES, 1]) if draws else tf.ones([SAMPLES, 1])

    graph = tf.function(lambda x: x + noise()).get_concrete_function(tf.TensorSpec([SAMPLES, 1]))
    report = compare(
        weights,
        lambda x: tf.reduce_mean(tf.square(graph(x @ weights))),
        lambda x: tf.reduce_mean(tf.square(x @ weights + noise())),
    )
    assert report.verdict == ("inconclusive" if draws else "equivalent")


@pytest.mark.parametrize("generator", DRAWS)
def test_the_same_draws_in_the_same_order_are_no_difference(weights, generator):
    loss = with_noise(weights, DRAWS[generator])
    report = compare(weights, loss, loss)
    assert report.equivalent
    assert nondeterministic(report) == []


def test_a_private_generator_is_found_by_running_again(weights):
    fresh = with_noise(weights, lambda: np.random.default_rng().normal(size=(SAMPLES, 1)))
    report = compare(weights, plain(weights), fresh)
    assert report.verdict == "inconclusive"
    (finding,) = nondeterministic(report)
    assert finding.span.text == 'x @ weights + noise.astype("float32")'


def test_the_reason_speaks_of_no_draws_where_a_formulation_does_not_repeat_itself(weights):
    clock = itertools.count()

    def ticking(x):
        return tf.reduce_mean(tf.square(x @ weights)) * next(clock)

    report = compare(weights, plain(weights), ticking)
    assert report.verdict == "inconclusive"
    assert "does not give the same values twice" in report.reason
    assert "random" not in report.reason


HELD = np.random.default_rng(1)


class Noisy:
    """An object with a generator, and a way to draw from it."""

    def __init__(self):
        self.generator = np.random.RandomState(1)

    def draw(self):
        return self.generator.normal(size=(SAMPLES, 1))


class NoisyLayer(keras.layers.Layer):
    """A layer that holds one, as layers that add noise do."""

    def __init__(self):
        super().__init__()
        self.model = keras.Sequential([keras.Input((2,)), Inner()])

    def draw(self):
        return self.model.layers[0].generator.normal(size=(SAMPLES, 1))


class Inner(keras.layers.Layer):
    """The layer within a model within a layer that holds it."""

    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(1)

    def call(self, x):
        return x


def holding():
    bits, python, noisy = np.random.default_rng(1), random.Random(1), Noisy()
    return {
        "a closure": lambda: bits.normal(size=(SAMPLES, 1)),
        "a global": lambda: HELD.normal(size=(SAMPLES, 1)),
        "Python's own kind": lambda: np.array([[python.gauss(0, 1)] for _ in range(SAMPLES)]),
        "an attribute": noisy.draw,
        "an argument": functools.partial(lambda rng: rng.normal(size=(SAMPLES, 1)), np.random.default_rng(1)),
        "a default": lambda rng=np.random.default_rng(1): rng.normal(size=(SAMPLES, 1)),  # noqa: B008
        "a layer": NoisyLayer().draw,
        "a list": lambda several=[bits]: several[0].normal(size=(SAMPLES, 1)),
    }


@pytest.mark.parametrize("where", holding())
def test_a_generator_that_formulations_hold_starts_anew_for_each_and_goes_on_afterwards(weights, where):
    draw = holding()[where]
    loss = with_noise(weights, draw)

    def drawing_once_more(x):
        draw()
        return loss(x)

    assert compare(weights, loss, loss).equivalent
    assert compare(weights, loss, lambda x: -loss(x)).verdict == "different"
    report = compare(weights, loss, drawing_once_more)
    assert report.verdict == "inconclusive"
    assert all("draws from the generator `" in finding.message for finding in nondeterministic(report))
    places = [finding.span.text for finding in nondeterministic(report)]
    assert all("draw()" in text or "normal" in text or "gauss" in text for text in places)
    assert (draw() == holding()[where]()).all() or where == "a global"


def test_generators_of_one_seed_one_on_each_side_draw_the_same(weights):
    def loss(seed):
        generator = np.random.default_rng(seed)
        return with_noise(weights, lambda: generator.normal(size=(SAMPLES, 1)))

    assert compare(weights, loss(1), loss(1)).equivalent
    assert compare(weights, loss(1), loss(2)).verdict == "inconclusive"


def test_what_cannot_be_put_back_is_never_compared(weights):
    system = random.SystemRandom()
    loss = with_noise(weights, lambda: np.array([[system.gauss(0, 1)] for _ in range(SAMPLES)]))
    assert compare(weights, loss, loss).verdict == "inconclusive"


def test_every_op_of_tensorflow_that_takes_a_seed_is_known_to_draw():
    from tensorflow.python.framework import op_def_registry

    from gradcheck.program.recording import is_draw

    def seeded(known):
        names = {part.name for part in (*known.attr, *known.input_arg)}
        return known.output_arg and names & {"seed", "seed2", "key", "counter", "rng"}

    kinds = {name: op_def_registry.get(name) for name in dir(tf.raw_ops)}
    unknown = {
        name for name, known in kinds.items() if known is not None and seeded(known) and not is_draw(name)
    }
    assert {
        name for name in unknown if not name.startswith(NO_DRAW) and not name.endswith("Dataset")
    } == set()
    assert is_draw("RandomStandardNormal")
    assert not is_draw("MatMul")


NO_DRAW = (
    "Anonymous",  # generators for data sets
    "ComputeAccidentalHits",  # which of the numbers drawn are labels
    "CudnnRNN",  # dropout, with a gradient of its own
    "Fractional",  # where pooling begins, beside what is pooled
    "KMC2",
    "Kmeans",
    "Map",  # keys of a container
    "OrderedMap",
    "StatelessRandomGet",  # makes seeds
    "StringToHash",
    "TensorMap",
)


def test_a_private_generator_with_a_seed_is_a_real_difference(weights):
    seeded = with_noise(weights, lambda: np.random.default_rng(0).normal(size=(SAMPLES, 1)))
    report = compare(weights, plain(weights), seeded)
    assert report.verdict == "different"
    assert nondeterministic(report) == []


@pytest.fixture
def dropout():
    return keras.layers.Dropout(0.5, seed=3)


def vectorised_dropout(weights, layer):
    return lambda x: tf.reduce_mean(tf.square(layer(x, training=True) @ weights))


def looped_dropout(weights, layer):
    def loss(x):
        losses = [tf.square(layer(x[i : i + 1], training=True) @ weights) for i in range(SAMPLES)]
        return tf.reduce_mean(tf.concat(losses, axis=0))

    return loss


def test_dropout_draws_the_same_for_the_same_loss(weights, dropout):
    loss = vectorised_dropout(weights, dropout)
    assert compare(weights, loss, loss).equivalent


def test_dropout_in_another_order_is_not_called_a_difference(weights, dropout):
    report = compare(weights, looped_dropout(weights, dropout), vectorised_dropout(weights, dropout))
    assert report.verdict == "inconclusive"
    assert {finding.span.text for finding in nondeterministic(report)} == {
        "layer(x, training=True)",
        "layer(x[i : i + 1], training=True)",
    }


def test_dropout_on_one_side_only_is_a_difference_with_a_suspicion(weights, dropout):
    report = compare(weights, plain(weights), vectorised_dropout(weights, dropout))
    assert report.verdict == "different"
    assert {finding.severity for finding in nondeterministic(report)} <= {"suspicion"}


def test_a_difference_beside_the_same_draws_is_still_found(weights, dropout):
    loss = vectorised_dropout(weights, dropout)
    report = compare(weights, loss, lambda x: -loss(x))
    assert report.verdict == "different"
    assert nondeterministic(report) == []


@pytest.mark.parametrize("by", [0.0, 1e-3])
def test_ops_in_another_order_are_no_randomness_but_another_value_is(by):
    runs = itertools.count()
    w = tf.Variable([0.5, -1.0, 2.0])

    def turning(x):
        number = next(runs)
        parts = (lambda: tf.exp(w * x), lambda: tf.square(w - x))
        first, second = (part() for part in parts[:: 1 if number % 2 else -1])
        return tf.reduce_mean(first + second) * (1.0 + by * number)

    def reference(x):
        return 2.0 * tf.reduce_mean(tf.exp(w * x) + tf.square(w - x))

    x = np.linspace(-1.0, 1.0, 12, dtype="float32").reshape(4, 3)
    report = gradcheck.diff(
        gradcheck.Case(reference=reference, candidate=turning, batch={"x": x}, variables=[w])
    )
    assert report.verdict == ("inconclusive" if by else "different"), str(report)
