"""The shapes view as people read it. With GRADCHECK_UPDATE=1 the views in golden/ are written anew."""

import io
import json
import linecache
import os
import pathlib
import re
import runpy
import zlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import gradcheck
from gradcheck.report.shapes_graph import to_dot, to_mermaid
from gradcheck.report.shapes_table import render, to_text
from gradcheck.tracing.axes import shown
from support import corpus
from support import shapes_targets as targets
from support.project import ROOT

GOLDEN = pathlib.Path(__file__).parent / "golden"
BANDIT = runpy.run_path(str(ROOT / "examples" / "bandit.py"))

pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")

VIEWS = {
    "bandit": lambda: gradcheck.shapes(BANDIT["actor"](samples=20)),
    "case04": lambda: gradcheck.shapes(corpus.case("case04_keras_dense1_custom_mse")),
    "case11": lambda: gradcheck.shapes(corpus.case("case11_dueling_global_mean")),
    "case41": lambda: gradcheck.shapes(corpus.case("case41_balanced_mse_in_batch")),
    "convolution": lambda: gradcheck.shapes(
        targets.picture_loss, inputs={"picture": "float32[6,8,8,3]", "label": "float32[6]"}, depth=1
    ),
    "lstm": lambda: of("sequence_loss", "float32[6,3,2]", name="sequence"),
    "autograph": lambda: gradcheck.shapes(targets.autograph, inputs={"x": np.ones((6, 2), "float32")}),
    "lambda": lambda: of("a_lambda", "float32[6,2]"),
    "over_lines": lambda: of("over_lines", "float32[6,2]"),
    "comprehension": lambda: of("comprehension", "float32[6,2]"),
    "growing": lambda: of("growing", "float32[6,2]"),
    "raises_half_way": lambda: of("raises_half_way", "float32[6,2]"),
    "calls_a_helper": lambda: of("normalised", "float32[6,2]"),
    "of_fixed_size": lambda: of("of_fixed_size", "float32[6,2]"),
    "cell": lambda: gradcheck.shapes(compiled(CELL), inputs={"x": "float32[6,1]", "y": "float32[6]"}),
    "exec": lambda: of("made_by_exec", "float32[6,2]"),
    "model": lambda: of("convolution", "float32[6,8,8,3]", name="picture"),
}


CELL = """def program(x, y):
    error = y - x
    return tf.reduce_mean(error ** 2)
"""


