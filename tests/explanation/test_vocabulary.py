"""What may be written in a function: names of one kind for each other, and nothing of what cannot be looked at."""

import ast

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.vocabulary import numbers_alone, vocabulary_of
from gradcheck.program.recording import Recording


class Raising:
    @property
    def shape(self):
        raise RuntimeError("the user's own")

    dtype = __array__ = shape


def vocabulary(*, body="pass", twins=False, **names):
    function = ast.parse(f"def f(): {body}").body[0]
    return vocabulary_of(function, "<none>", names, *[NOTHING] * 2, numbers={}, twins=twins)


NOTHING = Recording.__new__(Recording)
object.__setattr__(NOTHING, "ops", ())
object.__setattr__(NOTHING, "loss", 0)


def test_names_of_one_kind_and_shape_may_stand_for_each_other():
    found = vocabulary(a=np.zeros(3), b=np.ones(3), c=np.ones(4), n=2)
    assert found.like("a", 1) == ["b"] and found.like("c", 1) == []
    assert found.numbers == {"n"}


def test_what_is_thrown_away_stands_for_nothing():
    assert vocabulary(a=np.zeros(3), _=np.ones(3), __=np.ones(3), _b=np.ones(3)).like("a", 1) == ["_b"]


def test_where_a_derivative_is_wrong_what_has_the_same_numbers_may_be_meant():
    found = vocabulary(twins=True, a=np.zeros(3), b=np.ones(3), c=np.zeros(3), n=2, k=3)
    assert found.like("a", 1) == ["c"] and found.like("b", 1) == [] and found.like("n", 1) == []


def test_one_counter_may_be_meant_where_another_is_read_though_both_end_alike():
    loops = "\n for i in range(3):\n  for j in range(3):\n   pass"
    found = vocabulary(body=loops, i=2, j=2, k=2)
    assert found.like("i", 9) == ["j"] and found.like("k", 9) == []


def test_what_the_function_calls_elsewhere_may_be_called_here():
    found = vocabulary(
        body="return scaled(a) + tf.abs(b) + two(a, b) + parts.append(a)", scaled=lambda one: one, two=max
    )
    assert found.functions == [("scaled", 1)]
    assert found.made == {"a": ["scaled(a)"], "b": ["tf.abs(b)"]}


def test_an_integer_that_may_overflow_may_be_a_wider_one():
    found = vocabulary(body="return tf.cast(a, tf.uint8) + tf.cast(b, tf.int64)")
    assert found.like("tf.uint8", 1) == ["tf.float32", "tf.int32"]
    assert found.like("tf.int64", 1) == []


def test_entries_of_a_batch_are_known_by_either_quotes():
    found = vocabulary(b={"x": np.zeros(3, "float32"), "y": np.ones(3, "float32"), "n": np.arange(3)})
    assert found.like('b["x"]', 1) == ['b["y"]']
    assert found.like("b['x']", 1) == ["b['y']"]
    assert {"b['n']", 'b["n"]'} <= found.whole and "b['x']" not in found.whole
    assert found.shapes["b['x']"] == (3,)


def test_words_are_those_that_calls_are_told_or_that_are_compared_with():
    body = "return f(a, 'token-mean') if kind == 'seq-mean' else f(a, 'no word')"
    assert vocabulary(body=body).strings == ["seq-mean", "token-mean"]


class Keeping:
    def __init__(self, **kept):
        object.__getattribute__(self, "__dict__").update(kept)

    def __getattribute__(self, name):
        if name != "__class__":
            raise RuntimeError("the user's own")
        return object.__getattribute__(self, name)


def test_what_an_object_keeps_is_known_and_no_property_is_asked():
    arrays = {"w": np.zeros(3, "float32"), "u": np.ones(3, "float32"), "_own": np.full(3, 2.0, "float32")}
    kept = Keeping(**arrays, f=lambda one: one, g=lambda one: one)
    found = vocabulary(self=kept, other=tf.keras.layers.Dense(1), kind=Keeping)
    assert found.like("self.w", 1) == ["self.u"]
    assert found.like("self.f", 1) == []  # it may be the reference itself
    layers = vocabulary(self=Keeping(one=tf.keras.layers.Dense(1), two=tf.keras.layers.Dense(1)))
    assert layers.like("self.one", 1) == ["self.two"]
    assert not any(text.startswith(("other.", "kind.")) for text in found.alike)


def test_what_says_what_counts_is_a_mask():
    found = vocabulary(
        some=np.array([0.0, 1.0]),
        none=np.zeros(2),
        more=np.arange(3.0),
        whole=np.arange(2),
        flags=np.eye(2) > 0,
    )
    assert found.masks == ["some", "flags"]


def test_what_a_product_is_made_of_another_one_may_lack(tmp_path):
    file = tmp_path / "loss.py"
    file.write_text("def f(a, b):\n    return a * (1.0 - b) + 2 * b[:, None] * f(a) + 3 * (a * b) + 4 * -2\n")
    function = ast.parse(file.read_text()).body[0]
    found = vocabulary_of(function, str(file), {}, NOTHING, NOTHING, numbers={})
    assert {*found.factors} == {"b[:, None]", "1.0 - b"}


