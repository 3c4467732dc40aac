"""No mode gives a wrong gradient of a right model; a planted mistake is found."""

import keras
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.running.api import ModesOptions, modes_of_target
from gradcheck.running.registry import MODES
from support import right_models
from support.benches import bench_of, compiled_model, numbers, of_model, regression, run_in
from support.manifest import LONG, sample
from support.project import ROOT

FACTORIES = {
    name: thing for name, thing in vars(right_models).items() if hasattr(thing, "__gradcheck_case__")
}
WITHIN_THIS_PROCESS = [mode.name for mode in MODES if mode.place in ("here", "anew")]
CHEAP = ["function", "permuted", "micro_batches_uneven", "float16", "bfloat16"]


@pytest.mark.parametrize("name", sample([*FACTORIES], every=2))
def test_a_right_model_is_never_different(name):
    first = list(FACTORIES).index(name) % len(CHEAP)
    rows = run_in(FACTORIES[name], *(WITHIN_THIS_PROCESS if LONG else ["eager", *CHEAP[first:][::2]]))
    wrong = {mode: row.note for mode, row in rows.items() if row.verdict == "different" or row.failed}
    assert not wrong
    assert rows["eager"].verdict == "same"


@pytest.mark.skipif(not LONG, reason="takes a minute")
def test_nor_is_it_on_replicas():
    only = [mode.name for mode in MODES if mode.place == "replicas"]
    target = str(ROOT / "tests" / "support" / "right_models.py")
    for report in modes_of_target(target, ModesOptions(only=only)):
        assert not report.different, str(report)


REPLICATED = """
import keras, numpy as np, tensorflow as tf
import gradcheck

ERRORS = (tf.square, tf.abs, lambda d: tf.math.log(tf.cosh(d)))
LOSSES = {
    "right": lambda error: lambda y, p: tf.reduce_mean(error(y - p), axis=-1),
    "mean": lambda error: lambda y, p: tf.reduce_mean(error(y - p)),
    "local": lambda error: lambda y, p: tf.reduce_sum(error(y - p)) / tf.cast(tf.shape(y)[0], tf.float32),
}

def case(number, kind):
    draw = np.random.default_rng(number)
    samples = 2 * int(draw.integers(2, 7))
    keras.utils.set_random_seed(number)
    regularizer = draw.choice([None, "l2"])
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(
        int(draw.integers(1, 6)), activation=draw.choice(["tanh", "gelu", "swish"]), kernel_regularizer=regularizer
    ), keras.layers.Dense(1)])
    net.compile(draw.choice(["sgd", "adam"]), LOSSES[kind](ERRORS[number % 3]))
    x, y = (draw.normal(size=(samples, size)).astype("float32") for size in (3, 1))
    return gradcheck.Case(candidate=net, batch={"x": x, "y": y}, variables=net)

def factory(number, kind):
    return gradcheck.case(lambda: case(number, kind))

globals().update({f"{kind}_{number}": factory(number, kind) for number in range(6) for kind in LOSSES})
"""


@pytest.mark.skipif(not LONG, reason="takes a minute")
def test_means_that_replicas_add_up_are_always_found_and_right_ones_never_are(tmp_path):
    (tmp_path / "target.py").write_text(REPLICATED)
    reports = modes_of_target(str(tmp_path / "target.py"), ModesOptions(only=["fit_replicas"]))
    assert len(reports) == 18
    for report in reports:
        row = report.by_mode["fit_replicas"]
        if report.name.startswith("right"):
            assert row.verdict == "same", (report.name, row.note)
        else:
            assert row.verdict == "different", (report.name, row.note)
            assert "each replica's mean is added up" in row.note


ACTIVATIONS = ("tanh", "gelu", "softplus", "swish")
ERRORS = {
    "squared": lambda d: d**2,
    "huber": lambda d: tf.where(tf.abs(d) < 1, 0.5 * d**2, tf.abs(d) - 0.5),
    "cosh": lambda d: tf.math.log(tf.cosh(d)),
}


@st.composite
def losses(draw):
    """Return what makes a small model and its loss: a mean over samples, with a factor that a graph may have."""
    units, seed = draw(st.integers(1, 5)), draw(st.integers(0, 1000))
    activation, error = draw(st.sampled_from(ACTIVATIONS)), ERRORS[draw(st.sampled_from(sorted(ERRORS)))]
    penalty, samples = draw(st.sampled_from((0.0, 0.01))), draw(st.integers(4, 11))

    def factory(in_graph=1.0):
        keras.utils.set_random_seed(seed)
        net = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(units, activation=activation), keras.layers.Dense(1)]
        )

        def loss(x, y):
            each = tf.reduce_mean(error(y - tf.cast(net(x), tf.float32)), axis=1)
            scale = 1.0 if tf.executing_eagerly() else in_graph
            weights = sum(tf.reduce_sum(v**2) for v in net.trainable_variables)
            return scale * tf.reduce_sum(each) / float(len(each)) + penalty * weights

        batch = {"x": numbers(samples, 3, seed=seed), "y": numbers(samples, 1, seed=seed + 1)}
        return gradcheck.Case(candidate=loss, batch=batch, variables=net)

    return factory


@settings(max_examples=60 if LONG else 2)
@given(losses())
def test_a_loss_that_is_right_by_construction_is_never_different(factory):
    rows = run_in(factory, "function", "permuted", "micro_batches", "micro_batches_uneven", "float16")
    assert not {mode: row.note for mode, row in rows.items() if row.verdict == "different"}


@settings(max_examples=60 if LONG else 2)
@given(losses(), st.sampled_from((0.5, 0.999, 1.001, 2.0)))
def test_a_factor_that_only_a_graph_has_is_always_found(factory, factor):
    row = run_in(lambda: factory(in_graph=factor), "function")["function"]
    assert row.verdict == "different"


@settings(max_examples=30 if LONG else 2)
@given(st.integers(0, 1000), st.floats(1e-10, 1e-8))
def test_float16_that_underflows_without_a_scale_is_always_found(seed, factor):
    def loss(y, predicted):
        return factor * tf.reduce_mean(tf.square(tf.cast(y - predicted, tf.float32)))

    model = of_model(lambda: compiled_model(lambda: [keras.layers.Dense(4), keras.layers.Dense(1)], loss))
    row = run_in(model, "float16_unscaled")["float16_unscaled"]
    assert row.verdict == "different"
    assert "underflow" in row.note


def test_an_ill_conditioned_loss_is_not_different():
    """A difference of numbers that are nearly equal: float32 leaves two digits of it."""

    def factory():
        w = tf.Variable(numbers(3, 1), name="w")

        def loss(x, y):
            large = 1e4 + x @ w
            return tf.reduce_mean((large**2 - (1e4 + y) ** 2 - 2e4 * (x @ w - y)) ** 2)

        return gradcheck.Case(candidate=loss, batch=regression(), variables=[w])

    rows = run_in(factory, "eager", "function", "xla", "permuted", "micro_batches")
    assert {row.verdict for row in rows.values()} <= {"same", "no_verdict"}


def test_a_bench_is_run_again_on_fewer_samples():
    bench = bench_of(FACTORIES["weighted"])
    assert bench.of_first(5).subject.samples == 5
    assert bench.of_first(12) is bench
