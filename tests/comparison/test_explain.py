"""What is tried, and what is not: an edit proves nothing against a reference without a gradient."""

from __future__ import annotations

import functools
import runpy

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import at_the_place, searched
from gradcheck.program.ops import OPS
from gradcheck.program.work import Work
from support.project import ROOT


def diff(reference, candidate, **options):
    weights = tf.Variable([[1.0], [2.0]], name="weights")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: reference(x, weights),
        candidate=lambda x: candidate(x, weights),
        batch={"x": x},
        variables=[weights],
    )
    return gradcheck.diff(case, **options)


def square(x, weights):
    return tf.reduce_mean(tf.square(x @ weights))


REFERENCES = {
    "zero": lambda x, weights: tf.reduce_mean(tf.nn.softmax(x @ weights)),
    "None": lambda x, weights: tf.reduce_mean(tf.square(tf.stop_gradient(x @ weights))),
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_nothing_is_proved_against_a_reference_without_a_gradient(kind):
    report = diff(REFERENCES[kind], square)
    assert report.verdict == "different"
    assert not any(finding.verified for finding in report.findings)
    assert report.search is None


def test_a_reference_with_a_gradient_proves_a_repair():
    report = diff(square, lambda x, weights: -square(x, weights))
    assert report.verdict == "different"
    assert report.findings[0].verified
    assert report.search.tried > 0


class Clock:
    """A time that goes by only when it is looked at, ten seconds a look."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 10.0
        return self.now


def test_time_that_runs_out_before_any_edit_is_tried_is_said(monkeypatch):
    monkeypatch.setattr("gradcheck.program.work.time.monotonic", Clock())
    report = diff(square, lambda x, weights: tf.reduce_sum(tf.square(x @ weights)), budget=15.0)
    assert (report.search.tried, report.search.cut) == (0, "time")
    assert "the search reached its time limit (--budget raises it)" in " ".join(str(report).split())


def test_a_search_that_ends_within_its_time_is_not_said_to_be_cut_when_the_time_is_over_later():
    work = Work(seconds=3600.0)
    assert work.cut is None
    assert work.stopped is None
    work.seconds = 0.0
    assert work.stopped is None
    assert (work.cut, work.stopped) == ("time", "time")


def errors(x, weights):
    return tf.square(x @ weights - tf.reduce_sum(x, axis=1, keepdims=True))


def mean_of_errors(x, weights):
    return tf.reduce_mean(errors(x, weights))


def sum_of_errors(x, weights):
    return tf.reduce_sum(errors(x, weights))


def one_error_per_sample(x, weights):
    target = tf.reduce_sum(x, axis=1, keepdims=True)
    return tf.square(x @ weights - target)


def test_the_mean_of_a_loss_that_is_no_scalar():
    report = diff(mean_of_errors, one_error_per_sample)
    (finding,) = report.findings
    assert (finding.cause, finding.verified) == ("loss_shape", True), str(report)
    assert finding.fix.text == "tf.reduce_mean(tf.square(x @ weights - target))"


def test_of_a_loss_that_is_no_scalar_the_sum_is_differentiated():
    report = diff(sum_of_errors, one_error_per_sample)
    (finding,) = report.findings
    assert report.equivalent
    assert (finding.cause, finding.severity, finding.verified) == ("loss_shape", "note", False)
    assert "its gradient is that of its sum" in finding.message


@pytest.mark.parametrize("scalar", [True, False])
def test_a_loss_of_keras_without_its_reduction(scalar):
    def loss(x, weights):
        target = tf.reduce_sum(x, axis=1, keepdims=True)
        loss = tf.keras.losses.MeanSquaredError(reduction="none")
        if scalar:
            return tf.reduce_mean(loss(target, x @ weights))
        return loss(target, x @ weights)

    report = diff(mean_of_errors, loss)
    assert report.equivalent == scalar
    if not scalar:
        assert report.findings[0].verified
        assert report.findings[0].fix.text == "tf.reduce_mean(loss(target, x @ weights))"


def grown(x, weights):
    return tf.square(x @ weights - tf.reduce_sum(x, axis=1))


def test_a_broadcast_is_proved_in_a_loss_that_is_no_scalar():
    report = diff(sum_of_errors, grown)
    assert report.findings[0].cause == "broadcast"
    assert report.findings[0].verified, str(report)


def test_a_broadcast_and_a_missing_mean_are_proved_together():
    report = diff(mean_of_errors, grown, work=4_000)
    assert {finding.cause for finding in report.findings if finding.verified} == {"broadcast", "loss_shape"}


MASKED = {
    "axes": (lambda x: 0.0 * tf.reduce_sum(tf.transpose(x, [1, 0])), False),
    "a mask": (lambda x: 0.0 * tf.reduce_sum(x * [[1.0], [1.0], [0.0], [0.0], [0.0]]), True),
}


@pytest.mark.parametrize("what", MASKED)
def test_axes_are_not_taken_for_a_mask(what, monkeypatch):
    monkeypatch.setattr(at_the_place, "repaired", lambda *_: [])  # `square(x, w)` is the fix
    monkeypatch.setattr(searched, "rewritten", lambda place, edited, found, *_: found)
    part, is_mask = MASKED[what]
    report = diff(
        lambda x, w: 1.0 * square(x, w), lambda x, w: tf.reduce_sum([1.0, 1.5]) * square(x, w) + part(x)
    )
    assert report.findings[0].verified
    assert ("a mask keeps 2 of 5" in str(report)) == is_mask, str(report)


def test_a_constant_beside_an_empty_tensor_is_no_mean_of_it(recwarn):
    def candidate(x, weights):
        empty = tf.reduce_sum((x @ weights)[:0])
        return -square(x, weights) + 0.0 * empty

    report = diff(square, candidate)
    assert report.findings[0].cause == "sign"
    assert report.findings[0].verified
    assert [str(one.message) for one in recwarn if "empty" in str(one.message)] == []


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
def test_a_small_noisy_gradient_of_the_reference_lets_no_edit_pass_that_only_comes_near():
    """Two samples of which the actor is nearly sure: rounding is large beside the reference's gradient."""
    actor = runpy.run_path(str(ROOT / "examples" / "bandit.py"))["actor"]
    report = gradcheck.diff(gradcheck.case(lambda seed=0: actor(seed=seed, samples=2)), seed=0)
    noise = max(variable.judgement.lost for variable in report.variables)
    assert report.verdict == "different" and noise > 1e-5
    (finding,) = [finding for finding in report.findings if finding.cause == "broadcast"]
    assert finding.verified and finding.proof.residual < 1e-9


@pytest.mark.parametrize("asked", [True, False])
def test_a_count_of_elements_follows_a_repair_where_it_was_asked_of_the_tensor(asked):
    def counted(x, weights):
        errors = (tf.reduce_sum(x, axis=1) - x @ weights) ** 2
        lengths = tf.shape(errors).numpy() if asked else np.array([5, 5], "int32")
        return tf.reduce_sum(errors) / tf.cast(tf.reduce_prod(lengths), tf.float32)

    def reference(x, weights):
        return tf.reduce_mean((tf.reduce_sum(x, axis=1) - tf.squeeze(x @ weights, axis=1)) ** 2)

    finding = diff(reference, counted, work=2_000).findings[0]
    assert (finding.cause, finding.verified) == ("broadcast", True)
    # Where the lengths were not asked of the tensor, the reference's quantity is what repairs it.
    assert ("the first step towards it that the reference does not take is" in finding.message) != asked


def two_terms(one, other):
    def loss(x, weights):
        column = x @ weights
        return tf.reduce_mean(one(column, x[:, 0])) + tf.reduce_mean(other(column, tf.exp(x[:, 1])))

    return loss


def paired(term):
    return lambda column, row: term(column, row[:, None])


def product(column, row):
    return column * row


def another_product(column, row):
    return tf.square(column) * row


def square_of_difference(column, row):
    return tf.square(column - row)


def means_said(finding) -> list[float]:
    return [
        float(note.rpartition(" ")[2])
        for note in finding.notes
        if "tested: the mean of the result is" in note
    ]


def proved_broadcasts(one, other):
    report = diff(two_terms(paired(one), paired(other)), two_terms(one, other), work=4_000)
    found = {f.span.text: f for f in report.findings if f.verified and f.cause == "broadcast"}
    assert len(found) == 2, str(report)
    return found


def test_of_two_faults_each_has_the_evidence_of_its_own_op():
    found = proved_broadcasts(product, another_product)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    column = x @ [[1.0], [2.0]]
    first, second = found["column * row"], found["tf.square(column) * row"]
    assert means_said(first) == pytest.approx([column.mean() * x[:, 0].mean()], rel=1e-5)
    assert means_said(second) == pytest.approx([(column**2).mean() * np.exp(x[:, 1]).mean()], rel=1e-5)


def test_a_difference_beside_a_product_is_no_product_of_means():
    found = proved_broadcasts(product, square_of_difference)
    assert len(means_said(found["column * row"])) == 1
    assert means_said(found["column - row"]) == []


@pytest.mark.parametrize("often", [1, 2])
def test_what_one_run_of_an_expression_shows_is_not_said_of_several(often):
    def rows(x):
        return [x[:, 0], tf.exp(x[:, 1])][:often]

    def reference(x, weights):
        return tf.add_n([tf.reduce_mean(x @ weights * row[:, None]) for row in rows(x)])

    def candidate(x, weights):
        return tf.add_n([tf.reduce_mean(x @ weights * row) for row in rows(x)])

    report = diff(reference, candidate)
    finding = report.findings[0]
    assert finding.cause == "broadcast" and finding.verified, str(report)
    assert len(means_said(finding)) == (1 if often == 1 else 0)


def test_where_both_sides_call_the_same_helpers_the_argument_that_differs_is_named():
    def loss(x, weights, term):
        rows = [x[:, 0], tf.exp(x[:, 1])]
        return tf.add_n([tf.reduce_mean(term(x @ weights, row)) for row in rows])

    def reference(*given):
        return loss(*given, paired(product))

    def candidate(*given):
        return loss(*given, product)

    finding = diff(reference, candidate).findings[0]
    assert finding.span.text == "loss(*given, product)"
    assert finding.fix.text == finding.reference.text == "loss(*given, paired(product))"


@pytest.mark.parametrize("separately", [False, True])
def test_the_share_that_is_clipped_is_that_of_all_runs_of_the_expression(separately):
    def candidate(x, weights):
        given = x @ weights
        parts = tf.unstack(given) if separately else [given]
        clipped = [tf.minimum(part, 0.0) for part in parts]
        return tf.reduce_mean(tf.stack(clipped)) + tf.reduce_mean(tf.tanh(given))

    report = diff(lambda x, w: 3.0 * tf.reduce_mean(tf.sin(x @ w)), candidate)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    share = np.mean(x @ [[1.0], [2.0]] > 0)
    assert 0 < share < 1
    assert f"zero for {share:.0%} of the elements" in str(report), str(report)


def the_fix(reference, candidate):
    report = diff(reference, candidate)
    finding = report.findings[0]
    assert finding.verified, str(report)
    return finding.fix


def reduced(reduce, **settings):
    return lambda x, w: tf.reduce_mean(tf.exp(reduce(tf.square(x @ w), **settings)))


def test_a_fix_names_the_function_where_the_user_calls_it_by_another_name():
    reduce = tf.reduce_mean
    fix = the_fix(reduced(tf.reduce_sum), lambda x, w: tf.exp(reduce(tf.square(x @ w))))
    assert (fix.text, fix.source) == ("tf.reduce_sum(tf.square(x @ w))", True)


def test_a_fix_keeps_the_axis_that_is_given():
    report = diff(reduced(tf.reduce_sum, axis=0), reduced(tf.reduce_mean, axis=0))
    fix = next(finding.fix for finding in report.findings if finding.fix is not None)
    assert not fix.source and "**settings" not in fix.text
    reduce = tf.reduce_mean
    fix = the_fix(
        reduced(tf.reduce_sum, axis=0), lambda x, w: tf.reduce_mean(tf.exp(reduce(tf.square(x @ w), axis=0)))
    )
    assert (fix.text, fix.source) == ("tf.reduce_sum(tf.square(x @ w), axis=0)", True)


def test_where_the_function_brings_an_axis_with_it_the_fix_has_it_too():
    reduce = functools.partial(tf.reduce_mean, axis=0)
    fix = the_fix(
        lambda x, w: tf.reduce_mean(tf.exp(tf.reduce_sum(tf.tanh(x * w[0]), axis=0))),
        lambda x, w: tf.reduce_mean(tf.exp(reduce(tf.tanh(x * w[0])))),
    )
    assert (fix.text, fix.source) == ("tf.reduce_sum(tf.tanh(x * w[0]), axis=0)", True)


def test_the_axis_of_a_fix_in_words_is_the_one_that_is_written():
    """TensorFlow moves axis 0 to the end: there the axis to take is another one than in the call."""
    shares = tf.nn.softmax
    fix = the_fix(
        lambda x, w: tf.reduce_mean(tf.square(shares(tf.tanh(x * w[0]), axis=1))),
        lambda x, w: tf.reduce_mean(tf.square(shares(tf.tanh(x * w[0]), axis=0))),
    )
    assert (fix.text, fix.source) == ("shares(tf.tanh(x * w[0]), axis=1)", True)


def test_whatever_an_op_may_become_has_a_name_in_python():
    kinds = {other for op in OPS.values() for other in (op.opposite, op.sum_or_mean) if other}
    assert kinds >= {"Mean", "Sum", "Sub", "Less"}
    for name in (OPS[kind].written for kind in kinds):
        if not name.startswith("`"):
            assert callable(functools.reduce(getattr, name.split(".")[1:], tf))


def critics(*layers):
    """Return the findings on a critic of these layers, which is called by a line far from where it is built."""
    critic = keras.Sequential([keras.Input((2,)), *layers], name="critic")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")

    def loss(x):
        return tf.reduce_mean(tf.square(critic(x) - tf.reduce_sum(x, axis=1, keepdims=True)))

    case = gradcheck.Case(reference=loss, candidate=loss, batch={"x": x}, variables=critic)
    return gradcheck.diff(case).findings


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
def test_a_softmax_inside_a_layer_names_the_layer():
    (finding,) = critics(keras.layers.Dense(3), keras.layers.Dense(1, activation="softmax", name="value"))
    assert "it is the activation of layer `critic/value` (Dense)" in finding.notes[-1]
    (finding,) = critics(keras.layers.Dense(1), keras.layers.Softmax(name="shares"))
    assert "it is computed inside layer `shares` (Softmax)" in finding.notes[-1]


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
def test_of_two_layers_none_is_named():
    layers = (keras.layers.Dense(1, activation="softmax", name=name) for name in "ab")
    (finding,) = critics(*layers)
    assert finding.cause == "dead" and "layer `" not in str(finding.notes)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
def test_a_softmax_of_ones_own_is_in_no_layer():
    def loss(x, weights):
        return tf.reduce_mean(tf.square(tf.nn.softmax(x @ weights)))

    (finding,) = diff(loss, loss).findings
    assert finding.cause == "dead" and "layer `" not in str(finding.notes)


def test_none_exactly_zero_and_tiny_gradients_are_told_apart():
    names = ("used", "unread", "dead", "tiny")
    variables = {name: tf.Variable([1.0, 2.0], name=name) for name in names}

    def loss(x):
        used, _, dead, tiny = variables.values()
        level = tf.reduce_sum(
            tf.nn.softmax(x + tf.reduce_sum(tiny))
        )  # a shift, which softmax does not notice
        return tf.reduce_mean(x * used) ** 2 + tf.reduce_sum(0.0 * dead) + level

    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    case = gradcheck.Case(reference=loss, candidate=loss, batch={"x": x}, variables=variables)
    report = gradcheck.diff(case)
    assert report.verdict == "equivalent"
    assert report.reason == (
        "the gradient of 1 variable agrees up to rounding; 1 has no gradient (None) on either side; 1 has a "
        "gradient of exactly zero on both sides; 1 has a gradient that is zero up to rounding"
    )
