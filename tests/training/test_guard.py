"""The guard: what it reports, what it leaves alone, and that nothing of it stays."""

import asyncio
import contextlib
import inspect
import linecache
import threading
import warnings

import keras
import pytest
import tensorflow as tf
from tensorflow.python.eager import context, execute

import gradcheck
from support.guarded import built

COLUMN, ROW = tf.reshape(tf.range(5.0), (5, 1)), tf.range(5.0)


@pytest.fixture(autouse=True)
def nothing_stays():
    before = list(context.context().op_callbacks), execute.execute
    yield
    assert (list(context.context().op_callbacks), execute.execute) == before


def texts(guard):
    return [finding.span.text for finding in guard.findings]


# What it does with a finding


def test_a_warning_points_at_the_line_of_the_user():
    with pytest.warns(gradcheck.BroadcastWarning) as caught, gradcheck.guard():
        COLUMN * ROW  # here
    (warning,) = caught
    assert linecache.getline(warning.filename, warning.lineno).strip() == "COLUMN * ROW  # here"
    assert "both operands are broadcast: (5, 1) and (5,) give (5, 5)" in str(warning.message)
    assert "^^^^^^   ^^^" in str(warning.message)


def test_a_warning_that_is_made_an_error_is_raised_by_the_op():
    with warnings.catch_warnings():
        warnings.simplefilter("error", gradcheck.BroadcastWarning)
        with pytest.raises(gradcheck.BroadcastWarning), gradcheck.guard():
            COLUMN * ROW


def test_it_raises_at_the_op_with_the_finding_as_text():
    after = []
    with pytest.raises(gradcheck.BroadcastError, match="COLUMN - ROW"), gradcheck.guard(on="raise"):
        after.append(COLUMN - ROW)
    assert after == []


def test_an_expression_is_reported_once_and_each_expression_by_itself():
    with gradcheck.guard(on="collect") as guard:
        for _ in range(3):
            (COLUMN - ROW) + (COLUMN * ROW)
    assert texts(guard) == ["COLUMN - ROW", "COLUMN * ROW"]


def test_a_finding_has_its_operands_and_shapes():
    with gradcheck.guard(on="collect") as guard:
        tf.maximum(COLUMN, ROW)
    (finding,) = guard.findings
    assert (finding.cause, finding.severity, finding.shapes) == (
        "broadcast",
        "suspicion",
        ((5, 1), (5,), (5, 5)),
    )
    assert [operand.span.text for operand in finding.operands] == ["COLUMN", "ROW"]


def test_what_is_done_on_a_finding_is_one_of_three():
    with pytest.raises(ValueError, match="expected 'raise', 'warn' or 'collect'"):
        gradcheck.guard(on="log")


# What is meant


@pytest.mark.parametrize(
    "comment, accepted",
    [
        ("# gradcheck: ok - pairwise kernel", True),
        ("# noqa: E501  # gradcheck: ok: pairwise kernel", True),
        ("# gradcheck: ok", False),
        ("# gradcheck: ok -", False),
        ("# gradcheck: okay, pairwise", False),
        ("# gradcheck is ok with it", False),
    ],
)
def test_a_comment_accepts_only_with_a_reason(target, comment, accepted):
    run = built(target, f"def run(a, b):\n    return a - b  {comment}")
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    assert len(guard.findings) == (not accepted)


def test_without_a_reason_the_finding_asks_for_one(target):
    run = built(target, "def run(a, b):\n    return a - b  # gradcheck: ok")
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    assert "accepted only with a reason" in guard.findings[0].notes[-1]


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_the_comment_stands_on_a_line_of_the_expression_or_on_the_first_of_its_statement(target, line):
    lines = ["def run(a, b):", "    c = tf.reduce_sum(", "        a", "        - b", "    )", "    return c"]
    lines[line] += "  # gradcheck: ok - every pair is wanted"
    run = built(target, "\n".join(lines))
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    assert len(guard.findings) == (line == 4)


def test_a_string_is_no_comment(target):
    run = built(target, "def run(a, b):\n    return a - b, '# gradcheck: ok - no'")
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    assert len(guard.findings) == 1


