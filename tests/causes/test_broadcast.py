"""The broadcast finding: at the very expression, with the shapes under its operands."""

import linecache
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support import corpus
from support.manifest import ENTRIES, file_of

N = 5


def diff(candidate, reference=None, n=N) -> gradcheck.Report:
    """Compare losses of a column (n, 1) of predictions and a row (n,) of targets."""
    draw = np.random.default_rng(3)
    w = tf.Variable(draw.normal(size=(2, 1)).astype("float32"), name="w")
    batch = {"x": draw.normal(size=(n, 2)).astype("float32"), "row": draw.normal(size=n).astype("float32")}

    def by_default(column, row):
        return tf.reduce_mean(tf.square(column[:, 0]) * (3 + row))

    def on_column(loss):
        return lambda x, row: loss(x @ w, row)

    case = gradcheck.Case(
        reference=on_column(reference or by_default),
        candidate=on_column(candidate),
        batch=batch,
        variables={"w": w},
    )
    return gradcheck.diff(case, budget=0)


def broadcasts(report) -> list[gradcheck.Finding]:
    return [finding for finding in report.findings if finding.cause == "broadcast"]


def the_broadcast(candidate) -> gradcheck.Finding:
    report = diff(candidate)
    assert report.verdict == "different"
    (finding,) = broadcasts(report)
    assert sorted(finding.shapes) == [(N,), (N, 1), (N, N)]
    assert finding.shapes[-1] == (N, N)
    return finding