def of(function, spec, name="x"):
    return gradcheck.shapes(getattr(targets, function), inputs={name: spec})


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_looks_as_it_did(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    view = VIEWS[name]()
    for width in (80, 120):
        text = to_text(view, width).partition("  Traceback")[0] + "\n"  # the rest is TensorFlow's wording
        text = re.sub(r"\d\d(?=  lambda \*\*batch: loss)", "##", text)  # it stands in a helper of the tests
        golden = GOLDEN / f"{name}-{width}.txt"
        if os.environ.get("GRADCHECK_UPDATE") == "1":
            golden.write_text(text, encoding="utf-8")
        assert all(len(line) <= width for line in text.splitlines())
        assert text == golden.read_text(encoding="utf-8")


def rows(view, side=0):
    return {row.text: row for row in view.sides[side].rows}


def results(row):
    return [" ".join(map(shown, variant.results)) for variant in row.variants]


def reasons(view, side=0):
    return [mark.reason for row in view.sides[side].rows for mark in row.marks]


def quick(function, **inputs):
    return gradcheck.shapes(function, inputs=inputs)


class TestAxes:
    def test_names_follow_the_batch(self):
        def loss(x):
            doubled = tf.concat([x, x], axis=0)
            halves = tf.split(x, 2)[0]
            shifted = x[1:]
            flat = tf.reshape(x[:, None] * x[None, :], (-1,))
            every_third = x[::3]
            return doubled, halves, shifted, flat, every_third

        found = rows(quick(loss, x="float32[12]"))
        assert results(found["doubled = tf.concat([x, x], axis=0)"]) == ["(2·n,)"]
        assert results(found["halves = tf.split(x, 2)[0]"])[0].split(" (")[0] == "(n/2,)"
        assert results(found["shifted = x[1:]"]) == ["(n−1,)"]
        assert results(found["flat = tf.reshape(x[:, None] * x[None, :], (-1,))"]) == ["(n²,)"]
        assert results(found["every_third = x[::3]"]) == ["(n/3,)"]

    def test_an_equal_size_by_chance_is_fixed(self):
        view = quick(lambda x: x @ tf.ones((4, 4)), x="float32[4,4]")
        assert results(view.sides[0].rows[0]) == ["(n, 4)"]

    def test_what_cannot_run_at_another_size_says_why(self):
        view = of("of_fixed_size", "float32[6,2]")
        assert view.other_samples is None
        assert "with 3 samples of_fixed_size raised at" in view.why_plain
        assert results(rows(view)['x * np.ones((6, 1), "float32")']) == ["(6, 2)"]

    def test_an_odd_batch_is_doubled(self):
        assert quick(lambda x: x + 1.0, x="float32[3]").other_samples == 6

    def test_one_sample(self):
        view = quick(lambda x: x * x[:, 0], x="float32[1,2]")
        assert view.other_samples == 2
        assert results(view.sides[0].rows[0]) == ["(n, 2)"]

    def test_without_a_sample_axis_there_is_no_n(self):
        view = quick(lambda x: x + 1.0, x="float32[]")
        assert view.samples is None
        assert results(view.sides[0].rows[0]) == ["()"]

    def test_an_argument_of_another_length_stays_as_it_is(self):
        view = quick(lambda x, w: tf.linalg.matvec(x, w), x="float32[6,4]", w="float32[4]")
        assert view.sides[0].arguments[1][1][0].name == ""
        assert results(view.sides[0].rows[0]) == ["(n,)"]

    def test_an_empty_batch_has_no_name_for_its_axis(self):
        view = quick(lambda x: tf.reduce_sum(x * 2.0), x="float32[0,4]")
        assert view.other_samples is None and "it is empty" in str(view)

    def test_inputs_of_a_model_are_told_apart_by_name(self):
        import keras

        left, right = keras.Input((4,), name="left"), keras.Input((6,), name="right")
        joined = keras.layers.Dense(1)(keras.layers.Concatenate()([left, right]))
        model = keras.Model({"left": left, "right": right}, joined)
        view = quick(model, right="float32[8,6]", left="float32[8,4]")
        assert not view.failed, view.sides[0].error
        with pytest.raises(gradcheck.CaseError, match="needs its inputs"):
            gradcheck.shapes(model)


def test_outputs_of_a_model_are_in_the_order_in_which_it_returns_them():
    obs = keras.Input((6,))
    made = [keras.layers.Dense(4, name="logits")(obs), keras.layers.Dense(1, name="value")(obs)]

    def shapes_of(outputs):
        model = keras.Model(obs, outputs)
        view = quick(lambda a: tf.add_n([tf.reduce_mean(one) for one in model(a)]), a="float32[8,6]")
        row = next(row for row in view.sides[0].rows if row.text == "model(a)")
        return [tuple(map(str, axes)) for axes in row.variants[0].results]

    assert shapes_of(made) == [("n", "4"), ("n", "1")]
    assert shapes_of(made[::-1]) == [("n", "1"), ("n", "4")]


class TestMarks:
    def test_both_grow(self):
        view = quick(lambda a, b: tf.reduce_mean(a * b), a="float32[6,1]", b="float32[6]")
        assert reasons(view) == [
            "mean over the sample axis twice: of (n, n)",
            "both operands are broadcast: (n, 1) and (n,) give (n, n)",
            "(n, n) takes 144 bytes now, 14.4 kB at ten times n",
        ]

    def test_neither_grows(self):
        view = quick(lambda a, b: tf.reduce_mean(a * b[:, 0]), a="float32[6]", b="float32[6,1]")
        assert reasons(view) == []

    def test_an_axis_that_was_asked_for_is_a_note(self):
        view = quick(lambda a: a[:, None] - a[None, :], a="float32[6]")
        severities = [mark.severity for row in view.sides[0].rows for mark in row.marks]
        assert severities == ["note", "note"]
        assert reasons(view)[0].startswith(
            "both operands are broadcast deliberately (an axis of length 1 was added)"
        )

    def test_what_a_function_of_the_library_does_to_its_own_figures_is_not_marked(self):
        view = quick(lambda a: a / tf.math.reduce_std(a), a="float32[6]")
        assert reasons(view) == []

    def test_its_twin_of_values_that_were_given_to_it_is(self):
        view = quick(lambda a: keras.losses.huber(a, tf.reduce_mean(a, axis=0)), a="float32[6,3]")
        assert any("(3,) is repeated along the samples" in reason for reason in reasons(view))

    def test_one_grows_along_the_samples(self):
        view = quick(lambda a: a - tf.reduce_mean(a, axis=0), a="float32[6,3]")
        assert reasons(view) == ["(3,) is repeated along the samples, to (n, 3)"]

    def test_outputs_of_a_model_stand_in_their_order_whatever_ran_first(self):
        import keras

        def shown(swapped):
            inputs = keras.Input((3,))
            heads = [keras.layers.Dense(4)(inputs), keras.layers.Dense(1)(inputs)]
            model = keras.Model(inputs, heads[::-1] if swapped else heads)

            def loss(x):
                first, second = model(x)
                return tf.reduce_mean(first) + tf.reduce_mean(second)

            rows = quick(loss, x="float32[6,3]").sides[0].rows
            (row,) = [row for row in rows if "model(x)" in row.text]
            return [[str(length) for length in shape] for shape in row.variants[0].results]

        assert [lengths[-1] for lengths in shown(swapped=False)] == ["4", "1"]
        assert [lengths[-1] for lengths in shown(swapped=True)] == ["1", "4"]

    def test_what_a_function_repeats_inside_is_its_own_affair(self):
        assert reasons(quick(lambda a: a / tf.math.reduce_std(a), a="float32[6]")) == []
        written = quick(lambda a: a - tf.reduce_mean(a, keepdims=True), a="float32[6]")
        assert reasons(written) == ["(1,) is repeated along the samples, to (n,)"]

    def test_parameters_and_scalars_may(self):
        w, b = tf.Variable(tf.ones((3, 2))), tf.Variable(tf.ones(2))
        assert reasons(quick(lambda a: (a @ w + b) * 2.0, a="float32[6,3]")) == []
        assert reasons(quick(lambda a: a - tf.reduce_mean(a), a="float32[6,3]")) == []

    def test_a_reduction_of_nothing(self):
        def summed(a):  # not within an assertion, where older versions of pytest move what is called
            return tf.reduce_sum(a, axis=1)

        assert reasons(quick(summed, a="float32[6,1]")) == ["sum over an axis of length 1 alone: (n, 1)"]
        assert reasons(quick(summed, a="float32[6,2]")) == []
        assert reasons(quick(lambda a: tf.reduce_mean(a), a="float32[6,1]")) == []

    def test_a_reduction_of_nothing_inside_a_loss_of_keras_is_its_own_affair(self):
        import keras

        loss = keras.losses.MeanSquaredError()
        assert reasons(quick(lambda a, b: loss(a, b), a="float32[6]", b="float32[6,1]")) == []

    def test_softmax_over_one_unit_also_inside_a_layer(self):
        import keras

        one, two = (keras.layers.Dense(units, activation="softmax") for units in (1, 2))
        said = "softmax over one unit is always 1, and has no gradient"
        assert reasons(quick(lambda a: one(a), a="float32[6,3]")) == [said]
        assert reasons(quick(lambda a: two(a), a="float32[6,3]")) == []

    def test_what_a_layer_broadcasts_is_its_own_affair(self):
        import keras

        layer = keras.layers.LayerNormalization()
        assert reasons(quick(lambda a: layer(a), a="float32[6,3]")) == []
        attention = keras.layers.MultiHeadAttention(2, 3)
        assert reasons(quick(lambda a: attention(a, a, use_causal_mask=True), a="float32[6,4,3]")) == []


class TestFolding:
    def test_a_loop_counts_its_iterations(self):
        def loop(x):
            total = 0.0
            for row in x:
                total += tf.reduce_sum(tf.sin(row))
            return total

        found = rows(quick(loop, x="float32[6,2]"))
        assert {text: row.times for text, row in found.items()} == {
            "for row in x:": 6,
            "total += tf.reduce_sum(tf.sin(row))": 6,
            "tf.sin(row)": 6,
            "tf.reduce_sum(tf.sin(row))": 6,
        }

    def test_a_loop_of_one_expression_counts_its_iterations(self):
        def loop(x):
            for _ in range(5):
                x = tf.sin(x)
            return x

        assert [row.times for row in quick(loop, x="float32[6]").sides[0].rows] == [5]

    def test_several_ops_of_one_expression_are_one_execution(self):
        view = quick(lambda x: x[0, tf.constant(1)], x="float32[6,2]")
        (row,) = [row for row in view.sides[0].rows if "x[0, " in row.text]
        assert row.times == 1

    def test_a_helper_is_shown_below_its_call_once_for_each_place(self):
        def twice(x):
            first = targets.helper(x)
            second = targets.helper(first[None])
            return second

        shown_rows = [(row.level, row.text) for row in quick(twice, x="float32[6,2]").sides[0].rows]
        assert shown_rows.count((1, "centre = tf.reduce_mean(x, axis=0)")) == 2

    def test_depth_names_layers_and_ops(self):
        inputs = {"picture": "float32[6,8,8,3]", "label": "float32[6]"}
        for depth, expected in ((1, "convolution › edges"), (2, "convolution › edges › Conv2D")):
            view = gradcheck.shapes(targets.picture_loss, inputs=inputs, depth=depth)
            assert expected in rows(view), list(rows(view))

    def test_a_layer_that_is_built_in_the_call_shows_the_call_alone(self):
        import keras

        fresh = keras.layers.Dense(3)
        view = quick(lambda x: fresh(x), x="float32[6,2]")
        assert results(view.sides[0].rows[0]) == ["(n, 3)"]
        assert all(row.times == 1 for row in view.sides[0].rows)

    def test_nothing_is_kept_alive(self):
        import gc
        import weakref

        alive = []

        def function(x):
            y = x * 2.0
            alive.append(weakref.ref(y))
            return tf.reduce_sum(y)

        quick(function, x="float32[6]")
        gc.collect()
        assert [reference() for reference in alive] == [None, None]


class TestSideBySide:
    def test_scalars_of_a_loop_stand_beside_the_elements_of_an_array(self):
        view = VIEWS["bandit"]()
        reference, candidate = (side.rows for side in view.sides)
        pairs = {(reference[pair.reference].text, candidate[pair.candidate].text) for pair in view.pairs}
        assert ("tf.math.log(action_prob)", "tf.math.log(action_probs)") in pairs
        assert not any("advantages * tf.math.log" in text for _, text in pairs)

    def test_other_numbers_do_not_pair(self):
        case = gradcheck.Case(
            reference=lambda x: tf.reduce_sum(w * x),
            candidate=lambda x: tf.reduce_sum(w * x * 1.001),
            batch={"x": np.arange(6, dtype="float32")},
            variables=[w := tf.Variable(2.0)],
        )
        view = gradcheck.shapes(case)
        texts = [
            (view.sides[0].rows[p.reference].text, view.sides[1].rows[p.candidate].text) for p in view.pairs
        ]
        assert texts == [("w * x", "w * x")]


OPERATIONS = {
    "add": lambda xp, a, b: xp.add(a, b),
    "multiply": lambda xp, a, b: xp.multiply(a, b),
    "column": lambda xp, a, b: xp.reshape(a, (-1, 1)),
    "flat": lambda xp, a, b: xp.reshape(b, (-1,)),
    "total": lambda xp, a, b: xp.sum(a, axis=0) if xp is np else xp.reduce_sum(a, axis=0),
    "row": lambda xp, a, b: xp.expand_dims(b, 0),
    "turned": lambda xp, a, b: xp.transpose(a),
    "pair": lambda xp, a, b: xp.stack([a, a]),
}
SOURCE = {
    "add": "tf.add({a}, {b})",
    "multiply": "tf.multiply({a}, {b})",
    "column": "tf.reshape({a}, (-1, 1))",
    "flat": "tf.reshape({b}, (-1,))",
    "total": "tf.reduce_sum({a}, axis=0)",
    "row": "tf.expand_dims({b}, 0)",
    "turned": "tf.transpose({a})",
    "pair": "tf.stack([{a}, {a}])",
}


@st.composite
def programs(draw):
    """Draw a batch size, a width, and a program: the names of operations and which values they take."""
    samples, width = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    steps = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9)),
            min_size=1,
            max_size=8,
        )
    )
    return samples, width, steps


