"""Which cause a text has that repairs the candidate."""

import ast
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import cause_of_a_fix
from gradcheck.explanation.transplant import Transplant
from gradcheck.source import site_of, tree


def only_texts(monkeypatch):
    monkeypatch.setattr(cause_of_a_fix, "span_of", lambda site: site)
    monkeypatch.setattr(cause_of_a_fix, "node_of", lambda site: None)


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("1e-2", "0.001", "other"),
        ("-f(x) + 1.0001", "-f(x) + 1.0", "other"),
        ("x * 2", "-x * 2", "sign"),
        ("1e-2", "-1e-2", "sign"),
    ],
)
def test_a_text_without_another_sign_is_no_sign(before, after, cause, monkeypatch):
    only_texts(monkeypatch)
    text = SimpleNamespace(site=SimpleNamespace(text=before), text=after)
    assert cause_of_a_fix.cause_with(text, (), "sign") == cause


@pytest.mark.parametrize(
    ("before", "after", "known", "cause"),
    [
        ("f(x)", "f(x / 2.5)", "axis", "other"),
        ("f(x * 0.5)", "f(x)", "index", "other"),
        ("f(x)", "f(x / 2.5)", "reduction", "reduction"),
        ("tf.cast(x, fx)", "tf.cast(y, fx)", "dtype", "other"),
        ("f(x)", "f(x / y)", "axis", "axis"),
    ],
)
def test_a_written_factor_has_nothing_to_do_with_axes(before, after, known, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "_given", lambda name, site: "")
    text = SimpleNamespace(site=SimpleNamespace(text=before), text=after)
    assert cause_of_a_fix.cause_with(text, (), known) == cause


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("tf.constant(np.cumsum(x.numpy(), axis=1))", "tf.math.cumsum(x, axis=1)", "disconnected"),
        ("float(f(x)) + y", "f(x) + y", "disconnected"),
        ("np.cumsum(x, axis=1)", "np.cumsum(x, axis=0)", "axis"),
        ("int(x)", "x", "dtype"),
        ('f(x, float("inf"))', "x", "other"),
        ("mean(x) / mean(y)", "tf.reduce_mean(mean(x) / y)", "reduction"),
        ("f(x) / g(y)", "tf.reduce_max(f(x) / y)", "other"),
    ],
)
def test_what_stays_in_tensorflow_is_disconnected_whatever_else_is_written(before, after, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "_given", lambda name, site: "")
    text = SimpleNamespace(site=SimpleNamespace(text=before), text=after)
    assert cause_of_a_fix.cause_with(text, ()) == cause


@pytest.mark.parametrize(
    ("text", "given", "cause"),
    [
        ("f(x) / kept", "tf.reduce_sum(mask)", "reduction"),
        ("f(x) / kept", "tf.tanh(mask)", "other"),
        ("f(x) - kept", "tf.reduce_sum(mask)", "other"),
    ],
)
def test_another_divisor_is_a_count_if_it_was_given_one(text, given, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "_given", lambda name, site: given if name == "kept" else "8")
    before = text.replace("kept", "size")
    changed = SimpleNamespace(site=SimpleNamespace(text=before), text=text)
    assert cause_of_a_fix.cause_with(changed, ()) == cause


@pytest.mark.parametrize(("given", "cause"), [("len(x)", "reduction"), ("0.5 * y", "other")])
def test_a_name_that_is_divided_by_is_what_it_was_given(given, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "_given", lambda name, site: given)
    text = SimpleNamespace(site=SimpleNamespace(text="f(x) / n"), text="f(x)")
    assert cause_of_a_fix.cause_with(text, ()) == cause


@pytest.mark.parametrize(
    ("call", "old", "new", "cause"),
    [
        ("tf.roll(x, shift=(-a, -b), axis=(1, 2))", "-b", "-c", "index"),
        ("tf.reduce_sum(x, axis=k)", "k", "j", "axis"),
        ("f(tf.concat([x, y], axis=1 if k else 0))", "k", "j", "axis"),
        ("tf.reduce_sum(x * k, axis=1)", "k", "j", "other"),
        ("x[k + 1 + i]", "k + 1", "k", "index"),
        ("f(x)[0] * (k + 1)", "k + 1", "k", "other"),
        ("tf.reduce_sum(x[i], axis=k)", "k", "j", "axis"),
        ("x[tf.argmax(q, axis=k)]", "k", "j", "axis"),
        ("[float(i >= k) for i in range(9)]", "i >= k", "i + 1 >= k", "index"),
        ("g(np.asarray(x))", "np.asarray(x)", "x", "disconnected"),
        ("g(tf.constant(x.numpy()))", "tf.constant(x.numpy())", "x", "disconnected"),
        ("g(tf.abs(x))", "tf.abs(x)", "x", "other"),
        ("[float(i >= k) for i in range(9)]", "i >= k", "i >= k - 1", "index"),
        ("[float(x >= k) for i in range(9)]", "x >= k", "x + 1 >= k", "other"),
        ("0\nfor i in range(k):\n    y += g(i)", "g(i)", "g(i) / k", "reduction"),
        ("0\nfor i in range(k):\n    y += g(i)", "g(i)", "g(i) / 2.0", "other"),
    ],
)
def test_what_changes_in_an_argument_or_an_index_has_the_cause_of_that(call, old, new, cause, tmp_path):
    path = tmp_path / "loss.py"
    path.write_text(f"y = {call}\n")
    code = compile(path.read_text(), str(path), "exec")
    (node,) = [
        one for one in ast.walk(tree(str(path))) if isinstance(one, ast.expr) and ast.unparse(one) == old
    ]
    site = site_of(node, code)
    assert cause_of_a_fix.cause_with(Transplant(site, new, site), ()) == cause


