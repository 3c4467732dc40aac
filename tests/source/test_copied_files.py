"""A function that stands in two files, as one script is made from another, is two functions."""

import itertools
import runpy

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.source import Site, span_of

LOSS = """import tensorflow as tf

def loss(x):
    return tf.reduce_sum(x * 2.0)
"""


def copies(folder):
    for name in ("first.py", "second.py"):
        (folder / name).write_text(LOSS)
        yield runpy.run_path(str(folder / name))["loss"]


def test_what_each_side_runs_is_shown_in_its_own_file(tmp_path):
    weight = tf.Variable([1.0, 2.0])
    first, second = copies(tmp_path)
    case = gradcheck.Case(
        reference=lambda x: first(x * weight),
        candidate=lambda x: second(x * weight),
        batch={"x": np.ones(2, "float32")},
        variables=[weight],
    )
    sides = gradcheck.shapes(case).sides
    files = [{row.span.file for row in side.rows if "2.0" in row.text} for side in sides]
    assert files == [{str(tmp_path / "first.py")}, {str(tmp_path / "second.py")}]


def test_the_same_file_loaded_again_has_the_same_places(tmp_path):
    first, second, again = *copies(tmp_path), runpy.run_path(str(tmp_path / "first.py"))["loss"]
    assert Site(first.__code__, 0) == Site(again.__code__, 0) != Site(second.__code__, 0)
    assert len({Site(loss.__code__, 0) for loss in (first, second, again)}) == 2
    for one, other in itertools.pairwise((first, second)):
        assert span_of(Site(one.__code__, 0)).file != span_of(Site(other.__code__, 0)).file