@settings(max_examples=25)
@given(programs())
def test_the_shapes_are_those_of_numpy(program):
    samples, width, steps = program
    values, lines, expected = [np.ones((samples, width), "float32")], ["def program(v0):"], []
    for name, first, second in steps:
        a, b = first % len(values), second % len(values)
        if name == "total" and np.ndim(values[a]) == 0:  # NumPy sums its own scalars along an axis
            continue
        try:
            value = OPERATIONS[name](np, values[a], values[b])
        except ValueError:  # shapes that do not go together, or no axis to sum over
            continue
        if value.size > 10_000:
            continue
        lines.append(f"    v{len(values)} = {SOURCE[name].format(a=f'v{a}', b=f'v{b}')}")
        expected.append((lines[-1].strip(), value.shape))
        values.append(value)
    lines.append(f"    return v{len(values) - 1}")
    view = gradcheck.shapes(compiled("\n".join(lines)), inputs={"v0": values[0]})
    found = [
        (row.text, tuple(axis.length for axis in row.variants[0].results[0])) for row in view.sides[0].rows
    ]
    assert found == expected


def compiled(source):
    """Compile a function as a notebook does a cell: its source is in memory alone."""
    filename = f"<cell {zlib.crc32(source.encode())}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names = {"tf": tf}
    exec(compile(source, filename, "exec"), names)
    return names["program"]


