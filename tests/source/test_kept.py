"""What is taken out of TensorFlow is written so that it stays there, in all that computes with it."""

from __future__ import annotations

import ast
import linecache
import textwrap

import pytest

from gradcheck.source.conversions import innermost_conversions
from gradcheck.source.kept import kept
from gradcheck.source.trees import tree


def texts(body: str, at: int = 0) -> list[str]:
    """Return what is written for a function, of which statement number `at` takes something out."""
    written = "def f(x, w):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    function = tree(name).body[0]
    assert isinstance(function, ast.FunctionDef)
    return [text for _, text in kept(function, innermost_conversions(function.body[at]), name)]


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("return tf.square((x @ w).numpy())", ["x @ w"]),
        ("return tf.exp(2.0 * np.exp((x + w).numpy() * 3.0))", ["tf.exp((x + w) * 3.0)"]),
        ("return tf.constant(np.log(w.numpy()), tf.float32)", ["tf.math.log(w)"]),
        ("y = np.asarray(x @ w)\nreturn tf.constant(y.mean(axis=1))", ["x @ w", "tf.reduce_mean(y, axis=1)"]),
        ("y = float(w[0])\ny += 1.0\nreturn tf.convert_to_tensor(np.exp(y))", ["w[0]", "tf.exp(y)"]),
        ("y = np.array([one for one in w])\nreturn tf.constant(y)", ["tf.stack([one for one in w])", "y"]),
        ("return tf.constant(np.concatenate([x.numpy(), w.numpy()]))", ["tf.concat([x, w], axis=0)"]),
        ('s = {"a": tf.exp(w).numpy()}\nreturn s["a"] * x', ["tf.exp(w)"]),
    ],
)
def test_it_stays_in_tensorflow(body, written):
    assert texts(body) == written


def test_a_list_of_what_was_taken_out_is_stacked():
    body = "ys = []\nfor row in x:\n    ys.append(float(row @ w))\nreturn tf.constant(ys) / np.log(2.0)"
    assert texts(body, at=1) == ["row @ w", "tf.stack(ys)"]


def test_nothing_is_written_for_what_tensorflow_is_not_known_to_have():
    assert texts("y = (x @ w).numpy()\nreturn tf.constant(np.linalg.pinv(y))") == []
    assert texts("y = (x @ w).numpy()\nreturn tf.constant(np.interp(y, x, x))") == []


def test_what_has_nothing_to_do_with_it_is_left_alone():
    assert texts("y = w.numpy()\nz = np.log(x)\nreturn tf.constant(z) * y") == ["w"]
