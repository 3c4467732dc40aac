"""Whatever is wrong with what the user gave: one clear message, exit code 2, no traceback of ours.

`gradcheck.diff` raises what the command line prints; both leave variables and random state as they were.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import pathlib
import random
import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.errors import CaseError, UserCodeError

OURS = str(pathlib.Path(gradcheck.__file__).parent)


@pytest.fixture
def w():
    return tf.Variable([1.0, 2.0], name="w")


def case(w, *, reference=None, candidate=None, batch=None, variables=None):
    def loss(x):
        return tf.reduce_mean(x * w)

    return gradcheck.Case(
        reference=reference or loss,
        candidate=candidate or loss,
        batch={"x": np.ones((3, 2), "float32")} if batch is None else batch,
        variables=[w] if variables is None else variables,
    )


def complaint(case, unchanged, *variables):
    """Return what `diff` says of `case`, having made sure that it changed nothing and hides our frames."""
    with unchanged(*variables), pytest.raises(gradcheck.GradcheckError) as raised:
        gradcheck.diff(case)
    assert OURS not in str(raised.value)
    return str(raised.value)


def test_a_good_case_raises_nothing(w, unchanged):
    with unchanged(w):
        assert gradcheck.diff(case(w)).verdict == "equivalent"


@pytest.mark.parametrize(
    "disturb",
    [
        lambda w: random.random(),
        lambda w: np.random.rand(),
        lambda w: tf.random.set_seed(4711),  # which no other test leaves behind
        lambda w: tf.random.get_global_generator().normal([]),
        lambda w: keras.random.normal([]),
        lambda w: w.assign_add([0.0, 1.0]),
    ],
)
def test_the_check_of_the_state_notices_every_disturbance(w, unchanged, disturb):
    keras.random.normal([])  # Keras makes its generator at first use
    tf.random.get_global_generator()
    with pytest.raises(AssertionError), unchanged(w):
        disturb(w)


def unbuilt():
    return keras.Sequential([keras.layers.Dense(2)], name="net")


def built_alone():
    """Return a model that is built, as it says, while its layers are not."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    net = Net()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.build((None, 2))
    return net


def frozen_net():
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)], name="net")
    net.trainable = False
    return net


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (list, r"^there are no variables to differentiate with respect to$"),
        (dict, r"^there are no variables to differentiate with respect to$"),
        (unbuilt, r"no variables .*: net is not built yet; call it once on a batch first$"),
        (lambda: keras.layers.Dense(2, name="net"), r": net is not built yet; call it once on a batch first"),
        (built_alone, r"no variables .*: net has no weights, .*; call it once on a batch first$"),
        (frozen_net, r"no variables .*: net has no trainable ones$"),
        (lambda: [tf.Variable(1.0, trainable=False, name="v")], r"variable `v` is not trainable: remove it"),
        (
            lambda: {"v": tf.Variable(1, name="v")},
            r"^the variable `v` is of dtype int32; expected a floating",
        ),
        (lambda: {"v": np.ones(2)}, r"^the variable `v` is a numpy.ndarray; expected a variable$"),
        (
            lambda: [tf.Variable(1.0), tf.constant(1.0)],
            r"^variables\[1\] is a .*EagerTensor; expected a vari",
        ),
        (lambda: 3, r"^variables is an int; expected a Keras model or layer, a list of variables, or a dict"),
        (lambda: "kernel", r"^variables is a str; expected"),
    ],
)
def test_variables_that_cannot_be_differentiated_for(w, unchanged, variables, message):
    assert re.search(message, complaint(case(w, variables=variables()), unchanged, w))


@pytest.mark.parametrize(
    "variables",
    [
        lambda w: w,
        lambda w: {"kernel": w},
        lambda w: (w,),
        lambda w: collections.OrderedDict(kernel=keras.Variable([1.0, 2.0])),
    ],
)
def test_variables_that_can_be_differentiated_for(w, variables):
    assert len(gradcheck.diff(case(w, variables=variables(w))).variables) == 1


