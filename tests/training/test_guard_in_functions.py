"""The guard in functions of `tf.function`: which line it names, who runs them, and how long they may be."""

import textwrap

import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.record import origins
from support.guarded import built

COLUMN, ROW = tf.reshape(tf.range(5.0), (5, 1)), tf.range(5.0)


def found(run, *arguments):
    with gradcheck.guard(on="collect") as guard:
        run(*arguments)
    return guard.findings


# Which line it is


SOURCES = {
    "backslashes above": r"""
        def run(a, b):
            c = a \
                + 1.0
            d = c \
                * \
                2.0
            return tf.reduce_sum(
                d - b)  # here
        """,
    "a backslash within": r"""
        def run(a, b):
            c = tf.reduce_sum(a) + \
                tf.reduce_sum(a \
                    - b)  # here, from one line above on
            return c
        """,
    "a backslash in a text": r"""
        def run(a, b):
            '''Do \
            it.'''
            text = '''one \
            two'''
            return a - b  # here
        """,
    "decorators and comments": r"""
        def same(*arguments, **named):
            return lambda function: function

        @same(
            1,
            two=\
            2,
        )
        # A comment.
        @same()
        def run(a, b):
            # Another.

            c = '''of
            several lines'''
            return a - b  # here
        """,
    "the same text twice, after backslashes": r"""
        def run(a, b):
            x = b \
                + 1.0 \
                + 2.0
            c = tf.reduce_sum(x - b)
            x = a
            return c + tf.reduce_sum(x - b)  # here
        """,
    "the same text above a statement of many lines": r"""
        def run(a, b):
            x = b
            c = tf.reduce_sum(x - b)
            x = a
            d = tf.add(
                c,

                tf.reduce_sum(
                    x - b))  # here
            return d
        """,
    "an inner function": r"""
        def run(a, b):
            scale = 1.0 \
                + 1.0

            def inner(a):
                return scale \
                    * (a - b)  # here

            return inner(a)
        """,
    "a lambda over lines": r"""
        run = (
            lambda a, b: tf.reduce_sum(a) +
            tf.reduce_sum(
                a - b)  # here
        )
        """,
    "a condition and a loop": r"""
        def run(a, b):
            c = tf.constant(0.0)
            for _ in tf.range(2):
                if tf.reduce_sum(a) \
                        > 0.0:
                    c = c + tf.reduce_sum(a - b)  # here
            return c
        """,
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_line_is_the_one_in_the_file(target, name):
    source = textwrap.dedent(SOURCES[name]).strip()
    run = tf.function(built(target, source))
    (finding,) = found(run, COLUMN, ROW)
    lines = source.splitlines()
    assert [number for number, line in enumerate(lines, start=3) if "# here" in line] == [
        finding.span.end_line
    ]
    assert "".join(finding.span.text.replace("\\", "").split()) in ("a-b", "d-b", "x-b", "scale*(a-b)")


def test_of_two_lambdas_on_a_line_it_is_the_one_that_ran(target):
    one, other = "lambda b, a: tf.reduce_sum(a - b)", "lambda a, b: tf.reduce_sum(a - b)"
    (finding,) = found(tf.function(built(target, f"run = [{one}, {other}][1]")), COLUMN, ROW)
    assert (finding.span.text, finding.span.column) == (
        "a - b",
        len(f"run = [{one}, lambda a, b: tf.reduce_sum(") + 1,
    )


def test_where_the_expression_is_not_found_the_line_is_right(target, monkeypatch):
    written = "def run(a, b):\n    c = a \\\n        + 1.0\n    return c / b"
    monkeypatch.setattr("gradcheck.execution.record.caller.original", lambda *_: None)
    (finding,) = found(tf.function(built(target, written)), COLUMN, ROW)
    assert (finding.span.text, finding.span.line) == ("return c / b", 6)


def test_where_a_lambda_is_not_found_the_line_is_right(target, monkeypatch):
    monkeypatch.setattr("gradcheck.execution.record.caller.original", lambda *_: None)
    written = "x = 1.0 + \\\n    2.0\nrun = lambda a, b: x * \\\n    tf.reduce_sum(a) + (\n        a / b)"
    (finding,) = found(tf.function(built(target, written)), COLUMN, ROW)
    assert finding.span.line == 6


def test_an_expression_of_a_thousand_terms_is_named_by_its_line(target):
    terms = " + ".join(["a"] * 700)
    run = tf.function(
        built(target, f"def run(a, b):\n    c = tf.reduce_sum(a)\n    return c + ({terms} - b)")
    )
    (finding,) = found(run, COLUMN, ROW)
    assert finding.span.line == 5


# Who runs them


@pytest.fixture(scope="module")
def strategy():
    return tf.distribute.MirroredStrategy(["CPU:0"])


def run_by(strategy, target, body):
    source = f"""
        def run(strategy, x, y):
            def step(x, y):
                return {body}
            return strategy.run(step, args=(x, y))
    """
    return tf.function(built(target, source)), strategy


def test_a_step_that_is_defined_in_a_function_and_run_by_a_strategy_is_seen(strategy, target):
    run, strategy = run_by(strategy, target, "tf.reduce_mean((y - x) ** 2)")
    (finding,) = found(run, strategy, COLUMN, ROW)
    assert (finding.span.text, finding.span.line) == ("y - x", 5)


def test_a_right_one_is_left_alone(strategy, target):
    run, strategy = run_by(strategy, target, "tf.reduce_mean((y - x[:, 0]) ** 2)")
    assert found(run, strategy, COLUMN, ROW) == ()


def test_in_a_replica_too_what_was_handed_in_is_known_to_have_been_given_its_axis(strategy, target):
    body = "tf.reduce_sum(x - y)"
    was_given, was_not = run_by(strategy, target, body)[0], run_by(strategy, target, body)[0]
    assert found(lambda: was_given(strategy, ROW[:, None], ROW)) == ()
    assert len(found(lambda: was_not(strategy, tf.constant(ROW.numpy()[:, None]), ROW))) == 1


def test_a_comparison_in_a_replica_is_not_guarded(strategy):
    @gradcheck.case
    def factory(seed=0):
        noise = strategy.run(lambda: COLUMN - ROW)
        w = tf.Variable(tf.ones((5, 1)))
        return gradcheck.Case(
            reference=lambda x: tf.reduce_sum(x @ w),
            candidate=lambda x: tf.reduce_sum(x @ w),
            batch={"x": noise.numpy()},
            variables={"w": w},
        )

    assert found(gradcheck.diff, factory) == ()


# How long they may be


def long(x, y, steps):
    for _ in range(steps):
        x = x + 1.0
    return tf.reduce_mean(x * y)


def test_a_function_of_thousands_of_ops_in_a_row_is_looked_at():
    (finding,) = found(tf.function(long), COLUMN, ROW, 2000)
    assert finding.span.text == "x * y"


def test_what_stands_at_the_other_end_of_it_counts():
    @tf.function
    def meant(row):
        return long(row[:, None], row, 2000)

    assert found(meant, ROW) == ()


def test_no_op_is_looked_at_twice(monkeypatch):
    """However many ops ask where their operands come from: else a long function would take forever to trace."""
    looked_at = []

    def counted(op_type, inputs, made):
        looked_at.append(made.number)
        return source(op_type, inputs, made)

    from gradcheck.program.accidental_broadcast import source

    monkeypatch.setattr("gradcheck.execution.record.origins.source", counted)

    @tf.function
    def asks_at_each_step(x, y):
        for _ in range(50):
            x = x + 1.0
            tf.reduce_mean(x * y)
        return x

    assert len(found(asks_at_each_step, COLUMN, ROW)) == 1
    assert len(looked_at) == len(set(looked_at)) and len(looked_at) >= 50


def test_tracing_reads_each_capture_once_however_many_there_are(monkeypatch):
    """...and not all of them for each: of a large model, thousands are captured."""
    read, captures_of = [], origins.captures_of

    class Counted(dict):
        def __getitem__(self, key):
            read.append(key)
            return super().__getitem__(key)

    monkeypatch.setattr(origins, "captures_of", lambda graph: tuple(map(Counted, captures_of(graph))))
    captured = [tf.fill([1, 200], float(number)) for number in range(30)]

    @tf.function
    def run(row):
        return tf.add_n([row * one + one for one in captured])

    with gradcheck.guard(on="collect"):
        run.get_concrete_function(tf.ones([1, 200]))
    assert len(read) == 2 * len(captured)  # what stands for it inside, and itself


def test_what_is_captured_after_the_first_look_is_known_too():
    """A row that was captured, and not handed in, was given its axis by nobody."""
    first, row = tf.ones([1, 200]), tf.fill([1, 200], 2.0)

    @tf.function
    def captures_late(x):
        return tf.reduce_mean(x * first) + tf.reduce_mean(x * row)

    with gradcheck.guard(on="collect") as watched:
        captures_late.get_concrete_function(tf.ones([200, 1]))
    handed = tf.function(lambda x, one, two: tf.reduce_mean(x * one) + tf.reduce_mean(x * two))
    with gradcheck.guard(on="collect") as other:
        handed.get_concrete_function(tf.ones([200, 1]), first, row)
    assert len(watched.findings) == 2
    assert not other.findings


COLLECTS = """
    import gc

    def run(a, b):
        gc.collect()
        return a - b
"""


def test_a_function_is_seen_though_one_of_equal_code_is_forgotten_while_it_is_traced(target):
    """AutoGraph writes both once, and forgets what it wrote when the first of them is collected."""
    tf.function(built(target, COLLECTS))(COLUMN, ROW)
    (finding,) = found(tf.function(built(target, COLLECTS)), COLUMN, ROW)
    assert finding.span.text == "a - b"