@pytest.mark.parametrize(("new", "cause"), [("g(b, a)", "other"), ("g(a, c)", "reduction")])
def test_arguments_in_another_order_are_no_mean_for_a_sum(new, cause, tmp_path):
    path = tmp_path / "loss.py"
    path.write_text("y = g(a, b)\n")
    (node,) = [one for one in ast.walk(tree(str(path))) if isinstance(one, ast.Call)]
    site = site_of(node, compile(path.read_text(), str(path), "exec"))
    assert cause_of_a_fix.cause_with(Transplant(site, new, site), (), "reduction") == cause


@pytest.mark.parametrize(
    ("reads", "cause"),
    [
        ("tf.reduce_sum(x, axis=axes) / tf.reduce_sum(y, axis=axes)", "axis"),
        ("tf.reduce_sum(x, axis=axes) * f(axes)", "other"),
        ("f(axes)", "other"),
    ],
)
def test_what_a_name_is_given_has_the_cause_of_the_arguments_that_it_is(reads, cause, tmp_path):
    path = tmp_path / "loss.py"
    path.write_text(f"def loss(x, y):\n    axes = (0, 2)\n    return {reads}\n")
    code = compile(path.read_text(), str(path), "exec").co_consts[0]
    node = next(one for one in ast.walk(tree(str(path))) if isinstance(one, ast.Tuple))
    site = site_of(node, code)
    assert cause_of_a_fix.cause_with(Transplant(site, "(2,)", site), ()) == cause


@pytest.mark.parametrize(
    ("read", "cause"), [("tf.reduce_sum(x, axis=axes)", "axis"), ("x[axes[0]]", "index")]
)
def test_a_range_that_axes_are_told_by_is_about_axes(read, cause, tmp_path):
    path = tmp_path / "loss.py"
    path.write_text(f"def loss(x):\n    axes = list(range(3 - 1))\n    return {read}\n")
    code = compile(path.read_text(), str(path), "exec").co_consts[0]
    node = next(
        one
        for one in ast.walk(tree(str(path)))
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "range"
    )
    text = Transplant(site_of(node, code), "range(1, 3 - 1)", site_of(node, code))
    assert cause_of_a_fix.cause_with(text, ()) == cause


@pytest.mark.parametrize(("loss", "cause"), [(np.nan, "numerics"), (1.5, "other")])
def test_what_repairs_a_loss_that_is_not_finite_is_about_numbers(loss, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "_given", lambda name, site: "")
    side = SimpleNamespace(loss=0, array=lambda number: np.array(loss), at_site={})
    text = SimpleNamespace(site=SimpleNamespace(text="f(x)"), text="tf.where(y, f(x), 0.0)")
    assert cause_of_a_fix.cause_with(text, [side]) == cause


class OneSite:
    def get(self, site, default):
        return ["op"]


@pytest.mark.parametrize(("meets", "cause"), [(True, "broadcast"), (False, "index")])
def test_an_index_where_both_operands_were_repeated_lines_them_up(meets, cause, monkeypatch):
    only_texts(monkeypatch)
    monkeypatch.setattr(cause_of_a_fix, "both_are_broadcast", lambda op, recording: meets)
    site = SimpleNamespace(text="a - b")
    text = SimpleNamespace(site=site, text="a - b[:, 0]")
    assert cause_of_a_fix.cause_with(text, [SimpleNamespace(at_site=OneSite())]) == cause


def test_a_number_that_each_round_divides_by_is_neither_an_axis_nor_data():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(6, 5, 4)).astype("float32")
    w = tf.Variable(draw.normal(size=(4, 4)).astype("float32"), name="w")

    def attended(keys, weights):
        return tf.reduce_mean(tf.square(tf.matmul(weights, keys)))

    def one_by_one(x):
        width = np.sqrt(4.0).astype("float32")
        weights = [tf.nn.softmax(row @ w @ tf.transpose(row) / width) for row in x]
        return attended(x, tf.stack(weights))

    def not_divided(x):
        queries = x @ w
        return attended(x, tf.nn.softmax(tf.matmul(queries, x, transpose_b=True)))

    case = gradcheck.Case(reference=one_by_one, candidate=not_divided, batch={"x": x}, variables=[w])
    found = gradcheck.diff(case).findings[0]
    assert (found.cause, found.verified) == ("other", True)