# TensorFlow lets a variable take values of other shapes: then its own shape is unknown, or partly.
@pytest.mark.parametrize("shape", [None, [None]])
@pytest.mark.parametrize("alone", [False, True])
def test_variables_of_unknown_shape_are_compared_like_others(unchanged, shape, alone):
    def verdicts(shape):
        v = tf.Variable([1.0, 2.0], shape=tf.TensorShape(shape), name="v")
        candidates = [
            lambda x: tf.reduce_mean(tf.math.multiply(v, x)),
            lambda x: tf.reduce_mean(x * tf.gather(v, [0, 1])),
            lambda x: 2.0 * tf.reduce_mean(x * v),
        ]
        for candidate in candidates:
            given = case(v, reference=lambda x: tf.reduce_mean(x * v), candidate=candidate)
            with unchanged(v):
                report = gradcheck.diff(dataclasses.replace(given, reference=None) if alone else given)
            assert report.to_dict()["variables"][0]["shape"] == [2]
            assert "fixed tolerance" not in report.reason  # it was replayed in float64
            yield report.verdict

    found = list(verdicts(shape))
    assert found == list(verdicts([2]))
    assert alone or found == ["equivalent", "equivalent", "different"]


ROWS = np.ones((3, 2), "float32")


def holds_itself(nest):
    if isinstance(nest, dict):
        nest["x"] = nest
    else:
        nest.append(nest)
    return nest


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"x": np.ones((0, 2), "float32")}, r"^the batch is empty: it has 0 samples$"),
        ({"x": np.array([1, "a"], object)}, r"^batch\['x'\] is an array of Python objects; expected numbers"),
        ({"x": [[1.0, 2.0], [3.0]]}, r"^batch\['x'\] cannot become an array: are its rows unequal\?"),
        ({"x": [None, None]}, r"^batch\['x'\] is an array of Python objects"),
        (
            {"x": np.ones(3, "datetime64[s]")},
            r"^batch\['x'\] of dtype datetime64\[s\] cannot become a tensor",
        ),
        (holds_itself({}), r"^the batch is nested too deeply: does it contain itself\?$"),
        ({"x": holds_itself([ROWS])}, r"^the batch is nested too deeply: does it contain itself\?$"),
        (ROWS, r"^batch is a numpy.ndarray; expected a dict of name to array$"),
        ({1: ROWS}, r"^batch has the key 1; expected names, because each becomes an argument$"),
        (
            {"z": ROWS, "y": ROWS},
            r"^the reference cannot be called with the arrays of the batch: .*'[xz]'; the batch has 'z', 'y'$",
        ),
        ({"x": ROWS, "z": ROWS}, r"^the reference cannot be called with .* unexpected keyword argument 'z'"),
    ],
)
def test_a_batch_that_cannot_be_used(w, unchanged, batch, message):
    assert re.search(message, complaint(case(w, batch=batch), unchanged, w))


DOUBLE = ROWS.astype("float64")


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(
    ("batch", "hint"),
    [
        ({"x": DOUBLE}, "batch['x'] is float64, the variables are float32: cast it in the case"),
        (
            {"x": [DOUBLE, DOUBLE]},
            "batch['x'][0] and batch['x'][1] are float64, the variables are float32: cast them ",
        ),
    ],
)
def test_a_batch_of_another_precision_is_hinted_at(w, unchanged, batch, hint, alone):
    def loss(x):
        return tf.reduce_mean(tf.nest.flatten(x)[0] * w)

    given = case(w, reference=loss, candidate=loss, batch=batch)
    said = complaint(dataclasses.replace(given, reference=None) if alone else given, unchanged, w)
    assert said.splitlines()[-1].startswith(hint)
    assert "tensor" in said.splitlines()[-3]


@pytest.mark.parametrize(
    ("x", "dtype", "loss"),
    [
        (ROWS, "float32", lambda x, w: tf.constant(1.0, "float64") * w),  # nothing of the batch
        (DOUBLE, "float64", lambda x, w: tf.constant(1.0) * x * w),  # variables as precise
        (DOUBLE, "float32", lambda x, w: tf.reshape(w, (3, 3))),  # another error
    ],
)
def test_what_another_precision_does_not_explain_is_not_hinted_at(unchanged, x, dtype, loss):
    w = tf.Variable([1.0, 2.0], dtype=dtype)
    given = case(w, reference=lambda x: loss(x, w), candidate=lambda x: loss(x, w), batch={"x": x})
    assert "cast" not in complaint(given, unchanged, w)