class TestFormats:
    def test_json(self, cli, monkeypatch):
        monkeypatch.chdir(ROOT)
        outcome = cli("shapes", "examples/bandit.py:actor", "--set", "samples=8", "--format", "json")
        document = json.loads(outcome.out)
        (view,) = document["shapes"]
        assert outcome.code == 0
        assert set(document) == {"schema", "gradcheck", "environment", "shapes"}
        assert (document["schema"], view["samples"], view["other_samples"]) == (1, 8, 4)
        assert [side["name"] for side in view["sides"]] == ["reference", "candidate"]
        (product,) = [row for row in view["sides"][1]["rows"] if row["text"].startswith("advantages *")]
        assert product["shapes"] == [
            {
                "operands": [{"shape": [8, 1], "axes": ["n", "1"]}, {"shape": [8], "axes": ["n"]}],
                "results": [{"shape": [8, 8], "axes": ["n", "n"]}],
                "times": 1,
            }
        ]
        assert product["marks"][0]["severity"] == "high"
        assert product["span"]["line"] == product["span"]["end_line"]

    @pytest.mark.parametrize("form, begins", [("mermaid", "flowchart TD"), ("dot", "digraph shapes {")])
    def test_graphs(self, cli, monkeypatch, form, begins):
        monkeypatch.chdir(ROOT)
        out = cli("shapes", "examples/bandit.py:actor", "--set", "samples=8", "--format", form).out
        assert out.startswith(begins)
        assert "(n, 1)" in out
        assert "both operands are broadcast" in out

    def test_labels_are_escaped(self):
        view = quick(lambda x: tf.add(x, 1, '<"a">'), x="float32[6]")
        assert '\\"a\\"' in to_dot([view])
        assert "&quot;a&quot;" in to_mermaid([view])
        assert '<"' not in to_mermaid([view])

    def test_only_what_is_marked(self, cli, monkeypatch):
        monkeypatch.chdir(ROOT)
        out = cli("shapes", "examples/bandit.py:actor", "--set", "samples=8", "--only", "marked").out
        assert "both operands are broadcast" in out
        assert "tf.one_hot" not in out
        out = cli("shapes", "examples/bandit.py:critic_fixed", "--set", "samples=8", "--only", "marked").out
        assert "nothing stands out" in out

    def test_a_page_of_what_is_marked(self, cli, monkeypatch):
        monkeypatch.chdir(ROOT)
        arguments = ("shapes", "examples/bandit.py:actor", "--set", "samples=8", "--format", "html")
        whole, marked = cli(*arguments).out, cli(*arguments, "--only", "marked").out
        assert whole.startswith("<!doctype html>") and marked.startswith("<!doctype html>")
        assert "both operands are broadcast" in whole and "both operands are broadcast" in marked
        assert "tf.one_hot" in whole and "tf.one_hot" not in marked

    def test_colour(self):
        console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
        console.print(render(VIEWS["case04"]()))
        assert "\x1b[1;31m" in console.file.getvalue()

    def test_a_view_prints_itself(self):
        view = quick(lambda x: x + 1.0, x="float32[6]")
        assert str(view) == to_text(view, 80)