def test_what_also_meets_with_other_lengths_is_meant():
    def every_pair(a, b):
        return a - b

    with gradcheck.guard(on="collect") as guard:
        every_pair(COLUMN, ROW[:3])
        every_pair(COLUMN, ROW)
    assert texts(guard) == []


# Functions that are traced


LOSS = """
    def run(a, b):
        if tf.reduce_sum(a) > 0:
            c = tf.reduce_mean(
                tf.exp(a)
                * b
            )
        else:
            c = tf.reduce_sum(a)
        return c
"""


def test_a_function_is_looked_at_while_it_is_traced_and_stays_a_function(target):
    run = tf.function(built(target, LOSS))
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
        run(COLUMN, ROW)
    assert run.experimental_get_tracing_count() == 1
    assert not tf.config.functions_run_eagerly()
    (finding,) = guard.findings
    assert finding.span.text.split() == ["tf.exp(a)", "*", "b"]
    assert (finding.span.line, finding.span.file.endswith("target.py")) == (6, True)
    assert [operand.span.text for operand in finding.operands] == ["tf.exp(a)", "b"]


def test_in_a_function_it_raises_while_tracing(target):
    run = tf.function(built(target, LOSS))
    with (
        pytest.raises(gradcheck.BroadcastError, match="both operands are broadcast"),
        gradcheck.guard(on="raise"),
    ):
        run(COLUMN, ROW)


@pytest.mark.parametrize(
    "expression",
    [
        "a - b",
        "tf.subtract(a, b)",
        "tf.where(a > 0.0, b, 0.0)",
        "tf.math.squared_difference(b, a)",
        "(lambda c: c * b)(a)",
        "[a * b for _ in range(1)][0]",
    ],
)
def test_autographs_code_leads_back_to_the_expression(target, expression):
    run = tf.function(built(target, f"def run(a, b):\n    return {expression}"))
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    (finding,) = guard.findings
    assert finding.span.line == 4
    assert finding.span.text in expression


def test_an_unknown_length_is_a_length(target):
    signature = [tf.TensorSpec((None, 1)), tf.TensorSpec((None,))]
    run = tf.function(built(target, "def run(a, b):\n    return a - b"), input_signature=signature)
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
    assert guard.findings[0].shapes == ((None, 1), (None,), (None, None))


def test_what_was_captured_is_known_to_have_been_given_its_axis(target):
    run = built(target, "def run(a, b):\n    c = a[:, 0][:, None]\n    return tf.function(lambda: c - b)()")
    with gradcheck.guard(on="collect") as guard:
        run(COLUMN, ROW)
        tf.function(run)(COLUMN, ROW)
    assert texts(guard) == []


def by_another(run):
    @tf.function
    def call(a, b):
        return run(a, b)

    return call


CALLS = {
    "by position": lambda run, column: run(column(ROW), ROW),
    "by name": lambda run, column: run(b=ROW, a=column(ROW)),
    "by another function": lambda run, column: by_another(run)(column(ROW), ROW),
    "for any length": lambda run, column: [run(column(ROW[start:]), ROW[start:]) for start in range(3)],
}


def handed_in(target, call, column):
    run = tf.function(built(target, "def run(a, b):\n    return a - b"), reduce_retracing=True)
    with gradcheck.guard(on="collect") as guard:
        CALLS[call](run, column)
    return texts(guard)


@pytest.mark.parametrize("call", CALLS)
def test_what_is_handed_in_is_known_to_have_been_given_its_axis(target, call):
    assert handed_in(target, call, lambda row: row[:, None]) == []


@pytest.mark.parametrize("call", CALLS)
def test_what_is_handed_in_and_nobody_gave_its_axis_is_reported(target, call):
    assert handed_in(target, call, lambda row: tf.constant(row.numpy()[:, None])) == ["a - b"]


def test_of_two_files_with_the_same_function_each_is_named(target):
    """AutoGraph converts equal code once, whichever files it is in."""
    source = "def run(a, b):\n    return a - b"
    both = [built(lambda text, file=file: target(text, file), source) for file in ("one.py", "other.py")]
    with gradcheck.guard(on="collect") as guard:
        for run in both:
            tf.function(run)(COLUMN, ROW)
    assert [each.span.file for each in guard.findings] == [run.__code__.co_filename for run in both]