def test_the_colours_of_an_error_are_left_out(w, unchanged):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="\x1b"):
        model(ROWS)
    said = complaint(case(w, reference=lambda x: tf.reduce_mean(model(x))), unchanged, w)
    assert "\nInput 0 with name" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "x",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        tf.ones((3, 2)),
        keras.ops.ones((3, 2)),
        [np.float32(1), np.float32(2)],
    ],
)
def test_a_batch_that_can_be_used(w, x):
    def loss(x):
        return tf.reduce_mean(tf.cast(x, "float32") * w)

    assert gradcheck.diff(case(w, reference=loss, candidate=loss, batch={"x": x})).equivalent


@pytest.mark.parametrize("kind", [tf.Variable, keras.Variable])
def test_a_variable_in_a_batch_is_the_value_that_it_has(w, kind):
    def loss(x):
        assert isinstance(x, tf.Tensor)
        return tf.reduce_mean(x * w)

    given = case(w, reference=loss, candidate=loss, batch={"x": kind(np.ones((3, 2), "float32"))})
    assert gradcheck.diff(given).equivalent
    assert not gradcheck.shapes(given).failed


def test_a_list_of_numpy_numbers_is_one_array_and_a_list_of_arrays_is_a_list(w):
    def loss(rewards, layers):
        assert rewards.shape == (2,)
        assert [layer.shape for layer in layers] == [(2, 1), (2, 2)]
        return tf.reduce_mean(w)

    batch = {"rewards": [np.float32(1), np.float32(0)], "layers": [np.ones((2, 1)), np.ones((2, 2))]}
    assert gradcheck.diff(case(w, reference=loss, candidate=loss, batch=batch)).equivalent


MADE_BEFORE = tf.constant(3.0)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda x, w: None, r"returned None: does it end in `return`\? "),
        (
            lambda x, w: tf.reduce_mean(x * w).numpy(),
            r"returned a numpy.float32; expected a scalar tf.Tensor",
        ),
        (
            lambda x, w: 0.5,
            r"returned a float; expected a scalar tf.Tensor: a value that has left TensorFlow",
        ),
        (lambda x, w: "0.5", r"returned a str; expected a scalar tf.Tensor"),
        (
            lambda x, w: [tf.reduce_mean(x * w)],
            r"returned a list of 1: float32 scalar; return the loss alone",
        ),
        (lambda x, w: w, r"returned a .*ResourceVariable; expected a scalar tf.Tensor"),
        (lambda x, w: MADE_BEFORE, r"returned a tensor that was computed before the call: compute the loss"),
        (lambda x, w: x, r"returned a tensor that was computed before the call"),
        (
            lambda x, w: tf.argmax(x[0] * w),
            r"returned a tensor of dtype int64; expected a floating-point dtype$",
        ),
    ],
)
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_loss_that_returns_no_loss(w, unchanged, side, returned, message):
    bad = case(w, **{side: lambda x: returned(x, w)})
    said = complaint(bad, unchanged, w)
    assert re.match(rf"the {side} \(.*test_bad_input\.py:\d+\) ", said)
    assert re.search(message, said)


def draws_and_assigns_then_raises(w):
    def loss(x):
        w.assign_add([1.0, 1.0])
        random.random(), np.random.rand(), tf.random.normal([]), keras.random.normal([])
        raise LookupError("no such [/action]")

    return loss


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_loss_that_raises_names_the_formulation_and_shows_their_frames(w, unchanged, side):
    said = complaint(case(w, **{side: draws_and_assigns_then_raises(w)}), unchanged, w)
    assert re.match(rf"the {side} \(.*test_bad_input\.py:\d+\) raised:\n\nTraceback", said)
    assert re.findall(r'File "(.*?)", line \d+, in (\w+)', said) == [(__file__, "loss")]
    assert said.endswith("LookupError: no such [/action]")


def test_an_op_that_raises_is_shown_at_their_line(w, unchanged):
    def loss(x):
        return tf.reduce_sum(tf.matmul(x, tf.ones((3, 3))) * w)

    said = complaint(case(w, candidate=loss), unchanged, w)
    assert re.findall(r'File "(.*?)"', said) == [__file__]
    assert "tf.matmul(x, tf.ones((3, 3)))" in said
    assert "Matrix size-incompatible" in said


def test_a_layer_that_raises_is_shown_at_their_line(w, unchanged):
    layer = keras.layers.Dense(2)
    layer.build((None, 5))
    said = complaint(case(w, candidate=lambda x: tf.reduce_mean(layer(x) * w)), unchanged, w)
    assert re.findall(r'File "(.*?)"', said) == [__file__]