def written_at(span) -> str:
    """Return what stands at the lines and columns of `span`, counted in characters."""
    lines = linecache.getlines(__file__)[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    return "".join(lines)[span.column - 1 :]


# Losses ------------------------------------------------------------------------------------------------


def product(column, row):
    return tf.reduce_mean(column * row)


def difference(column, row):
    return tf.reduce_mean(tf.square(row - column))


def quotient(column, row):
    return tf.reduce_mean(column**2 / (3 + row))


def power(column, row):
    return tf.reduce_mean((3 + tf.tanh(column)) ** row)


def augmented(column, row):
    column *= row
    return tf.reduce_mean(column)


def augmented_in_place_of_an_item(column, row):
    held = [column]
    held[0] -= row
    return tf.reduce_mean(tf.square(held[0]))


def function(column, row):
    return tf.reduce_mean(tf.multiply(column, row))


def squared_difference(column, row):
    return tf.reduce_mean(tf.math.squared_difference(row, column))


def maximum(column, row):
    return tf.reduce_mean(tf.maximum(row, column))


def by_keyword(column, row):
    return tf.reduce_mean(tf.multiply(y=row, x=column))


def comparison(column, row):
    chosen = column > row
    return tf.reduce_mean(tf.where(chosen, column, 0.0))


def over_lines(column, row):
    return tf.reduce_mean(
        tf.square(column)
        * tf.exp(
            row,
        )
    )


def after_unicode(column, row):
    return {"∑ größe 😀": tf.reduce_mean(column * row)}["∑ größe 😀"]


def around_unicode(column, row):
    größe = row  # noqa: PLC2401 - what is tested
    return tf.reduce_mean(column * größe)


def twice_on_a_line(column, row):
    return tf.reduce_mean(column[:, 0] * row) + tf.reduce_mean(column * row)


def nested(column, row):
    def weighted(of):
        return of * row

    return tf.reduce_mean(weighted(column))


def anonymous(column, row):
    return (lambda of: tf.reduce_mean(of * row))(column)  # noqa: PLC3002 - what is tested


def comprehension(column, row):
    return tf.add_n([tf.reduce_mean(column * row * factor) for factor in (1.0, 2.0)])


def generator(column, row):
    return sum(tf.reduce_mean(factor * column - row) ** 2 for factor in (1.0, 2.0))


def method_over_lines(column, row):
    return tf.reduce_mean(
        tf.math
        .multiply(
            column,
            row,
        )
    )  # fmt: skip


def in_a_tf_function(column, row):
    return graph(column, row)


@tf.function
def graph(column, row):
    return tf.reduce_mean(column * row)


LOSSES = {
    product: ("column * row", ["column", "row"]),
    difference: ("row - column", ["row", "column"]),
    quotient: ("column**2 / (3 + row)", ["column**2", "3 + row"]),
    power: ("(3 + tf.tanh(column)) ** row", ["3 + tf.tanh(column)", "row"]),
    augmented: ("column *= row", ["column", "row"]),
    augmented_in_place_of_an_item: ("held[0] -= row", ["held[0]", "row"]),
    function: ("tf.multiply(column, row)", ["column", "row"]),
    squared_difference: ("tf.math.squared_difference(row, column)", ["row", "column"]),
    maximum: ("tf.maximum(row, column)", ["row", "column"]),
    by_keyword: ("tf.multiply(y=row, x=column)", []),
    over_lines: (
        "tf.square(column)\n        * tf.exp(\n            row,\n        )",
        ["tf.square(column)", "tf.exp(\n            row,\n        )"],
    ),
    after_unicode: ("column * row", ["column", "row"]),
    around_unicode: ("column * größe", ["column", "größe"]),
    twice_on_a_line: ("column * row", ["column", "row"]),
    nested: ("of * row", ["of", "row"]),
    anonymous: ("of * row", ["of", "row"]),
    comprehension: ("column * row", ["column", "row"]),
    method_over_lines: (None, ["column", "row"]),
    in_a_tf_function: ("column * row", ["column", "row"]),
}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_expression_and_operands(loss):
    text, operands = LOSSES[loss]
    finding = the_broadcast(loss)
    assert finding.span.file.endswith("test_broadcast.py")
    assert finding.span.text == written_at(finding.span)
    if text is not None:
        assert finding.span.text == text
    assert [operand.span.text for operand in finding.operands] == operands
    for operand in finding.operands:
        assert operand.span.text == written_at(operand.span)
        is_row = "row" in operand.span.text or operand.span.text == "größe"
        assert operand.shape == ((N,) if is_row else (N, 1))


def test_a_method_over_several_lines_is_shown_up_to_its_end():
    span = the_broadcast(method_over_lines).span
    assert span.text.endswith("multiply(\n            column,\n            row,\n        )")


def test_the_second_of_two_like_expressions_is_told_from_the_first():
    span = the_broadcast(twice_on_a_line).span
    line = linecache.getline(__file__, span.line)
    assert line[: span.column - 1].endswith("tf.reduce_mean(")
    assert span.column > line.index("column[:, 0]")


def test_a_comparison_is_found_with_its_operands():
    report = diff(comparison)
    found = {finding.span.text: finding for finding in broadcasts(report)}
    assert report.verdict == "different"
    assert [operand.span.text for operand in found["column > row"].operands] == ["column", "row"]


def test_one_line_run_often_is_one_finding():
    finding = the_broadcast(comprehension)
    assert "2 runs" in finding.message


def test_what_map_fn_calls_is_shown_as_it_is_written():
    def pairs(both):
        column, row = both
        return column * row

    def candidate(column, row):
        twice = tf.stack([column, -column]), tf.stack([row, row])
        return tf.reduce_mean(tf.map_fn(pairs, twice, fn_output_signature=tf.float32))

    (finding,) = broadcasts(diff(candidate))
    assert finding.span.text == "column * row"
    assert finding.span.file == __file__ or __file__.endswith(finding.span.file)


def test_two_expressions_are_two_findings():
    def loss(column, row):
        return tf.reduce_mean(column * row) + tf.reduce_mean(tf.square(row + column))

    assert {finding.span.text for finding in broadcasts(diff(loss))} == {"column * row", "row + column"}


# What is none -------------------------------------------------------------------------------------------


def scalar(column, row):
    return tf.reduce_mean(2.0 * column + tf.reduce_mean(row))


def one_sample(column, row):
    return tf.reduce_mean(column[:1] * row[:1])


def same_rank(column, row):
    return tf.reduce_mean(column * row[:, None])


def bias(column, row):
    return tf.reduce_mean(tf.square(tf.tile(column, [1, 3]) + tf.constant([0.5, 1.5, 2.5])))


def not_used(column, row):
    _ = column * row
    return tf.reduce_mean(column)


@pytest.mark.parametrize(
    "loss", [scalar, one_sample, same_rank, not_used, bias], ids=lambda loss: loss.__name__
)
def test_growth_of_one_operand_is_no_finding(loss):
    report = diff(loss)
    assert report.verdict == "different"  # from the reference, so that findings are looked for
    assert broadcasts(report) == []


def of_some_steps(rows):
    return tf.reduce_sum(tf.sequence_mask([3, 1, 2, 3, 1], 3, dtype=tf.float32) * rows)


def of_each_step(rows):
    return tf.reduce_sum(tf.cast(tf.range(3) < tf.constant([3, 1, 2, 3, 1])[:, None], tf.float32) * rows)


@pytest.mark.parametrize("steps", [of_some_steps, of_each_step])
def test_lengths_that_are_compared_with_a_range_are_meant_so(steps):
    draw = np.random.default_rng(2)
    w = tf.Variable(draw.normal(size=(2, 3)).astype("float32"), name="w")

    def candidate(x):
        return steps(tf.square(x @ w))

    def reference(x):
        return of_some_steps(tf.square(x @ w)) + tf.reduce_sum(tf.sin(w))

    x = draw.normal(size=(5, 2)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[w])
    report = gradcheck.diff(case, budget=0)
    assert report.verdict == "different"
    assert not broadcasts(report)


def test_an_outer_sum_that_does_no_harm_is_no_error():
    report = gradcheck.diff(corpus.case("case39_sac_actor_outer_mean"), budget=0)
    assert report.verdict == "equivalent"
    assert not [finding for finding in report.findings if finding.severity != "note"]
    harmful = gradcheck.diff(corpus.case("case02_a2c_advantage_outer"), budget=0)
    assert harmful.verdict == "different"
    assert broadcasts(harmful)


@pytest.mark.parametrize(
    "name", ["case41_balanced_mse_in_batch", "ranknet_pair_matrix", "iqn_all_quantile_pairs"]
)
def test_pairs_that_are_meant_are_no_error(name):
    report = gradcheck.diff(corpus.case(name), budget=0)
    assert report.verdict == "equivalent"
    assert not [finding for finding in report.findings if finding.severity != "note"]


ONLY_PROVED = {"qr_dqn_levels_on_target_axis", "sac_log_prob_per_dimension"}
"""In which no two operands are both broadcast by accident: an edit shows it."""


@pytest.mark.parametrize("name", [name for name in corpus.DIFFERENT if ENTRIES[name].cause == "broadcast"])
def test_the_broadcasts_of_the_corpus_are_found_at_their_line(name):
    report = gradcheck.diff(corpus.case(name), budget=None if name in ONLY_PROVED else 0)
    source = file_of(name).read_text().splitlines()
    lines = {source[finding.span.line - 1].strip() for finding in broadcasts(report)}
    assert corpus.truth(name).line_marker.strip() in lines


# Source that cannot be had ------------------------------------------------------------------------------


def inside_a_layer(candidate, reference=None):
    """Compare losses of samples (4, 3, 5): a layer over the last axis combines (4, 3, 1) with (1, 1, 5)."""
    draw = np.random.default_rng(3)
    normed = keras.layers.LayerNormalization()
    normed.build((None, 3, 5))
    normed.gamma.assign([1.0, 2.0, 0.5, -1.0, 3.0])
    batch = {"x": draw.normal(size=(4, 3, 5)).astype("float32"), "y": draw.normal(size=4).astype("float32")}
    case = gradcheck.Case(
        reference=lambda x, y: (reference or right_after_a_norm)(normed(x), y),
        candidate=lambda x, y: candidate(normed(x), y),
        batch=batch,
        variables=normed,
    )
    return gradcheck.diff(case, budget=0)


def right_after_a_norm(h, y):
    return tf.reduce_mean(tf.square(tf.reduce_sum(h * h, axis=(1, 2)) - y))


def wrong_after_a_norm(h, y):
    return tf.reduce_sum(tf.square(tf.reduce_sum(h * h, axis=(1, 2)) - y))


def paired_in_a_library(h, y):
    column = tf.reduce_sum(h * h, axis=(1, 2), keepdims=True)[:, 0]
    return tf.reduce_mean(tf.square(tf.nn.batch_normalization(column, y, 1.0, None, None, 0.0)))


@pytest.mark.parametrize("candidate", [right_after_a_norm, wrong_after_a_norm])
def test_a_step_of_a_layer_that_combines_no_samples_is_no_finding(candidate):
    report = inside_a_layer(candidate)
    assert report.verdict == ("equivalent" if candidate is right_after_a_norm else "different")
    assert broadcasts(report) == []


def test_a_step_of_a_library_that_pairs_all_samples_is_a_finding():
    report = inside_a_layer(paired_in_a_library)
    assert report.verdict == "different"
    assert [finding.shapes[-1] for finding in broadcasts(report)] == [(4, 4)]


def test_code_made_by_exec():
    made = {"tf": tf}
    source = """
        def loss(column, row):
            return tf.reduce_mean(column * row)
    """
    exec(compile(textwrap.dedent(source), "<made>", "exec"), made)
    finding = the_broadcast(made["loss"])
    assert finding.span.file == "<made>"
    assert finding.span.line == 3
    assert finding.span.text == ""
    assert finding.operands == ()
    assert str(diff(made["loss"]))


def test_code_made_by_eval():
    assert the_broadcast(eval("lambda column, row: tf.reduce_mean(column * row)")).span.text == ""


def meant_pairs_scaled(column, row):
    return tf.reduce_mean((2.0 - column[:, 0][:, None]) * (0.5 * row[None, :]))


def one_operand_scaled(column, row):
    return tf.reduce_mean((2.0 - column) * (0.5 * row[None, :]))


@pytest.mark.parametrize(("candidate", "suspected"), [(meant_pairs_scaled, 0), (one_operand_scaled, 1)])
def test_two_operands_that_were_each_given_an_axis_are_meant_as_pairs_also_when_scaled(candidate, suspected):
    assert len(broadcasts(diff(candidate))) == suspected
