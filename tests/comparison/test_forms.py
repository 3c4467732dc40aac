"""Formulations that give something other than a loss: each right, and with a mistake that has to be found."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

N = 4


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    return {
        "x": random.normal(size=(N, 3)).astype("float32"),
        "y": random.normal(size=(N, 1)).astype("float32"),
    }


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(4, "tanh", name="h"), keras.layers.Dense(1, name="o")]
    return keras.Sequential([keras.Input((3,)), *layers], name="m")


@pytest.fixture
def diff(model, batch):
    def compare(reference, candidate, budget=None, **rest):
        weights = [weight.copy() for weight in model.get_weights()]
        case = {"batch": batch, "variables": model, **rest}
        report = gradcheck.diff(
            gradcheck.Case(reference=reference, candidate=candidate, **case), budget=budget
        )
        assert all(map(np.array_equal, weights, model.get_weights()))
        return report

    return compare


@pytest.fixture
def loop(model):
    def loss(x, y):
        total = 0.0
        for state, value in zip(x, y, strict=True):
            total += (value[0] - model(state[None])[0, 0]) ** 2
        return total / len(x)

    return loss


def right(model, x, y):
    return tf.reduce_mean((y - model(x)) ** 2)


def wrong(model, x, y):
    return tf.reduce_mean((y[:, 0] - model(x)) ** 2)


def gradients_of(model, loss):
    def gradients(x, y):
        with tf.GradientTape() as tape:
            value = loss(model, x, y)
        return tape.gradient(value, model.trainable_variables)

    return gradients


def step_of(model, loss, change=lambda gradients: gradients):
    optimizer = keras.optimizers.Adam(0.1)

    def step(x, y):
        gradients = change(gradients_of(model, loss)(x, y))
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return step


def clipped(gradients):
    return tf.clip_by_global_norm(gradients, 0.1)[0]


def is_the_broadcast(finding):
    return finding.cause == "broadcast" and finding.span.text == "y[:, 0] - model(x)"


@pytest.mark.parametrize("form", [gradients_of, step_of])
def test_gradients_straight_from_a_tape_are_explained_like_a_loss(diff, loop, model, form):
    assert diff(loop, form(model, right)).verdict == "equivalent"
    report = diff(loop, form(model, wrong))
    assert report.verdict == "different"
    assert is_the_broadcast(report.findings[0])
    assert report.findings[0].verified
    assert report.findings[0].fix.text == "y[:, 0] - tf.squeeze(model(x), axis=1)"
    assert report.losses["candidate"].span.text == "tf.reduce_mean((y[:, 0] - model(x)) ** 2)"


def test_a_report_says_that_it_compared_what_the_optimizer_was_handed(diff, loop, model):
    said = "of the candidate, the gradients that it passed to the optimizer were compared"
    assert said in diff(loop, step_of(model, right)).reason
    both = diff(step_of(model, right), step_of(model, right)).reason
    assert "compared were the gradients that both passed to their optimizers" in both
    assert "compared" not in diff(loop, loop).reason


def test_clipped_gradients_are_compared_as_they_are_handed_over(diff, loop, model):
    assert diff(step_of(model, right, clipped), step_of(model, right, clipped)).verdict == "equivalent"
    assert diff(loop, step_of(model, right, clipped), budget=0).verdict == "different"


def test_before_they_are_clipped_alike_gradients_are_explained_like_a_loss(diff, model):
    report = diff(step_of(model, right, clipped), step_of(model, wrong, clipped))
    assert report.verdict == "different"
    assert report.reason.endswith("they already differ as the tapes computed them")
    (finding,) = report.findings
    assert is_the_broadcast(finding)
    assert finding.verified
    assert (
        "both sides then change the same gradients in the same way, as tested on the first batch"
        in finding.notes[-1]
    )


@pytest.mark.parametrize("reference", ["not clipped", "clipped otherwise"])
def test_no_fix_is_claimed_of_a_loss_whose_gradients_are_changed_otherwise_then(diff, loop, model, reference):
    otherwise = step_of(model, right, lambda gradients: [gradient / 2 for gradient in gradients])
    report = diff(loop if reference == "not clipped" else otherwise, step_of(model, wrong, clipped))
    assert report.reason.endswith("they already differ as the tapes computed them")
    assert is_the_broadcast(report.findings[0])
    assert not any(finding.verified or finding.fix for finding in report.findings)
    assert "but not after they are changed: y[:, 0] - tf.squeeze" in report.findings[0].notes[-1]


def test_what_the_tape_of_a_compiled_function_gave_is_not_held_against_what_it_makes_of_it(diff, model):
    def made(loss):
        return tf.function(lambda x, y: clipped(gradients_of(model, loss)(x, y)))

    report = diff(made(right), made(wrong))
    assert report.reason.endswith("they already differ as the tapes computed them")
    (finding,) = report.findings
    assert finding.verified
    assert is_the_broadcast(finding)


def test_gradients_that_differ_only_afterwards_are_said_to(diff, loop, model):
    report = diff(loop, step_of(model, right, clipped))
    said = "as the tapes computed them they agree: the difference is in what is done with them afterwards"
    assert report.reason.endswith(said)
    assert report.findings == ()
    silent = diff(loop, accumulated(model, 1))  # of four losses none is the one
    assert "tapes" not in silent.reason
    assert "as the tapes" not in diff(loop, step_of(model, wrong)).reason


def accumulated(model, share):
    def gradients(x, y):
        total = [tf.zeros_like(variable) for variable in model.trainable_variables]
        for start in range(0, len(x), 2):
            part = gradients_of(model, right)(x[start : start + 2], y[start : start + 2])
            total = [sum_ + one * share for sum_, one in zip(total, part, strict=True)]
        return dict(zip((variable.path for variable in model.trainable_variables), total, strict=True))

    return gradients


def test_accumulated_gradients_by_name(diff, loop, model):
    assert diff(loop, accumulated(model, 2 / N)).verdict == "equivalent"
    report = diff(loop, accumulated(model, 1), budget=0)
    assert report.verdict == "different"
    assert report.losses["candidate"].value is None
    assert "–             the gradients that it returned" in str(report)
    assert report.to_dict()["losses"]["candidate"]["value"] is None


def test_a_wrong_loss_is_repaired_from_accumulated_gradients(diff, model):
    report = diff(accumulated(model, 2 / N), lambda x, y: wrong(model, x, y))
    assert report.findings[0].verified
    assert is_the_broadcast(report.findings[0])


@pytest.mark.parametrize("handing", ["apply", "apply_gradients"])
def test_however_the_optimizer_is_handed_the_gradients(diff, loop, model, handing):
    optimizer = keras.optimizers.SGD(0.1)

    def step(x, y):
        with tf.GradientTape() as tape:
            value = wrong(model, x, y)
        gradients = tape.gradient(value, model.trainable_variables)
        if handing == "apply":
            optimizer.apply(gradients, model.trainable_variables)
        else:
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    assert diff(loop, step).findings[0].verified
    assert not optimizer.built


def test_the_scale_of_a_loss_is_no_part_of_what_is_compared(diff, loop, model):
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=1024.0)

    def step(x, y, factor=1.0):
        with tf.GradientTape() as tape:
            value = optimizer.scale_loss(right(model, x, y)) * factor
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

    assert diff(loop, step).verdict == "equivalent"
    assert diff(loop, lambda x, y: step(x, y, 2.0), budget=0).verdict == "different"


def test_the_train_step_of_a_model(diff, batch, loop):
    class Trained(keras.Model):
        def __init__(self, loss):
            super().__init__(name="m")
            self.head, self.its_loss = keras.layers.Dense(1, name="o"), loss

        def call(self, x):
            return self.head(x)

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                value = self.its_loss(self, x, y)
            gradients = tape.gradient(value, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": value}

    for loss, verdict in ((right, "equivalent"), (wrong, "different")):
        model = Trained(loss)
        model.compile("adam")
        model(batch["x"])
        report = diff(
            lambda data, model=model: tf.reduce_mean(tf.square(data[1] - model(data[0]))),
            model.train_step,
            batch={"data": (batch["x"], batch["y"])},
            variables=model,
        )
        assert report.verdict == verdict
        assert verdict == "equivalent" or report.findings[0].verified


def test_the_train_step_that_keras_brings(diff, batch, model, loop):
    for loss, verdict in (("mse", "equivalent"), ("mae", "different")):
        model.compile("sgd", loss=loss)
        data = {"data": (batch["x"], batch["y"])}
        assert diff(lambda data: loop(*data), model.train_step, batch=data, budget=0).verdict == verdict


def test_a_step_made_by_tf_function_still_applies_afterwards(diff, loop):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            value = right(model, x, y)
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

    report = diff(lambda x, y: right(model, x, y), step, variables=model)
    assert report.verdict == "equivalent"
    assert "as a graph its optimizer would apply the gradients" in report.reason
    before = model.get_weights()[0]
    step(tf.ones((2, 3)), tf.zeros((2, 1)))
    assert not np.array_equal(before, model.get_weights()[0])


def test_gradients_by_a_tf_function_are_held_against_what_it_gives_compiled(diff, loop, model):
    stale = {"factor": 1.0}

    @tf.function
    def gradients(x, y):
        with tf.GradientTape() as tape:
            value = right(model, x, y) * stale["factor"]
        return tape.gradient(value, model.trainable_variables)

    assert "compiled it gives the same" in diff(loop, gradients).reason
    stale["factor"] = 2.0
    report = diff(lambda x, y: 2.0 * loop(x, y), gradients)
    assert report.verdict == "different"
    assert "compiled" in report.findings[0].message


def test_a_compiled_model_is_its_loss_in_training(diff, batch, model, loop):
    model.compile("sgd", loss="mse")
    report = diff(loop, model)
    assert report.verdict == "equivalent"
    assert report.losses["candidate"].description == "the loss of the compiled Keras model"
    weights = np.arange(N, dtype="float32")
    weighted = {**batch, "sample_weight": weights}

    def by_hand(x, y, sample_weight):
        return tf.reduce_mean((y - model(x)) ** 2 * sample_weight[:, None])

    assert diff(by_hand, model, batch=weighted).verdict == "equivalent"
    unweighted = diff(lambda x, y, sample_weight: right(model, x, y), model, batch=weighted, budget=0)
    assert unweighted.verdict == "different"


def test_a_compiled_model_trains_its_dropout(diff, batch):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dropout(0.5, seed=3), keras.layers.Dense(1)]
    dropping = keras.Sequential([keras.Input((3,)), *layers])
    dropping.compile("sgd", loss="mse")

    def by_hand(training):
        return lambda x, y: tf.reduce_mean((y - dropping(x, training=training)) ** 2)

    assert diff(by_hand(True), dropping, variables=dropping).verdict == "equivalent"
    assert diff(by_hand(False), dropping, variables=dropping, budget=0).verdict != "equivalent"


def test_a_compiled_model_that_meets_its_labels_wrongly_is_found_without_a_reference(diff, batch, model):
    model.compile("sgd", loss=lambda y, predicted: tf.reduce_mean((y[:, 0] - predicted) ** 2))
    report = diff(None, model)
    assert report.verdict == "different"
    assert report.findings[0].span.text == "y[:, 0] - predicted"
    model.compile("sgd", loss=lambda y, predicted: tf.reduce_mean((y - predicted) ** 2))
    assert diff(None, model).verdict == "consistent"


def test_without_a_reference_gradients_are_held_against_those_of_single_samples(diff, model):
    for form in (gradients_of, step_of):
        assert diff(None, form(model, right)).verdict == "consistent"
        report = diff(None, form(model, wrong))
        assert report.verdict == "different"
        assert is_the_broadcast(report.findings[0])


def test_an_optimizer_of_something_else_is_not_kept_from_it(diff, loop, model):
    inner = tf.Variable(1.0)

    def loss(x, y):
        with tf.GradientTape() as tape:
            value = inner**2
        keras.optimizers.SGD(0.5).apply([tape.gradient(value, inner)], [inner])
        return inner * 0 + loop(x, y) * (1.0 + inner)

    assert diff(loop, loss).verdict == "equivalent"
    assert inner.numpy() == 1.0


def test_a_step_may_hand_over_nothing_for_a_variable(diff, model, loop):
    optimizer = keras.optimizers.SGD()

    def head_alone(x, y):
        head = model.trainable_variables[2:]
        with tf.GradientTape() as tape:
            value = right(model, x, y)
        optimizer.apply(tape.gradient(value, head), head)

    report = diff(loop, head_alone, budget=0)
    assert report.verdict == "different"
    assert [variable.states[1] for variable in report.variables] == ["none", "none", "finite", "finite"]


def complaint(diff, *formulations, **rest):
    with pytest.raises(gradcheck.CaseError) as raised:
        diff(*formulations, **rest)
    return str(raised.value)


def test_a_tuple_is_refused_with_what_to_write(diff, loop):
    said = complaint(diff, loop, lambda x, y: (loop(x, y), x))
    assert "returned a tuple of 2: float32 scalar, float32 (4, 3); return the loss alone: item 0" in said
    assert "Gradients would be one for each of the 4 variables, of its shape: `m/h/kernel` (3, 4)" in said
    several = complaint(diff, loop, lambda x, y: (loop(x, y), loop(x, y)))
    assert 'for a report on each of several losses return a dict: {"actor": ..., "critic": ...}' in several


def test_a_vector_is_said_to_be_one_with_what_to_write(diff, loop, model):
    report = diff(loop, lambda x, y: (y - model(x)) ** 2)
    assert report.findings[0].cause == "loss_shape"
    assert report.findings[0].fix.text.startswith("tf.reduce_mean(")


def test_gradients_that_are_too_few_are_no_gradients(diff, loop, model):
    said = complaint(diff, loop, lambda x, y: gradients_of(model, right)(x, y)[:2])
    assert "returned a list of 2: float32 (3, 4), float32 (4,)" in said


def test_a_step_for_other_variables_is_refused(diff, loop, model):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="other")], name="n")
    said = complaint(diff, loop, step_of(other, right))
    assert "none for the variables of the case: it passes those for `n/other/kernel`, `n/other/bias`" in said


def test_two_steps_are_refused(diff, loop, model):
    step = step_of(model, right)

    def twice(x, y):
        step(x, y)
        step(x, y)

    assert "to an optimizer more than once" in complaint(diff, loop, twice)


def test_a_model_that_is_not_compiled_is_refused(diff, loop):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="n")
    assert "the Keras model `n`, and it is not compiled" in complaint(diff, loop, other)


def test_a_replica_is_refused_before_its_optimizer_applies_anything(diff, batch):
    strategy = tf.distribute.MirroredStrategy(["cpu:0"])
    with strategy.scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    step = step_of(model, right)
    before = model.get_weights()
    said = complaint(
        diff, None, lambda x, y: strategy.run(step, (x, y)), variables=model, couples_samples=False
    )
    assert "without strategy.run" in said
    assert all(map(np.array_equal, before, model.get_weights()))


def linear_step(w, predicted):
    optimizer = keras.optimizers.SGD()

    def step(x, y):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean((y - predicted(x)) ** 2)
        optimizer.apply([tape.gradient(value, w)], [w])

    return step


def test_fuzz_and_shapes_take_them_too(batch):
    w = tf.Variable([[0.5], [-0.25], [1.0]], name="w")

    def case(candidate):
        return gradcheck.Case(
            reference=lambda x, y: tf.reduce_mean((y - x @ w) ** 2),
            candidate=candidate,
            batch={name: array[:3] for name, array in batch.items()},
            variables=[w],
        )

    flat = linear_step(w, lambda x: (x @ w)[:, 0])
    found = gradcheck.fuzz(case(flat), examples=1)
    assert found.found
    assert found.counterexample.report.findings[0].cause == "broadcast"
    assert not gradcheck.fuzz(case(linear_step(w, lambda x: x @ w)), examples=3).found
    assert "y - predicted(x)" in str(gradcheck.shapes(case(flat)))
    assert w.numpy()[0] == 0.5
