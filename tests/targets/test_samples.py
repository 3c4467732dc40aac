"""Inputs of unlike lengths: which have the samples, and who has to know."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.fuzzing.reproduce import case_with_batch
from gradcheck.fuzzing.search import Maker
from gradcheck.fuzzing.variants import Variant
from gradcheck.targets.samples import sample_axis

N, WORDS = 6, 9
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(N, 3)).astype("float32")
Y = RANDOM.normal(size=N).astype("float32")
VOCABULARY = RANDOM.normal(size=(WORDS, 2)).astype("float32")


@pytest.fixture
def w():
    return tf.Variable(np.random.default_rng(1).normal(size=(3, 2)).astype("float32"), name="w")


def diff(w, candidate, reference=None, **more):
    batch = more.pop("batch", {"x": X, "y": Y, "words": VOCABULARY})
    budget = more.pop("budget", None)

    def bound(loss):
        return None if loss is None else lambda **inputs: loss(w, **inputs)

    case = gradcheck.Case(
        candidate=bound(candidate), reference=bound(reference), batch=batch, variables=[w], **more
    )
    return gradcheck.diff(case, budget=budget)


def nearest(w, x, y, words):
    """Return a loss of samples that all use the whole vocabulary."""
    scores = tf.reduce_logsumexp(x @ w @ tf.transpose(words), axis=1)
    return tf.reduce_mean(tf.square(y - scores))


def loop(w, x, y, words):
    losses = [(y[i] - tf.reduce_logsumexp(x[i : i + 1] @ w @ tf.transpose(words))) ** 2 for i in range(N)]
    return tf.add_n(losses) / N


def outer(w, x, y, words):
    scores = tf.reduce_logsumexp(x @ w @ tf.transpose(words), axis=1, keepdims=True)
    return tf.reduce_mean(tf.square(y - scores))


def test_a_vocabulary_beside_a_batch_is_compared(w):
    assert diff(w, nearest, loop).verdict == "equivalent"


def test_and_what_differs_beside_it_is_proved_on_a_second_batch(w):
    report = diff(w, outer, loop)
    assert report.verdict == "different"
    assert report.findings[0].verified


def test_without_a_reference_the_vocabulary_stays_whole(w):
    assert diff(w, nearest).verdict == "consistent"
    assert diff(w, outer).findings[0].verified


def graph(w, nodes, targets, edges):
    hidden = nodes @ w
    messages = tf.math.unsorted_segment_sum(tf.gather(hidden, edges[:, 0]), edges[:, 1], N)
    return tf.reduce_mean(tf.square(targets - tf.reduce_sum(hidden + messages, axis=1)))


def one_edge_too_few(w, nodes, targets, edges):
    return graph(w, nodes, targets, edges[1:])


GRAPH = {"nodes": X, "targets": Y, "edges": np.array([[i, (i + 1) % N] for i in range(N)] + [[0, 2]])}


def test_nodes_and_edges_are_compared(w):
    assert diff(w, graph, graph, batch=GRAPH).verdict == "equivalent"
    assert diff(w, one_edge_too_few, graph, batch=GRAPH, budget=0).verdict == "different"


def test_where_a_single_sample_raises_it_is_said_what_was_cut(w):
    report = diff(w, graph, batch=GRAPH)
    assert report.verdict == "inconclusive"
    assert "a sample is a row of `nodes` and `targets`; `edges` stayed whole" in report.reason
    assert "Case(samples=" in report.reason


def points(w, source, target):
    distances = tf.reduce_sum(tf.square((source @ w)[:, None] - target[None]), axis=2)
    return tf.reduce_mean(tf.reduce_min(distances, axis=1))


CLOUDS = {"source": X, "target": VOCABULARY}


def test_where_two_lengths_are_equally_common_a_reference_needs_no_sample_axis(w):
    assert diff(w, points, points, batch=CLOUDS).verdict == "equivalent"
    assert diff(w, lambda *a, **k: 2 * points(*a, **k), points, batch=CLOUDS, budget=0).verdict == "different"


def test_and_without_a_reference_it_is_asked_for(w):
    with pytest.raises(gradcheck.CaseError) as error:
        diff(w, points, batch=CLOUDS)
    assert "`source` has 6, `target` has 9" in str(error.value)
    assert "Case(samples=" in str(error.value)


@pytest.mark.parametrize("named", ["source", ["source"]])
def test_named_it_is_taken(w, named):
    report = diff(w, points, batch=CLOUDS, samples=named)
    assert report.verdict == "consistent"
    assert "6 samples" in report.reason


def test_what_is_as_long_by_chance_can_be_left_out_by_name(w):
    as_long = {"x": X, "y": Y, "words": VOCABULARY[:N]}
    assert diff(w, nearest, batch=as_long).verdict != "consistent"
    assert diff(w, nearest, batch=as_long, samples=["x", "y"]).verdict == "consistent"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("z", "samples names `z`, but the batch has 'x', 'y', 'words'"),
        (["x", "words"], "have different leading lengths: `x` has 6, `words` has 9; expected one"),
        ([], "expected names of inputs"),
        (3, "samples is an int; expected names of inputs"),
    ],
)
@pytest.mark.parametrize("reference", [None, nearest])
def test_names_that_fit_nothing_are_refused(w, named, said, reference):
    with pytest.raises(gradcheck.CaseError) as error:
        diff(w, nearest, reference, samples=named)
    assert said in str(error.value)


def test_a_scalar_named_has_no_axis(w):
    with pytest.raises(gradcheck.CaseError, match="a scalar has no sample axis"):
        diff(w, lambda w, rate: rate * tf.reduce_sum(w), batch={"rate": np.float32(1)}, samples="rate")


@pytest.mark.parametrize("batch", [{}, {"rate": np.float32(0.5)}])
def test_a_reference_needs_no_samples_at_all(w, batch):
    def penalty(w, rate=1.0):
        return rate * tf.reduce_sum(tf.square(w))

    assert diff(w, penalty, penalty, batch=batch).verdict == "equivalent"
    other = diff(w, lambda w, rate=1.0: rate * tf.reduce_sum(w**4), penalty, batch=batch, budget=0)
    assert other.verdict == "different"
    with pytest.raises(gradcheck.CaseError, match="has no array with a sample axis"):
        diff(w, penalty, batch=batch)


def test_a_search_cuts_what_has_samples_alone():
    v = tf.Variable(np.ones((2, 1), "float32"), name="v")

    def right(x, y, words):
        return tf.reduce_mean(tf.square(y - tf.reduce_sum(x @ v @ tf.transpose(words), axis=1)))

    def wrong(x, y, words):
        return tf.reduce_mean(
            tf.square(y - tf.reduce_sum(x @ v @ tf.transpose(words), axis=1, keepdims=True))
        )

    batch = {"x": X[:, :2], "y": Y, "words": VOCABULARY[:4, :1]}
    case = gradcheck.Case(reference=right, candidate=wrong, batch=batch, variables=[v])
    found = gradcheck.fuzz(case, examples=6).counterexample
    assert {place: len(array) for place, array in found.batch.arrays.items()} == {"x": 2, "y": 2, "words": 4}


def test_as_many_rows_as_words_do_not_make_these_samples(w):
    case = gradcheck.Case(
        candidate=lambda **inputs: nearest(w, **inputs),
        batch={"x": X, "y": Y, "words": VOCABULARY[:4]},
        variables=[w],
    )
    made = Maker(lambda seed: case, [0]).of(Variant(0, (0, 1, 2, 3)))
    assert sample_axis(made.batch).places == {"x", "y", "words"}
    assert sample_axis(made.batch, made.samples).places == {"x", "y"}


def test_nor_does_the_batch_of_a_counterexample(tmp_path):
    source = """
        import numpy as np, tensorflow as tf, gradcheck
        @gradcheck.case
        def case():
            batch = {"x": np.ones((5, 2)), "y": np.ones(5), "words": np.ones(3)}
            loss = lambda x, y, words: tf.constant(0.0)
            return gradcheck.Case(candidate=loss, batch=batch, variables=[tf.Variable(1.0)])
    """
    path = tmp_path / "losses.py"
    path.write_text(textwrap.dedent(source))
    batch = {"x": np.ones((3, 2)), "y": np.ones(3), "words": np.ones(3)}
    made = case_with_batch(f"{path}:case", batch=batch, seed=0, settings={})
    assert list(made.samples) == ["x", "y"]


def test_in_a_nest_arrays_are_told_by_their_places():
    axis = sample_axis({"x": {"a": X, "b": [Y, VOCABULARY]}, "rate": 1.0})
    assert (axis.length, axis.places) == (N, frozenset({"x/a", "x/b/0"}))
    assert axis.names({"x": {"a": X, "b": [Y, VOCABULARY]}}) is None
    assert axis.names({"x": {"a": X, "b": [Y]}, "rate": 1.0}) == ("x",)


def test_shapes_resize_what_has_samples_alone(w):
    case = gradcheck.Case(
        candidate=lambda **inputs: points(w, **inputs), batch=CLOUDS, variables=[w], samples="source"
    )
    (side,) = gradcheck.shapes(case).sides
    assert [str(axes[0]) for _, axes in side.arguments] == ["n", "9"]
