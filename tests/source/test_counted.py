"""What is divided by another count: of all parts, of what weights add up to, of an axis."""

from __future__ import annotations

import ast
import linecache
import textwrap

import pytest

from gradcheck.source.counted import Counted
from gradcheck.source.trees import tree


def counted(body: str, expression: str) -> Counted:
    """Return an expression of a function with some statements."""
    written = "STEPS = 4\n\ndef f(b):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    function = tree(name).body[1]
    nodes = [one for one in ast.walk(function) if isinstance(one, ast.expr)]
    return Counted(next(one for one in nodes if ast.unparse(one) == expression), function, name)


PARTS = """
for step in range(STEPS):
    rows = slice(step * 3, step * 3 + 3)
    keep = b["keep"][rows]
    nll, mask = losses(b["x"][rows], keep), tf.cast(b["ids"][step] > 0, tf.float32)
    part = {}
"""


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("tf.reduce_sum(nll * keep) / tf.reduce_sum(keep)", '/ tf.reduce_sum(b["keep"])'),
        ("tf.reduce_sum(nll) / tf.reduce_sum(mask)", '/ tf.reduce_sum(tf.cast(b["ids"] > 0, tf.float32))'),
        ("total / (len(rows) * tf.reduce_sum(b['keep'][rows]))", None),
        ("nll / 3.0", None),
        ("nll / step", None),
    ],
)
def test_a_part_is_divided_by_the_count_of_all(part, wanted):
    made = list(counted(PARTS.replace("{}", part), ast.unparse(ast.parse(part))).of_the_parts(4))
    dividend = part.partition(" / ")[0]
    assert made == ([] if wanted is None else [f"{dividend} * STEPS {wanted}", f"{dividend} {wanted}"])


def test_a_mean_of_samples_is_divided_by_how_many_there_are():
    body = 'for x in tf.split(b["x"], 3):\n    part = tf.reduce_mean(tf.square(x))'
    made = list(counted(body, "tf.reduce_mean(tf.square(x))").of_the_parts(3))
    assert made == [
        'tf.reduce_sum(tf.square(x)) * 3 / b["x"].shape[0]',
        'tf.reduce_sum(tf.square(x)) / b["x"].shape[0]',
    ]


def test_what_no_loop_takes_parts_of_is_no_part():
    assert list(counted("part = tf.reduce_mean(b['x'])", "tf.reduce_mean(b['x'])").of_the_parts(3)) == []


def test_a_sum_of_weighted_losses_is_divided_by_the_mean_of_the_weights():
    made = counted("loss = mse(b['y'], out(h), sample_weight=w)", "mse(b['y'], out(h), sample_weight=w)")
    own = "mse(b['y'], out(h), sample_weight=w)"
    assert list(made.of_the_weights()) == [f"{own} / tf.reduce_mean({one})" for one in ("w", "h", "b['y']")]


@pytest.mark.parametrize(("number", "count", "less"), [(4, "STEPS", "(STEPS - 1)"), (3, "3", "2")])
def test_a_count_is_written_by_its_name_if_it_has_one(number, count, less):
    made = counted("a = STEPS\nloss = a + b", "a + b")
    assert made.has_a_name(number) == (number == 4)
    assert list(made.by_a_count(number)) == [
        f"(a + b) * {count}",
        f"(a + b) / {count}",
        f"(a + b) * ({count} / {less})",
        f"(a + b) * ({count} / {less}) ** 0.5",
    ]