def test_of_two_that_are_handed_in_alike_it_is_not_known_which_is_which(target):
    """So neither is reported: a false alarm would cost more."""
    run = built(target, "def run(a, b, c):\n    return tf.reduce_sum(a) + (c - b)")
    with gradcheck.guard(on="collect") as guard:
        tf.function(run)(ROW[:, None], ROW, COLUMN)
    assert texts(guard) == []


# Whose expression it is


def quotient():
    return tf.reduce_sum(COLUMN / ROW)


def test_the_gradient_of_an_expression_is_nobodys():
    with tf.GradientTape() as tape:
        tape.watch([COLUMN, ROW])
        loss = quotient()
    with gradcheck.guard(on="collect") as guard:
        tape.gradient(loss, [COLUMN, ROW])  # it holds the quotient once more
    assert texts(guard) == []


def test_what_a_library_does_inside_is_its_authors():
    with gradcheck.guard(on="collect") as guard:
        tf.nn.batch_normalization(COLUMN, tf.ones(5), tf.ones(5), None, None, 1e-3)
    assert texts(guard) == []


@pytest.mark.parametrize(
    "thing, whose",
    [
        (keras.layers.BatchNormalization, "other"),
        (keras.optimizers.Adam, "other"),
        (keras.metrics.AUC, "other"),
        (tf.GradientTape, "other"),
        (keras.losses.Huber, "loss"),
        (keras.ops.multiply, "op"),
        (gradcheck.diff, "ours"),
        (texts, "user"),
    ],
)
def test_whose_code_is_whose(thing, whose):
    from gradcheck.execution.record.caller import role

    assert role(inspect.getsourcefile(inspect.unwrap(thing))) == whose


def test_what_a_layer_of_ones_own_does_inside_is_ones_own():
    class Product(keras.layers.Layer):
        def call(self, inputs):
            return inputs[0] * inputs[1]

    with gradcheck.guard(on="collect") as guard:
        Product()([tf.ones((5, 1)), tf.ones((5,))])
    assert "inputs[0] * inputs[1]" in texts(guard)


def test_a_loss_of_keras_is_the_expression_of_who_calls_it():
    prices, column = tf.Variable([[1.0, 2.0, 3.0]]), tf.ones((3, 1)) * 2
    with gradcheck.guard(on="collect") as guard:
        keras.losses.MeanAbsoluteError()(tf.identity(prices) + tf.ones((1, 3)), column)
        keras.losses.MeanAbsoluteError()(tf.ones((3,)), column)  # Keras makes one shape of these
    assert len(guard.findings) == 1
    assert texts(guard)[0].startswith("keras.losses.MeanAbsoluteError()(tf.identity")


def test_numpys_names_for_it_are_seen():
    with gradcheck.guard(on="collect") as guard:
        keras.ops.subtract(COLUMN, ROW)
    assert texts(guard) == ["keras.ops.subtract(COLUMN, ROW)"]


# It comes and goes


def test_a_decorated_function_is_guarded_while_it_runs():
    @gradcheck.guard(on="raise")
    def train(n):
        """Say what it does."""
        return tf.ones((n, 1)) * tf.ones(n)

    with pytest.raises(gradcheck.BroadcastError):
        train(3)
    assert (train.__name__, train.__doc__) == ("train", "Say what it does.")
    assert train(1).shape == (1, 1)
    COLUMN * ROW


def test_decorated_it_reports_an_expression_once():
    @gradcheck.guard()
    def step():
        return COLUMN * ROW

    with pytest.warns(gradcheck.BroadcastWarning) as caught:
        step(), step()
    assert len(caught) == 1


def test_a_coroutine_can_be_decorated():
    @gradcheck.guard(on="raise")
    async def train():
        await asyncio.sleep(0)
        return COLUMN * ROW

    with pytest.raises(gradcheck.BroadcastError):
        asyncio.run(train())


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_it_is_gone_whatever_is_raised(error):
    with pytest.raises(error), gradcheck.guard(on="raise"):
        raise error
    COLUMN * ROW


def test_the_innermost_guard_reports():
    with gradcheck.guard(on="raise"):
        with gradcheck.guard(on="collect") as inner:
            COLUMN * ROW
        assert len(inner.findings) == 1
        with pytest.raises(gradcheck.BroadcastError):
            COLUMN * ROW