def test_a_variable_whose_shape_may_change_has_that_of_its_value():
    changing = tf.Variable(tf.zeros(3), shape=tf.TensorShape(None))
    assert vocabulary(a=changing, b=tf.ones(3)).like("a", 1) == ["b"]


def test_what_cannot_be_looked_at_stands_for_nothing():
    handle = tf.Variable(1.0).handle
    other = tf.Variable(2.0).handle
    found = vocabulary(a=Raising(), c=handle, d=other)
    assert [found.like(name, 1) for name in "acd"] == [[], [], []]


def test_objects_of_one_class_of_the_users_own_may_stand_for_each_other():
    """They are told by their class: nothing of them is asked."""
    found = vocabulary(
        a=Raising(), b=Raising(), c=Keeping(), d=Keeping, e=tf.TensorShape([1]), f=tf.TensorShape([2])
    )
    assert [found.like(name, 1) for name in "abcdef"] == [["b"], ["a"], [], [], [], []]


def test_what_the_reference_computes_of_numbers_may_be_a_factor(tmp_path):
    file = tmp_path / "scaled.py"
    file.write_text(
        "def f(x, w, scale, rank):\n    return (scale / rank) * x * w + 2 * x\n", encoding="utf-8"
    )
    made: dict = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), made)
    w = tf.Variable([1.0, 2.0])
    reference = recorded(lambda: tf.reduce_sum(made["f"](tf.constant([1.0, 3.0]), w, 6.0, 4)), w)
    function = ast.parse("def g(): pass").body[0]
    for known, factors in (({"scale": 6.0, "rank": 4}, ["scale / rank"]), ({"scale": 6.0}, []), ({}, [])):
        found = vocabulary_of(function, "<none>", known, NOTHING, reference, numbers={})
        assert [*found.factors] == factors


def test_of_many_such_products_a_few_are_tried(tmp_path):
    file = tmp_path / "many.py"
    products = " + ".join(f"(k * {number}.5)" for number in range(20))
    file.write_text(f"def f(x, k):\n    return x * ({products} + (k * 0.5))\n", encoding="utf-8")
    made: dict = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), made)
    w = tf.Variable([1.0, 2.0])
    reference = recorded(lambda: tf.reduce_sum(made["f"](w, 2.0)), w)
    function = ast.parse("def g(): pass").body[0]
    found = vocabulary_of(function, "<none>", {"k": 2.0}, NOTHING, reference, numbers={})
    assert 0 < len(found.factors) < 20 and len({*found.factors}) == len(found.factors)


def test_numbers_that_the_references_ops_read_alone_may_stand_for_written_ones(tmp_path):
    small = 0.125
    w = tf.Variable([1.0, 2.0])
    file = tmp_path / "written.py"
    file.write_text("def f(x):\n    least = 0.5\n    return tf.maximum(x, least)\n", encoding="utf-8")
    function = ast.parse(file.read_text(encoding="utf-8")).body[0]
    sides = [
        recorded(lambda bound=bound: tf.reduce_sum(tf.maximum(w * 0.75, bound)), w) for bound in (0.5, small)
    ]
    found = vocabulary_of(function, str(file), {}, *sides, numbers=numbers_alone(*sides))
    assert found.like("0.5", 1) == ["0.125"]
    assert found.scales == ["0.125"]


@pytest.mark.parametrize(("many", "scales"), [(3, 3), (4, 0)])
def test_what_may_scale_a_quantity_is_one_of_few_numbers(many, scales):
    numbers = {f"{number}.5": number + 0.5 for number in range(many)}
    function = ast.parse("def f(): pass").body[0]
    assert len(vocabulary_of(function, "<none>", {}, *[NOTHING] * 2, numbers=numbers).scales) == scales


def recorded(loss, w):
    case = gradcheck.Case(reference=loss, candidate=loss, batch={}, variables=[w])
    return run_pair(case, 0).runs[1].recording


def test_numbers_of_samples_are_not_among_them():
    w = tf.Variable([1.0, 2.0])

    def by_samples():
        return tf.add_n([tf.reduce_sum(w * number) for number in (0.25, 0.3, 0.7)])

    assert numbers_alone(recorded(lambda: tf.reduce_sum(w * 0.5), w), recorded(by_samples, w)) == {}
    assert numbers_alone(*(recorded(lambda by=by: tf.reduce_sum(w * by), w) for by in (0.5, 0.3))).keys() == {
        "0.3"
    }


def told_axes(function):
    def candidate(x):
        return tf.reduce_mean(x)

    made = gradcheck.Case(
        reference=function, candidate=candidate, batch={"x": np.ones((2, 3, 4), "float32")}, variables=[V]
    )
    first, second = (run.recording for run in run_pair(made, 0).runs)
    return vocabulary_of(ast.parse("def f(): pass").body[0], "<none>", {}, second, first, numbers={}).axes


V = tf.Variable(2.0)


def test_axes_that_the_reference_tells_may_be_told():
    def reference(x):
        axes = [1, 2]
        return tf.reduce_sum(tf.reduce_sum(V * x, axis=axes), axis=-1)

    def by_numbers_of_its_own(x):
        last = len(x.shape) - 1
        return tf.reduce_sum(tf.reduce_sum(V * x, axis=last))

    assert sorted(told_axes(reference)) == ["-1", "[1, 2]"]
    assert told_axes(by_numbers_of_its_own) == []
