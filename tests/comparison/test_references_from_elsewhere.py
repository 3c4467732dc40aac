"""A reference with variables of its own, and one that is nothing but gradients that were saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

N = 8


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    return {
        "x": random.normal(size=(N, 3)).astype("float32"),
        "y": random.normal(size=(N, 1)).astype("float32"),
    }


def made(seed, name, **how):
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(4, "tanh", **how), keras.layers.Dense(1, **how)]
    return keras.Sequential([keras.Input((3,)), *layers], name=name)


@pytest.fixture(scope="module")
def model():
    return made(1, "model")


@pytest.fixture(scope="module")
def copy():
    return made(2, "copy")


def right(model):
    return lambda x, y: tf.reduce_mean((y - model(x)) ** 2)


def wrong(model):
    return lambda x, y: tf.reduce_mean((y[:, 0] - model(x)) ** 2)


def case(model, candidate, **rest):
    return gradcheck.Case(candidate=candidate, variables=model, **rest)


def complaint(case):
    with pytest.raises(gradcheck.CaseError) as raised:
        gradcheck.diff(case)
    return str(raised.value)


# A copy of the model -------------------------------------------------------------------------------


def test_a_copy_is_compared_at_the_weights_of_the_candidate(model, copy, batch):
    before = [weights.copy() for weights in copy.get_weights()]
    with_copy = {"reference": right(copy), "reference_variables": copy, "batch": batch}
    report = gradcheck.diff(case(model, right(model), **with_copy))
    assert report.verdict == "equivalent"
    assert "were given the candidate's for the comparison" in report.reason
    assert [variable.path for variable in report.variables] == [v.path for v in model.trainable_variables]
    assert all(map(np.array_equal, before, copy.get_weights()))


def test_a_mistake_beside_a_copy_is_placed_and_repaired_on_a_second_batch(model, copy, batch):
    with_copy = {"reference": right(copy), "reference_variables": copy, "batch": batch}
    report = gradcheck.diff(case(model, wrong(model), **with_copy))
    assert report.verdict == "different"
    assert report.findings[0].verified
    assert report.findings[0].span.text == "y[:, 0] - model(x)"


def test_nothing_is_said_of_weights_that_are_the_same_anyway(model, batch):
    same = made(3, "same")
    same.set_weights(model.get_weights())
    with_copy = {"reference": right(same), "reference_variables": same, "batch": batch}
    assert "were given" not in gradcheck.diff(case(model, right(model), **with_copy)).reason


def test_a_copy_of_another_precision(model, batch):
    double = made(3, "double", dtype="float64")
    reference = {"reference": lambda x, y: right(double)(tf.cast(x, tf.float64), tf.cast(y, tf.float64))}
    with_copy = {**reference, "reference_variables": double, "batch": batch}
    assert gradcheck.diff(case(model, right(model), **with_copy)).verdict == "equivalent"
    assert gradcheck.diff(case(model, wrong(model), **with_copy), budget=0).verdict == "different"


def test_a_copy_that_is_the_other_one_of_two_is_refused(model, batch):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="other")
    with_other = {"reference": right(other), "reference_variables": other, "batch": batch}
    said = complaint(case(model, right(model), **with_other))
    assert said.startswith("reference_variables do not pair with the variables of the case")


def test_variables_of_a_reference_that_there_is_none_of(model, copy, batch):
    said = complaint(case(model, right(model), reference_variables=copy, batch=batch))
    assert "reference_variables and no reference" in said


# Gradients from elsewhere --------------------------------------------------------------------------


def gradients_by_hand(model, x, y):
    """Differentiate without TensorFlow: a second opinion, as of another program."""
    w1, b1, w2, b2 = (np.asarray(weights, "float64") for weights in model.get_weights())
    hidden = np.tanh(x @ w1 + b1)
    error = 2 * (hidden @ w2 + b2 - y) / len(x)
    back = (error @ w2.T) * (1 - hidden**2)
    return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]


NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")


@pytest.fixture
def saved(model, batch):
    def arrays(dtype="float32", **rest):
        gradients = gradients_by_hand(model, **batch)
        named = {f"gradients/{name}": g.astype(dtype) for name, g in zip(NAMES, gradients, strict=True)}
        return {**named, **rest}

    return arrays


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saved_gradients_are_a_reference(model, batch, saved, dtype):
    good = gradcheck.diff(case(model, right(model), reference_gradients=saved(dtype), batch=batch))
    assert good.verdict == "equivalent"
    assert "the reference is the gradients in reference_gradients" in good.reason
    assert good.losses["reference"].value is None
    bad = gradcheck.diff(case(model, wrong(model), reference_gradients=saved(dtype), batch=batch))
    assert bad.verdict == "different"


def test_beside_saved_gradients_a_place_is_suspected_and_no_fix_is_proved(model, batch, saved):
    report = gradcheck.diff(case(model, wrong(model), reference_gradients=saved(), batch=batch))
    assert report.findings[0].cause == "broadcast"
    assert report.findings[0].span.text == "y[:, 0] - model(x)"
    assert len({finding.span for finding in report.findings}) == len(report.findings)
    assert not any(finding.verified for finding in report.findings)
    assert any("no second batch" in note for note in report.findings[0].notes)


def test_a_file_brings_its_batch_its_weights_and_its_loss(tmp_path, model, batch, saved):
    fresh = made(7, "fresh")
    before = fresh.get_weights()
    weights = {f"weights/{n}": w for n, w in zip(NAMES, model.get_weights(), strict=True)}
    inputs = {f"batch/{name}": array for name, array in batch.items()}
    np.savez(tmp_path / "grads.npz", **saved(), **weights, **inputs, loss=np.float32(0.25))
    report = gradcheck.diff(case(fresh, right(fresh), reference_gradients=tmp_path / "grads.npz"))
    assert report.verdict == "equivalent"
    assert report.losses["reference"].value == 0.25
    assert all(map(np.array_equal, before, fresh.get_weights()))
    assert (
        gradcheck.diff(
            case(fresh, wrong(fresh), reference_gradients=tmp_path / "grads.npz"), budget=0
        ).verdict
        == "different"
    )


def test_the_rounding_of_a_saved_gradient_is_no_difference():
    w = tf.Variable([4.5], name="w")

    def loss(x):  # as in a SAC policy: float32 leaves 1 - tanh² few digits, whatever goes in
        return tf.reduce_mean(tf.math.log(1 - tf.tanh(x * w) ** 2 + 1e-6))

    batch = {"x": np.linspace(0.9, 1.1, N, dtype="float32")}
    with tf.GradientTape() as tape:
        value = loss(tf.constant(batch["x"]))
    gradient = tape.gradient(value, w).numpy()
    argument = batch["x"].astype("float64") * 4.5
    tanh = np.tanh(argument)
    exact = np.mean(-2 * tanh * (1 - tanh**2) * batch["x"] / (1 - tanh**2 + 1e-6), keepdims=True)

    def verdict(saved):
        case = gradcheck.Case(candidate=loss, batch=batch, variables=[w], reference_gradients={"w": saved})
        return gradcheck.diff(case, budget=0).verdict

    assert verdict(gradient) == "equivalent"
    assert verdict(gradient * np.float32(1.5)) == "different"
    assert verdict(gradient.tolist()) == "equivalent"  # Python's numbers, of float32 all the same
    assert verdict(exact) == "equivalent"
    assert verdict(exact * (1 + 1e-5)) == "different"  # float64 is taken at its word


def test_gradients_of_another_batch_are_refused(model, batch, saved):
    inputs = {"batch/x": batch["x"] + 1}
    said = complaint(case(model, right(model), reference_gradients=saved(**inputs), batch=batch))
    assert "`x` in the batch of the case is not what the gradients" in said


def test_gradients_that_do_not_pair_are_listed(model, batch, saved):
    gradients = saved()
    gradients["gradients/0.weight"] = gradients["gradients/0.weight"].T
    said = complaint(case(model, right(model), reference_gradients=gradients, batch=batch))
    assert "left over are `model/" in said
    assert "PyTorch stores the weights of a Linear layer transposed; save them with .T" in said


def test_two_references_are_refused(model, batch, saved):
    said = complaint(
        case(model, right(model), reference=right(model), reference_gradients=saved(), batch=batch)
    )
    assert "the case has reference and reference_gradients: give one of them" in said


def test_there_is_no_other_batch_to_search_on(model, batch, saved):
    with pytest.raises(gradcheck.CaseError, match="hold for their own batch"):
        gradcheck.fuzz(case(model, right(model), reference_gradients=saved(), batch=batch))


def test_their_shapes_are_those_of_the_candidate(model, batch, saved):
    shown = gradcheck.shapes(case(model, right(model), reference_gradients=saved(), batch=batch))
    assert [side.name for side in shown.sides] == ["candidate"]