def test_a_guard_may_be_entered_again():
    guard = gradcheck.guard(on="collect")
    with guard, guard:
        COLUMN * ROW
    with guard:
        COLUMN - ROW
    COLUMN + ROW
    assert texts(guard) == ["COLUMN * ROW", "COLUMN - ROW"]


def test_guards_of_generators_need_not_end_in_order():
    def steps(guard):
        with guard:
            yield
            yield

    first, second = gradcheck.guard(on="collect"), gradcheck.guard(on="collect")
    one, two = steps(first), steps(second)
    next(one), next(two)
    one.close()
    COLUMN * ROW
    two.close()
    COLUMN - ROW
    assert (texts(first), texts(second)) == ([], ["COLUMN * ROW"])


def test_a_generator_that_another_thread_ends_leaves_nothing_that_reports():
    def steps():
        with gradcheck.guard(on="raise"):
            yield

    def begin_and_go(kept):
        generator = steps()
        next(generator)
        kept.append(generator)

    kept = []
    thread = threading.Thread(target=begin_and_go, args=(kept,))
    thread.start(), thread.join()
    kept[0].close()
    COLUMN * ROW


def test_each_thread_has_its_own_guard():
    found, both = {}, threading.Barrier(2)

    def train(name, run):
        with gradcheck.guard(on="collect") as guard:
            both.wait()
            run()
            both.wait()
        found[name] = texts(guard)

    threads = [
        threading.Thread(target=train, args=("wrong", lambda: COLUMN * ROW)),
        threading.Thread(target=train, args=("right", lambda: ROW * ROW)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"wrong": ["COLUMN * ROW"], "right": []}


def test_a_guard_that_ends_in_another_thread_does_not_end_this_one():
    def briefly():
        with gradcheck.guard():
            pass

    with gradcheck.guard(on="collect") as guard:
        thread = threading.Thread(target=briefly)
        thread.start(), thread.join()
        assert execute.execute is execute.execute_with_callbacks
        COLUMN * ROW
    assert len(guard.findings) == 1


def test_a_comparison_within_a_guard_is_not_guarded():
    w = tf.Variable(tf.ones((3, 1)))
    case = gradcheck.Case(
        reference=lambda x, y: tf.reduce_mean((y - tf.squeeze(x @ w, 1)) ** 2),
        candidate=lambda x, y: tf.reduce_mean((y - x @ w) ** 2),
        batch={"x": tf.random.normal((6, 3)).numpy(), "y": tf.random.normal((6,)).numpy()},
        variables={"w": w},
    )
    with gradcheck.guard(on="raise"):
        report = gradcheck.diff(case)
        with pytest.raises(gradcheck.BroadcastError):
            COLUMN * ROW
    assert (report.verdict, report.findings[0].cause) == ("different", "broadcast")


def test_the_factory_of_a_comparison_is_not_guarded():
    @gradcheck.case
    def factory(seed=0):
        noise = COLUMN - ROW + tf.cast(seed, tf.float32)
        w = tf.Variable(tf.ones((5, 1)))
        return gradcheck.Case(
            reference=lambda x: tf.reduce_sum(x @ w),
            candidate=lambda x: tf.reduce_sum(x @ w),
            batch={"x": noise.numpy()},
            variables={"w": w},
        )

    with gradcheck.guard(on="raise"):
        assert gradcheck.diff(factory).equivalent


def test_nothing_is_kept_alive():
    import gc
    import weakref

    with gradcheck.guard(on="collect"):
        tensor = tf.ones((4, 2))[:, None]
        reference = weakref.ref(tensor)
        del tensor
        gc.collect()
        assert reference() is None


def test_what_the_hook_is_given_changes_nothing():
    plain = [COLUMN * ROW, tf.function(lambda: COLUMN * ROW)()]
    with contextlib.suppress(gradcheck.BroadcastWarning), gradcheck.guard(on="collect"):
        again = [COLUMN * ROW, tf.function(lambda: COLUMN * ROW)()]
    for one, other in zip(plain, again, strict=True):
        tf.debugging.assert_equal(one, other)
