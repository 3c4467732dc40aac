"""A comprehension is one expression, whether Python runs it in a frame of its own (3.11) or not (since 3.12)."""

import sys

import pytest
import tensorflow as tf

import gradcheck
from gradcheck.source import inlined


def in_each_other(x):
    rows = [tf.unstack(row) for row in tf.unstack(x)]
    squares = [[tf.square(value) for value in row] for row in rows]
    return tf.add_n(tf.nest.flatten(squares))


def run_again(x):
    rows, found = tf.unstack(x), []
    for _ in range(4):
        found.append([tf.square(row) for row in rows])
    return tf.add_n(tf.nest.flatten(found))


def over_two_iterables(x):
    return tf.add_n([row * other for row in tf.unstack(x) for other in tf.unstack(x)])


def over_a_tensor(x):
    return tf.add_n([row * 2.0 for row in x])


def a_mapping_and_a_set(x):
    mapping = {index: tf.exp(row) for index, row in enumerate(tf.unstack(x))}
    references = {tf.abs(row).ref() for row in tf.unstack(x)}
    return tf.add_n([*mapping.values()]) + tf.add_n([each.deref() for each in references])


def a_generator(x):
    return tf.add_n(list(tf.abs(row) for row in x))  # noqa: C400 - it is a generator that is tried


def after_for(x):
    total = tf.zeros(())
    for row in [tf.exp(row) for row in tf.unstack(x)]:
        total += tf.reduce_sum(row)
    return total


def helper(value):
    return [tf.square(each) for each in tf.unstack(value)]


def with_calls(x):
    return tf.add_n(tf.nest.flatten([helper(row) for row in tf.unstack(x)]))


def rows_of(function):
    view = gradcheck.shapes(function, inputs={"x": "float32[3,2]"})
    return [(row.level, row.text, row.times) for row in view.sides[0].rows]


EXPECTED = {
    in_each_other: [
        (0, "squares = [[tf.square(value) for value in row] for row in rows]", 1),
        (1, "[tf.square(value) for value in row]", 3),
        (2, "tf.square(value)", 6),
    ],
    run_again: [
        (0, "found.append([tf.square(row) for row in rows])", 4),
        (1, "tf.square(row)", 12),
    ],
    over_two_iterables: [
        (1, "[row * other for row in tf.unstack(x) for other in tf.unstack(x)]", 1),
        (2, "tf.unstack(x)", 3),
        (2, "row * other", 9),
    ],
    over_a_tensor: [
        (1, "[row * 2.0 for row in x]", 1),
        (2, "[row * 2.0 for row in x]", 3),
        (2, "row * 2.0", 3),
    ],
    a_mapping_and_a_set: [
        (0, "mapping = {index: tf.exp(row) for index, row in enumerate(tf.unstack(x))}", 1),
        (1, "tf.exp(row)", 3),
        (0, "references = {tf.abs(row).ref() for row in tf.unstack(x)}", 1),
        (1, "tf.abs(row)", 3),
    ],
    a_generator: [
        (1, "list(tf.abs(row) for row in x)", 1),
        (2, "tf.abs(row)", 3),
    ],
    after_for: [
        (0, "for row in [tf.exp(row) for row in tf.unstack(x)]:", 1),
        (1, "tf.exp(row)", 3),
    ],
    with_calls: [
        (1, "[helper(row) for row in tf.unstack(x)]", 1),
        (2, "helper(row)", 3),
        (3, "return [tf.square(each) for each in tf.unstack(value)]", 3),
        (4, "tf.unstack(value)", 3),
        (4, "tf.square(each)", 6),
    ],
}


@pytest.mark.parametrize("function", EXPECTED)
def test_a_comprehension_has_a_row_above_those_of_its_body(function):
    found = rows_of(function)
    assert [row for row in found if row in EXPECTED[function]] == EXPECTED[function]


inlined_here = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="each comprehension has a frame of its own"
)


@inlined_here
def test_two_runs_count_as_one_where_no_tool_of_python_is_free(monkeypatch):
    monkeypatch.setattr(sys.monitoring, "get_tool", lambda tool: "another")
    assert (0, "found.append([tf.square(row) for row in rows])", 1) in rows_of(run_again)


@inlined_here
def test_the_tool_that_was_used_is_free_again_and_hears_nothing():
    before = [sys.monitoring.get_tool(tool) for tool in range(6)]
    rows_of(run_again)
    assert [sys.monitoring.get_tool(tool) for tool in range(6)] == before
    for tool in (number for number in range(6) if before[number] is None):
        sys.monitoring.use_tool_id(tool, "test")
        left = sys.monitoring.get_local_events(tool, run_again.__code__)
        sys.monitoring.free_tool_id(tool)
        assert left == sys.monitoring.events.NO_EVENTS


def test_a_long_comprehension_is_found_too():
    scope: dict[str, object] = {}
    exec(f"def long(x, f):\n    return [f(row{', x' * 300}) for row in x]", scope)
    found = inlined(scope["long"].__code__)
    assert len(found) == (sys.version_info >= (3, 12))
    assert all(each.end - each.loop > 600 for each in found)


def test_a_loop_that_fills_a_list_is_no_comprehension():
    def fills(x):
        found = []
        for row in []:
            found += [row, x]
        return found

    assert inlined(fills.__code__) == ()