def test_a_gradient_that_raises(w, unchanged):
    @tf.custom_gradient
    def broken(x):
        def gradient(upstream):
            raise ArithmeticError("no derivative")

        return tf.identity(x), gradient

    said = complaint(case(w, candidate=lambda x: broken(tf.reduce_mean(x * w))), unchanged, w)
    assert said.startswith("differentiating the candidate (")
    assert re.findall(r'File "(.*?)"', said) == [__file__]
    assert said.endswith("ArithmeticError: no derivative")


def test_a_formulation_that_is_installed_code_shows_where_it_raised(w, unchanged):
    installed = keras.losses.MeanSquaredError()
    batch = {"y_true": np.ones((3, 2), "float32"), "y_pred": np.ones((3, 5), "float32")}
    said = complaint(case(w, reference=installed, candidate=installed, batch=batch), unchanged, w)
    assert "keras" in re.findall(r'File "(.*?)"', said)[0]


def test_a_formulation_that_says_that_it_wraps_itself_is_compared(w):
    def loss(x):
        return tf.reduce_mean(x * w)

    loss.__wrapped__ = loss
    assert gradcheck.diff(case(w, candidate=loss)).equivalent
    assert complaint(case(w, candidate=unnamed(loss)), contextlib.nullcontext).startswith("the candidate (")


def unnamed(loss):
    def nothing(x):
        loss(x)

    nothing.__wrapped__ = nothing
    return nothing


def test_a_loss_that_ends_the_process_does_not_pass_for_success(w, unchanged):
    def loss(x):
        raise SystemExit(0)

    assert complaint(case(w, candidate=loss), unchanged, w).endswith("SystemExit: 0")


def test_ctrl_c_leaves_everything_as_it_was(w, unchanged):
    def loss(x):
        w.assign_add([1.0, 1.0])
        np.random.rand()
        raise KeyboardInterrupt

    with unchanged(w), pytest.raises(KeyboardInterrupt):
        gradcheck.diff(case(w, candidate=loss))


@pytest.mark.parametrize("given", [3, len, None])
def test_what_is_no_case_at_all(given):
    with pytest.raises(CaseError, match=r"is neither a gradcheck.Case nor a function marked with @gradcheck"):
        gradcheck.diff(given)


def test_a_formulation_that_is_no_function(w, unchanged):
    message = complaint(case(w, candidate=3), unchanged, w)
    assert message == "the candidate is an int; expected a function"


def test_a_factory_that_raises_leaves_the_random_state(unchanged):
    @gradcheck.case
    def bad():
        np.random.rand(), random.random(), keras.utils.set_random_seed(3)
        raise OSError("no data")

    with unchanged(), pytest.raises(UserCodeError, match="OSError: no data"):
        gradcheck.diff(bad)


# How a loss that is not finite is judged.


def divided_by_zero(w):
    return lambda x: tf.reduce_mean(x * w) / tf.constant(0.0)


def finite(w):
    return lambda x: tf.reduce_mean(x * w)


def test_a_reference_that_is_not_finite_is_nothing_to_compare_with(w, unchanged):
    with unchanged(w):
        report = gradcheck.diff(case(w, reference=divided_by_zero(w), candidate=finite(w)))
    assert report.verdict == "inconclusive"
    assert "not finite" in report.reason
    assert report.to_dict()["losses"]["reference"]["value"] == "inf"


def test_two_losses_that_are_not_finite_are_not_equivalent(w):
    report = gradcheck.diff(case(w, reference=divided_by_zero(w), candidate=divided_by_zero(w)))
    assert report.verdict == "inconclusive"
    assert "not finite" in report.reason


def test_a_candidate_that_alone_is_not_finite_fails(w):
    report = gradcheck.diff(case(w, reference=finite(w), candidate=divided_by_zero(w)))
    assert report.verdict in ("different", "unstable")
    assert report.to_dict()["losses"]["candidate"]["value"] == "inf"


def test_two_finite_losses_are_judged(w):
    assert gradcheck.diff(case(w, reference=finite(w), candidate=finite(w))).verdict == "equivalent"


# The same through the command line.