FUNCTIONS = """
    import tensorflow as tf

    number = 3

    def loss(x, a):
        return tf.reduce_mean(tf.gather(x, a, batch_dims=1))

    def fails(x):
        y = x * 2
        return y + tf.ones(7)
"""


class TestBadInput:
    @pytest.mark.parametrize(
        "arguments, said",
        [
            (["{}:nope"], "has no `nope`; it has `loss`, `fails`"),
            (["{}:los"], "has no `los`: did you mean `loss`?"),
            (["{}:number"], "`number` in {} is an int; expected a case, a function or a Keras model"),
            (["{}"], "has no case: mark a function"),
            (["{}:loss"], "`loss` cannot be called with no input"),
            (["{}:loss", "--input", "x"], "--input x: expected NAME=DTYPE[SHAPE]"),
            (["{}:loss", "--input", "x=float32"], "'float32' is not a spec"),
            (["{}:loss", "--input", "x=float33[2]"], "there is no dtype 'float33'"),
            (["{}:loss", "--input", "x=float32[2,,3]"], "a length is missing between two commas"),
            (["{}:loss", "--input", "1x=float32[2]"], "'1x' is not a name"),
            (["{}:loss", "--input", "x=str[2]"], "is not numeric"),
            (["{}:loss", "--input", "no.npz"], "no.npz does not exist"),
            (["{}:loss", "--input", "x=int32[2]", "--input", "x=int32[2]"], "`x` is given twice"),
            (["{}:loss", "--set", "x=3"], "--set sets a parameter of a case factory"),
            (["{}:loss", "--output", "/nowhere/x.txt"], "there is no folder /nowhere"),
        ],
    )
    def test_it_is_said(self, cli, target, arguments, said):
        file = target(FUNCTIONS)
        outcome = cli("shapes", *(argument.replace("{}", str(file)) for argument in arguments))
        assert outcome.code == 2
        assert said.replace("{}", str(file)) in outcome.err.replace("\n", " ")
        assert "Traceback" not in outcome.err

    def test_inputs_do_not_suit_a_case(self, cli):
        outcome = cli("shapes", str(ROOT / "examples/bandit.py:actor"), "--input", "x=float32[3]")
        assert (outcome.code, "a case has its own batch" in outcome.err) == (2, True)

    def test_what_ran_is_shown_and_then_the_error_at_its_line(self, cli, target):
        outcome = cli("shapes", f"{target(FUNCTIONS)}:fails", "--input", "x=float32[4,2]")
        assert outcome.code == 2
        assert "y = x * 2" in outcome.out
        assert "target.py:11:" in "".join(outcome.out.split())  # a long path is wrapped
        assert outcome.out.index("y = x * 2") < outcome.out.index("fails raised at")

    def test_a_file_of_inputs(self, cli, target, tmp_path):
        np.savez(tmp_path / "batch.npz", x=np.ones((6, 3), "float32"), a=np.zeros(6, "int32"))
        outcome = cli("shapes", f"{target(FUNCTIONS)}:loss", "--input", tmp_path / "batch.npz")
        assert outcome.code == 0
        assert "(n, 3) (n,) → (n,)" in outcome.out
        (tmp_path / "damaged.npz").write_bytes(b"no zip")
        damaged = cli("shapes", f"{target(FUNCTIONS)}:loss", "--input", tmp_path / "damaged.npz")
        assert (damaged.code, "cannot be read as an npz file" in damaged.err) == (2, True)

    def test_what_is_neither_case_nor_function(self):
        with pytest.raises(gradcheck.CaseError, match="neither a case, a function, nor a Keras model"):
            gradcheck.shapes(3)


