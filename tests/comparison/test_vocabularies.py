"""What may be written in a statement of the candidate, as it was run."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.comparison.vocabularies import Vocabularies
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.trials import Trials
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.behind import Behind
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.quantities import may_stand_for

TIMES, TURN = 0.7, 3.5

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")


def reference(x):
    share = TIMES / len(x) / 0.7
    return tf.reduce_sum(tf.sin(x * W) * share * 0.3)


def candidate(x):
    x = tf.reduce_sum(x * W, axis=1)
    return tf.reduce_sum(tf.sin(x))


def statement_and_vocabulary(line):
    gradcheck.execution.start()
    x = np.random.default_rng(1).normal(size=(7, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])
    pair = run_pair(case, 0)
    first, second = (Groups(run.recording, *points_of(run).arrays()) for run in pair.runs)
    alignment = Alignment(second, first)
    behind = Behind(alignment)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    known = Vocabularies(pair, alignment, behind, trials, twins=False)
    sites = [op.site for op in pair.runs[1].recording.ops]
    lines = {one.node.lineno - candidate.__code__.co_firstlineno: one for one in behind.at(sites)}
    return known.of(lines[line])


def test_one_over_the_number_of_samples_scales_nothing():
    assert statement_and_vocabulary(2).scales == ["0.3"]


def test_a_number_of_the_module_that_a_side_reads_may_be_written():
    numbers = statement_and_vocabulary(1).numbers
    assert "TIMES" in numbers
    assert "TURN" not in numbers  # neither side reads it


def test_a_name_has_the_shape_that_it_has_before_a_statement():
    assert statement_and_vocabulary(1).shapes["x"] == (7, 3)
    assert statement_and_vocabulary(2).shapes["x"] == (7,)


def test_an_entry_of_a_batch_may_be_longer_than_another_and_no_other_array():
    kinds = {name: ("flo", (length, 2)) for name, length in (("a", 3), ("b", 4), ('batch["c"]', 5))}
    known = {name: np.zeros(shape) + 1 for name, (_, shape) in kinds.items()}
    given = {"kinds": kinds, "known": known, "twins": False}
    assert may_stand_for("a", 'batch["c"]', entries={"a", "c"}, **given)
    assert not may_stand_for("a", 'batch["c"]', entries={"a", "b"}, **given)