PARTS = """
    import keras, numpy as np, tensorflow as tf
    import gradcheck

    w = tf.Variable([1.0, 2.0], name="w")

    def make(candidate=None, **changes):
        def loss(x):
            return tf.reduce_mean(x * w)

        parts = dict(reference=loss, candidate=candidate or loss, batch={"x": np.ones((3, 2), "float32")})
        return gradcheck.Case(**{**parts, "variables": [w], **changes})
"""
GOOD_CASE = """
    @gradcheck.case
    def good(samples: int = 3):
        return make()
"""
GOOD = PARTS + GOOD_CASE
BAD = """
    @gradcheck.case
    def bad():
        return make({})
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("lambda x: None", "returned None: does it end in `return`?"),
        ("lambda x: 1 / 0", "ZeroDivisionError: division by zero"),
        ("lambda x: tf.matmul(x, x)", "Matrix size-incompatible"),
        ("variables=[]", "there are no variables to differentiate with respect to"),
        ("variables=keras.layers.Dense(1)", "is not built yet; call it once on a batch first"),
        ("batch=dict(x=np.ones((0, 2)))", "the batch is empty"),
        ("samples='y'", "samples names `y`, but the batch has 'x'"),
        ("nonsense=1", "TypeError: Case.__init__() got an unexpected keyword argument 'nonsense'"),
        ("lambda x: exit(0)", "SystemExit: 0"),
    ],
)
def test_one_bad_case_does_not_keep_the_others_from_their_report(cli, target, arguments, message, unchanged):
    path = target(PARTS + BAD.format(arguments) + GOOD_CASE)
    with unchanged():
        outcome = cli("diff", path)
    assert outcome.code == 2
    assert outcome.err.startswith("error: bad: ")
    assert message in outcome.err
    assert OURS not in outcome.err
    assert "good  EQUIVALENT" in outcome.out
    assert outcome.out.endswith("2 cases: 1 equivalent, 1 inconclusive\n")


def test_good_cases_alone_leave_nothing_on_stderr(cli, target):
    outcome = cli("diff", target(GOOD))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.endswith("1 case: 1 equivalent\n")


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        (None, [], "does not exist (looked in "),
        ("x = (", [], "SyntaxError: '(' was never closed"),
        ("import gradcheck_lacking", [], "ModuleNotFoundError: No module named 'gradcheck_lacking'"),
        ("x = 1", [], "has no case: mark a function"),
        (GOOD, [":other"], "has no `other`; cases there: `good`"),
        (GOOD, [":make"], "`make` in "),
        (GOOD, ["", "--set", "sample=3"], "has no parameter `sample`: did you mean `samples`?"),
        (GOOD, ["", "--set", "samples=many"], "cannot be set to 'many': expected int"),
        (GOOD, ["", "--set", "samples"], "--set samples: expected NAME=VALUE"),
        (GOOD, ["", "--set", "=3"], "--set =3: expected NAME=VALUE"),
        (GOOD, ["", "--output", "."], "cannot write .: it is a folder"),
        (GOOD, ["", "--output", "no/where.json"], "cannot write no/where.json: there is no folder no"),
    ],
)
def test_bad_arguments_end_in_one_message(  # noqa: PLR0917 - pytest passes them by name
    cli, target, unchanged, source, arguments, message
):
    path = str(target(source)) if source else "missing.py"
    suffix, *options = arguments or [""]
    with unchanged():
        outcome = cli("diff", path + suffix, *options)
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("error: ") == 1
    assert message in outcome.err
    assert OURS not in outcome.err
    assert outcome.out in ("", "1 case: 1 inconclusive\n")


@pytest.mark.parametrize(
    "options", [["--seed", "-1"], ["--seed", "x"], ["--format", "xml"], ["--nonsense"], []]
)
def test_bad_options_are_explained_by_the_parser(cli, target, options):
    outcome = cli("diff", *([target(GOOD)] if options else []), *options)
    assert outcome.code == 2
    assert "error: " in outcome.err
    assert "Traceback" not in outcome.err
    assert "Value error" not in outcome.err


def test_not_finite_through_the_command_line(cli, target):
    losses = "lambda x: tf.reduce_mean(x * w) / tf.constant(0.0)"
    both = target(GOOD + BAD.format(f"{losses}, reference={losses}"), "both.py")
    outcome = cli("diff", f"{both}:bad")
    assert outcome.code == 2
    assert "not finite" in outcome.out
    alone = target(GOOD + BAD.format(losses), "alone.py")
    outcome = cli("diff", f"{alone}:bad")
    assert (outcome.code, outcome.err) == (1, "")
    assert "inf" in outcome.out