def test_the_world_is_as_before(unchanged):
    v = tf.Variable([1.0, 2.0])

    def moves(x):
        v.assign_add([1.0, 1.0])
        return tf.reduce_sum(x * v + tf.random.normal(()))

    with unchanged(v):
        gradcheck.shapes(moves, inputs={"x": "float32[6,2]"})


TRAINS = """
import tensorflow as tf

def loss(x):
    return tf.reduce_mean(x)

{guard}
    raise SystemExit("trained")
"""


@pytest.mark.parametrize(("guard", "code"), [("if __name__ == '__main__':", 0), ("if True:", 2)])
def test_what_stands_at_the_top_level_runs_but_for_what_is_the_scripts_own(cli, target, guard, code):
    outcome = cli("shapes", f"{target(TRAINS.format(guard=guard))}:loss", "--input", "x=float32[4]")
    assert (outcome.code, "trained" in outcome.err) == (code, code == 2)


FUNCTIONAL = {
    "scan": lambda x: tf.scan(lambda before, row: before + row, x),
    "map_fn": lambda x: tf.map_fn(lambda row: 2 * row, x),
    "unstack": lambda x: tf.stack([2 * row for row in tf.unstack(x)]),
}


@pytest.mark.parametrize("how", FUNCTIONAL)
def test_an_argument_that_is_taken_apart_follows_the_batch(how):
    view = gradcheck.shapes(FUNCTIONAL[how], inputs={"x": "float32[6]"})
    ((name, axes),) = view.sides[0].arguments
    assert (name, shown(axes)) == ("x", "(n,)")
    assert "(6,)" not in to_text(view)


def test_what_is_stacked_a_fixed_number_of_times_does_not_follow_the_batch():
    view = gradcheck.shapes(lambda x: tf.stack([x[0], x[1]]), inputs={"x": "float32[6]"})
    assert shown(view.sides[0].arguments[0][1]) == "(n,)"
    assert "→ (2,)" in to_text(view)
