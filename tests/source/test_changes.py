"""What may have been altered in a statement: its names, numbers, operators, order, and calls."""

from __future__ import annotations

import ast
import linecache
from dataclasses import replace

import pytest

from gradcheck.source.change import Change, length
from gradcheck.source.changes import changes
from gradcheck.source.defaults import instead_of_none, told_as_well, told_otherwise
from gradcheck.source.place import Place
from gradcheck.source.trees import tree
from gradcheck.source.vocabulary import Vocabulary

WORDS = Vocabulary(
    alike={"a": ["c"], 'b["x"]': ['b["y"]']},
    fitting={"a": ["c"]},
    others=frozenset({"tf", "b"}),
    numbers=frozenset({"k", "n", "m"}),
    counts=frozenset({"n", "m"}),
    functions=[("tf.tanh", 1)],
    made={"a": ["tf.abs(a)"]},
    scales=["2.828427", "1e-08"],
    whole=frozenset({"lengths"}),
    lengths=["lengths"],
    unread=['b["w"]', 'b["done"]'],
    strings=["expert", "policy"],
    shapes={
        "a": (4, 3),
        "c": (4, 3),
        "images": (4, 3, 2),
        "videos": (4, 3, 2, 5, 6),
        "pixels": (9, 3, 2),
        "flat": (9,),
        "positive": (9,),
        "column": (9, 1),
        "total": (),
        "lengths": (4,),
        'b["all"]': (),
    },
    masks=["c", 'b["done"]'],
    factors=["(1 - c)", "d[:, None]"],
    conditions=["d > 0"],
    flags=["is_own", "positive"],
    axes=["[1, 2]"],
    ratios=["/ steps"],
)


def texts(written: str) -> dict[str, int]:
    """Return a statement with each change of it, with the lengths of these."""
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, [written], name)
    made = changes(tree(name).body[0], name, WORDS)
    start = [(one, one.node.col_offset, one.node.end_col_offset) for one in made]
    return {written[:first] + one.text + written[last:]: one.length for one, first, last in start}


@pytest.mark.parametrize(
    ("written", "altered"),
    [
        ("y = f(a, b)", "y = f(c, b)"),
        ('y = f(b["x"])', 'y = f(b["y"])'),
        ("y = a[:, :, None]", "y = a[:, None, :]"),
        ("y = a[:, k]", "y = a[None, k]"),
        ("y = tf.reduce_max(f(a), axis=1)", "y = tf.gather(f(a), lengths, batch_dims=1)"),
        ("y = a[k]", "y = a[:, k]"),
        ("y = a[0]", "y = a[:, 0]"),
        ("y = a[0]", "y = a[:, 0:1]"),
        ("y = a[:, 2]", "y = a[:, 2:3]"),
        ("y = images[:, 1:] - images[:, :-1]", "y = images[:, :, 1:] - images[:, :, :-1]"),
        ("y = images[:, :, 1:] - images[:, :, :-1]", "y = images[:, 1:] - images[:, :-1]"),
        ("y = keras.ops.mean(a)", "y = keras.ops.mean(tf.boolean_mask(a, tf.cast(c, tf.bool)))"),
        ("y = keras.ops.sum(a)", "y = keras.ops.sum(a) / tf.reduce_sum(c)"),
        ("y = f(a) / m", "y = f(a) / tf.reduce_sum(c)"),
        ("y = np.arange(n)", "y = np.arange(n) / n"),
        ("y = f(a) + k", "y = f(a) / steps + k"),
        ("y = c * f(a)", "y = (1 - c) * f(a)"),
        ("y = a - 1e-10", "y = a - 1e10"),
        ("y = keras.layers.Softmax()(a)", "y = keras.layers.Softmax(axis=1)(a)"),
        (
            "y = keras.layers.LayerNormalization(center=False)",
            "y = keras.layers.LayerNormalization(center=False, axis=2)",
        ),
        (
            "y = tf.reduce_mean(a)",
            "y = tf.reduce_mean(tf.boolean_mask(a, tf.sequence_mask(lengths, tf.shape(a)[1])))",
        ),
        ("y = tf.reduce_sum(a)", "y = tf.reduce_sum(a) / tf.reduce_sum(c)"),
        ("y = tf.reduce_sum(a)", "y = tf.reduce_sum(a) / tf.reduce_sum(tf.cast(d > 0, tf.float32))"),
        ("y = tf.reduce_mean(flat)", "y = tf.reduce_mean(tf.boolean_mask(flat, tf.reshape(d > 0, [-1])))"),
        (
            "y = tf.reduce_sum(a) / tf.maximum(tf.reduce_sum(c), 1.0)",
            "y = tf.reduce_mean(tf.reduce_sum(a, axis=-1) / tf.maximum(tf.reduce_sum(c, axis=-1), 1.0))",
        ),
        (
            "y = tf.reduce_sum(images) / (1 + tf.reduce_sum(a))",
            "y = tf.reduce_mean(tf.reduce_sum(images, axis=[1, 2]) / (1 + tf.reduce_sum(a, axis=-1)))",
        ),
        ("y = tf.nn.softmax(a)", "y = tf.nn.softmax(tf.where(is_own, a, a.dtype.min))"),
        (
            "y = tf.nn.softmax(a)",
            "y = tf.nn.softmax(tf.where(tf.sequence_mask(lengths - 1, tf.shape(a)[1]), a, a.dtype.min))",
        ),
        (
            "y = tf.reduce_mean(a, axis=1)",
            "y = tf.reduce_sum(a * tf.cast(d > 0, a.dtype), axis=1)"
            " / tf.reduce_sum(tf.cast(d > 0, a.dtype), axis=1)",
        ),
        ("y = images[:, -1]", "y = tf.gather(images, lengths - 1, axis=1, batch_dims=1)"),
        ("y = k * f(a)", 'y = k * (f(a) * (1.0 - b["done"]))'),
        ("for one in f(a)[:-1]: g(one)", "for one in f(a): g(one)"),
        ("y = g(a + c, k)", "y = g(a, k) + c"),
        ("y = g(a + c, k)", "y = g(c, k) + a"),
        ("y = f(a, k, c, m)", "y = f(c, m, a, k)"),
        ("y, z = a, c", "y, z = a[:, :-1], c[:, 1:]"),
        ("y = f(labels=a, logits=c)", "y = f(labels=a[:, 1:], logits=c[:, :-1])"),
        (
            "y = f(tf.reshape(a, [-1, k]), tf.reshape(c, [-1]))",
            "y = f(tf.reshape(a[:, :-1], [-1, k]), tf.reshape(c[:, 1:], [-1]))",
        ),
        ("y = tf.math.log(a)", "y = tf.math.log(a + 1e-08)"),
        ("y = tf.reshape(a, (3, 4))", "y = tf.transpose(tf.reshape(a, (4, 3)), [1, 0])"),
        ("y = tf.reshape(a, [n, m, -1])", "y = tf.transpose(tf.reshape(a, (m, n, -1)), [1, 0, 2])"),
        ("y = g(a * flat[:, None])", "y = g(a) * flat"),
        ("y = g(a * c)", "y = g(a) * c"),
        ("y = tf.reshape(a, [-1])", "y = tf.boolean_mask(a, tf.cast(c, tf.bool))"),
        ("y = images[:, 0]", "y = pixels[:, 0]"),
        ("y = a if k else c", "y = c if k else a"),
        ("y = a if k else c", "y = a if not k else c"),
        ("y = a if k and m else c", "y = a if k or m else c"),
        ("y = a if k and f(b) else c", "y = a if k and (not f(b)) else c"),
        ("y = [f(one) for one in range(n)]", "y = [f(one) for one in reversed(range(n))]"),
        ("y = [f(*one) for one in zip(a, c)]", "y = [f(*one) for one in reversed(list(zip(a, c)))]"),
        ("y = tf.where(k, a, 0.0)", "y = tf.where(k, a, a.dtype.min)"),
        ("y = tf.where(k, tf.zeros_like(a), a * c)", "y = tf.where(k, (a * c).dtype.max, a * c)"),
        ("y = k * f(a)", "y = tf.where(is_own, k, 1.0 - k) * f(a)"),
        ("m, v = tf.nn.moments(a, [0, 1])", "m, v = tf.nn.moments(a, [0, 1], keepdims=True)"),
        ("y = a[1:]", "y = a[:-1]"),
        ("y = tf.pad(a, [[0, 1]])", "y = tf.pad(a, [[1, 0]])"),
        ("h = a.shape[1]", "h = a.shape[2]"),
        ("axes = (0, 2)", "axes = (2,)"),
        ("y = f(a, axis=[0, -1])", "y = f(a, axis=[0])"),
        ("y = f(a, axis=k)", "y = f(a, axis=[1, 2])"),
        ("y = -tf.reduce_mean(tf.sigmoid(a))", "y = -tf.reduce_mean(tf.math.log_sigmoid(a))"),
        ("y = a / f(b)", "y = tf.math.divide_no_nan(a, f(b))"),
        ("y = tf.clip_by_value(a, k, 1.0 + k)", "y = tf.clip_by_value(a, 1 - k, 1.0 + k)"),
        ("y = a[:, 12:k]", "y = a[:, 12:]"),
        ("y = a[:, 12:k]", "y = a[:, :k]"),
        ("y = a[:, n - k : -1]", "y = a[:, n - k + 1:]"),
        ("y = a[:, n - k : -2]", "y = a[:, n - k - 1:-3]"),
        ("y = a[n - 1 : m + 1]", "y = a[n:m + 2]"),
        ("y = a[:, 1]", "y = a[:, 1:]"),
        ("y = c / k", "y = c / total"),
        ("y = c / 8", "y = c / total"),
        ("y = c / k", 'y = c / b["all"]'),
        ("y = tf.constant(np.cumsum(a.numpy(), axis=1))", "y = tf.math.cumsum(a, axis=1)"),
        ("y = float(f(a)) * c", "y = f(a) * c"),
        (
            "y = tf.reduce_mean(a) / tf.reduce_mean(flat)",
            "y = tf.reduce_mean(tf.reduce_mean(a, axis=-1) / flat)",
        ),
        ("y = losses.Huber(k)(a, c)", 'y = losses.Huber(k, reduction="none")(a, c)'),
        ("y = k * a + (1.0 - k) * c", "y = (1.0 - k) * a + k * c"),
        ("y = (1 - k) ** 2 * (a - k)", "y = k ** 2 * (a - (1.0 - k))"),
        ("y = a / tf.norm(a, axis=1)", "y = a / tf.norm(a, axis=1, keepdims=True)"),
        ("y = f(g(a - c))", "y = tf.tanh(a - c)"),
        ("y = [f(d) for d in (a, c)]", "y = [f(d) for d in (-a, c)]"),
        ("y = a - c", "y = a[:, None] - c"),
        ("y = images * flat", "y = images * flat[:, None, None]"),
        ("y = tf.maximum(a, c)", "y = tf.maximum(a, c[None])"),
        ("y = tf.maximum(tf.reduce_mean(a), c)", "y = tf.reduce_mean(tf.maximum(a, c))"),
        ("y = tf.reduce_mean(tf.maximum(a, c))", "y = tf.maximum(tf.reduce_mean(a), c)"),
        ("y = a - b", "y = b - a"),
        ("y = a + b", "y = a - b"),
        ("y = a < b", "y = a >= b"),
        ("y = a + b + c + d", "y = a * b + c * d"),
        ("y = a + b + c + d", "y = a + b * c + d"),
        ("y = -a", "y = a"),
        ("y = f(a - b)", "y = f(-(a - b))"),
        ("r = range(k)", "r = range(k) + 1"),
        ("y = tf.stop_gradient(a)", "y = a"),
        ("y = f(a)", "y = f(tf.stop_gradient(a))"),
        ("y = f(a)", "y = f(tf.tanh(a))"),
        ("y = f(a)", "y = f(a * c)"),
        ("y = np.append(a[1:], a[-1])", "y = a"),
        ("y = tf.reduce_sum(a)", "y = tf.reduce_mean(a)"),
        ("y = f(a, reverse=True)", "y = f(a, reverse=False)"),
        ("total += a * b", "total += -a * b"),
        ("y = a * k", "y = a ** k"),
        ('y = f(b, "policy")', 'y = f(b, "expert")'),
        ("y = f(a - b)", 'y = f((a - b) * b["w"])'),
        ("y = f(a)", "y = f(a ** 2)"),
        ("y = f(a)", "y = f(a * 2)"),
        ("a = np.floor(b)", "a = c + 1"),
        ("y = -k - tf.reduce_sum(a)", "y = tf.reduce_sum(-k - a)"),
        ("y = tf.math.log(tf.reduce_mean(a))", "y = tf.reduce_mean(tf.math.log(a))"),
        ("y = tf.exp(a - k)", "y = tf.exp(a) - k"),
        ("y = tf.norm(images, axis=1)", "y = tf.norm(tf.reshape(images, (images.shape[0], -1)), axis=1)"),
        ("y = tf.repeat(a, k, axis=0)", "y = tf.tile(a, [k, 1])"),
        ("y = tf.tile(a, [k, 1])", "y = tf.repeat(a, k, axis=0)"),
        ("y = tf.tile(a, (1, 2))", "y = tf.repeat(a, 2, axis=1)"),
        ("y = tf.repeat(a, k, axis=-1)", "y = tf.tile(a, [1, k])"),
        ("y = tf.constant([int(k)], dtype=tf.int64)", "y = tf.constant([k], dtype=tf.float32)"),
        ("y = tf.gather(a, tf.cast(c, tf.int32))", "y = a * c"),
        ("y = f(a, c)", "y = f(a[:, :-1], c[:, 1:])"),
        ("y = f(a, c)", "y = f(a[:, 1:], c[:, :-1])"),
        ("y = k + float(a.numpy())", "y = k + a"),
        ("y = f(a[:, 1:2])", "y = f(a[:, 2:3])"),
        ("y = [f(i) for i in range(k)]", "y = [f(i + 1) for i in range(k)]"),
        ("y = a * b + c - d", "y = a * (b + c - d)"),
        ("y = tf.reduce_mean(a * c)", "y = tf.reduce_sum(a * c) / tf.reduce_sum(c)"),
        ("y = tf.reduce_sum(a * c, axis=1)", "y = tf.reduce_sum(a * c, axis=1) / tf.reduce_sum(a, axis=1)"),
        ("y = tf.gather(a, c)", "y = tf.boolean_mask(a, c > 0)"),
        ("y = k * a", "y = k * tf.reduce_sum(a, axis=-1)"),
        ("y = column - k * a", "y = column - k * tf.reduce_sum(a, axis=-1, keepdims=True)"),
        ("y = int(np.prod(images.shape))", "y = int(images.shape[-1])"),
        ("y = a / tf.size(images)", "y = a / images.shape[1]"),
        ("y = f(a) + c", "y = f(a + c)"),
        ("y = f(a) / c", "y = f(a / c)"),
        ("y = a[:, -1]", "y = a[:, :-1]"),
        ("y = tf.reshape(f(a), (k, 3, 2))", "y = tf.reshape(tf.transpose(f(a), [0, 2, 1]), (k, 3, 2))"),
        ("y = -0.5 * a * c", "y = (-a) * c"),
        ("y = tf.reverse(a, axis=[1])", "y = tf.reverse_sequence(a, lengths, seq_axis=1)"),
        (
            "y = tf.reverse(a, [1])",
            "y = tf.reverse_sequence(a, tf.reduce_sum(tf.cast(d > 0, tf.int32), axis=1), seq_axis=1)",
        ),
        ("y = tf.less(lengths, k)", "y = tf.less(lengths - 1, k)"),
        ("y = c * f(a)", "y = f(c * a)"),
        ("y = f(a / c)", "y = f(a) / c"),
        ('y = tf.einsum("bnd,di->bni", a, c)', 'y = tf.einsum("bnd,id->bni", a, c)'),
        ('y = tf.einsum("ij, jk -> ik", a, c)', 'y = tf.einsum("ij,jk->ki", a, c)'),
        ('y = np.einsum("bi,ni->bn", a, c)', 'y = np.einsum("bi,bi->b", a, c)'),
        ("y = self.f(a - c)", "y = self.f(a) - c"),
        ("y = self.f(a - c)", "y = a - self.f(c)"),
        ('y = k == "expert"', 'y = k != "expert"'),
        ("b[k] = f(a)", "b[k] = b[k] + f(a)"),
        ("y = a / math.sqrt(n)", "y = a / math.sqrt(n / m)"),
        ("y = a * n**-0.5", "y = a * (n / m)**-0.5"),
        ("y = a > k", "y = tf.abs(a) > k"),
        ("y = tf.nn.softmax(a)", "y = tf.nn.softmax(a / 2.828427)"),
        ("y = f(a)", "y = f(tf.nest.map_structure(tf.stop_gradient, a))"),
        (
            "y = keras.losses.MeanSquaredError()",
            'y = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")',
        ),
        (
            'y = losses.Huber(k, reduction="sum")',
            'y = losses.Huber(k, reduction="sum_over_batch_size")',
        ),
        ("y = losses.Huber(k)", 'y = losses.Huber(k, reduction="none")'),
        ("y, a = f(a)", "y, a = f(a)[::-1]"),
        ("y = f(a)", "y = f(a * (1 - c))"),
        ("y = f(a)", "y = f(a * d[:, None])"),
        ("y = tf.reduce_mean(f(a))", "y = tf.reduce_mean(tf.boolean_mask(f(a), tf.cast(c, tf.bool)))"),
        ("a = f(b)", "a = f(b) * c"),
        ("y = tf.one_hot(tf.argmax(a), k)", "y = tf.tanh(a)"),
        ("total *= k", "total *= 1.0"),
        ("total -= f(a)", "total -= 0.0"),
        ("y = k * a", "y = k ** n * a"),
        ("y = tf.maximum(a * images, k)", "y = tf.maximum(a, k) * images"),
        ("y = tf.maximum(a * images, k)", "y = tf.maximum(images, k) * a"),
        ("y = a * images + (1 - images) * c", "y = c * images + (1 - images) * a"),
        ("y = tf.argmax(images)", "y = tf.argmax(images, axis=1)"),
        ("y = tf.unstack(b)", "y = tf.unstack(b, axis=1)"),  # of as many axes as it may have
        ("y = tf.reduce_any(images,)", "y = tf.reduce_any(images, axis=-1)"),
        ("y = tf.reshape(videos, k)", "y = tf.reshape(tf.transpose(videos, [0, 2, 1, 3, 4]), k)"),
        ("y = tf.reshape(videos, k)", "y = tf.transpose(videos, [0, 2, 3, 4, 1])"),
        ("y = tf.reshape(images, (k, 4, 2))", "y = tf.transpose(images, [1, 0, 2])"),
        ("y = tf.reshape(images, (-1, 2))", "y = tf.reshape(tf.transpose(images, [0, 2, 1]), (-1, 2))"),
        ("y = tf.reduce_mean(a)", "y = tf.reduce_mean(tf.boolean_mask(a, d > 0))"),
        ("y = f(a)", "y = tf.where(d > 0, f(a), 0.0)"),
        ("y = f(a)", "y = tf.where(d > 0, 0.0, f(a))"),
        ("f(a, k)", "(a := f(a, k))"),
        ("a, c = f(c, k, a)", "a, c = (a, c)"),
        ("y = f(images, axis=-1)", "y = f(images, axis=1)"),
        ("y = tf.shape(a)[0]", "y = tf.size(a)"),
        ("y = tf.square(a @ c)", "y = tf.square(a) @ tf.square(c)"),
        ("y = tf.square(tf.matmul(a, c))", "y = tf.matmul(tf.square(a), tf.square(c))"),
        ("y = f(images, axis=0)", "y = f(images, axis=2)"),
        ('y = "a_misspelt_entry"', 'y = "expert"'),
        ('y = b.get("a misspelt entry")', 'y = b.get("expert")'),
        ("y, z = tf.split(a, 2, axis=-1)", "y, z = (a[:, ::2], a[:, 1::2])"),
        ("y, z = tf.split(f(a), 2, axis=-1)", "y, z = (f(a)[..., ::2], f(a)[..., 1::2])"),
        ("y, z = a[..., ::2], a[..., 1::2]", "y, z = tf.split(a, 2, axis=-1)"),
        ("y = total + k * a", "y = total + k * tf.reduce_sum(a)"),
        ("y = total - a", "y = total - tf.reduce_mean(a)"),
        ("y = 1e-9", "y = -1e9"),
        ("y = f(a, 2.5e-7)", "y = f(a, -2.5e7)"),
        ("y = -1.0 ** lengths", "y = (-1.0) ** lengths"),
        ("y = f(flat)", "y = f(tf.where(positive, flat, 0.0))"),
        ("y = a * k", "y = a ** k"),
        ("column = f(b)", "column = tf.squeeze(f(b), axis=-1)"),
        ('y = ["one", "other"]', 'y = ["one"]'),
        ('y = k in {"one", "other"}', 'y = k in {"other"}'),
        ('y = k in {"one", "other"}', 'y = k not in {"one", "other"}'),
        ("y = images / tf.norm(images)", "y = images / tf.norm(images, axis=-1, keepdims=True)"),
    ],
)
def test_what_was_altered_is_among_the_changes(written, altered):
    assert altered in texts(written)


@pytest.mark.parametrize(
    ("written", "altered"),
    [
        ("y = f(a)", "y = f(tf.boolean_mask(a, tf.cast(c, tf.bool)))"),  # nothing is added up
        ("y = f(b)", "y = f(b) * c"),  # of another shape
        ("y = n * a", "y = n ** m * a"),
        ("y = tf.maximum(2 * a, k)", "y = tf.maximum(2, k) * a"),
        ("y = a * c", "y = c * a"),
        ("x, y, a = f(a)", "x, y, a = f(a)[::-1]"),
        ("x, y = (f(one) for one in a)", "x, y = (f(one) for one in a)[::-1]"),
        ("total **= k", "total **= 1.0"),
        ("y = tf.reduce_sum(a, axis=1)", "y = tf.reduce_sum(tf.boolean_mask(a, d > 0), axis=1)"),
        ("y = f(a)", "y = f(tf.boolean_mask(a, d > 0))"),
        ("y = f(a)", "y = f(tf.where(d > 0, a, 0.0))"),
        ("f(a + k)", "(a := f(a + k))"),
        ("y = [f(d) for d in a]", "y = [f(d) for d in -a]"),
        ("y = tf.reduce_sum(a)", "y = tf.reduce_sum(a, keepdims=True)"),
        ("y = tf.stack(a, axis=1)", "y = tf.stack(a, axis=1, keepdims=True)"),
        ("y = (1.0 - k) * a", "y = k * a + (1.0 - k)"),
        ("y = k * a + (2.0 - k) * c", "y = (2.0 - k) * a + k * c"),
        ("y = f(a, n)", "y = f(a, 1 - n)"),
        ("y = a / 3.0", "y = tf.math.divide_no_nan(a, 3.0)"),
        ("y = f(a, shift=k)", "y = f(a, shift=[1, 2])"),
        ("y = tf.tile(a, [k, n])", "y = tf.repeat(a, k, axis=0)"),
        ("y = tf.repeat(a, k, axis=2)", "y = tf.tile(a, [1, k])"),
        ("f(a, k)", "-f(a, k)"),
        ("a, y = f(c, k, a)", "a, y = (a, y)"),
        ("a, c = tf.split(b, 2)", "a, c = (a, c)"),
        ("y = f(images, axis=-1)", "y = f(images, axis=2)"),  # the same one
        ("y = f(b, axis=-1)", "y = f(b, axis=2)"),  # it may not have as many
        ('y = {"expert": a}', 'y = {"policy": a}'),
        ('y = tf.einsum("ij,jk->ik", a, c)', 'y = tf.einsum("expert", a, c)'),
        ("y, z = tf.split(a, 3, axis=-1)", "y, z = (a[..., ::2], a[..., 1::2])"),
        ("y, z = a[..., ::2], c[..., 1::2]", "y, z = tf.split(a, 2, axis=-1)"),
        ("y = c - a", "y = c - tf.reduce_mean(a)"),
        ("y = tf.abs(a)", "y = tf.abs(tf.abs(a))"),
        ("y = tf.tanh(a)", "y = tf.tanh(tf.tanh(a))"),
        ("y = 1e-2", "y = -1e2"),
        ("y = f(a)", "y = f(tf.where(positive, a, 0.0))"),  # of another shape
        ("y = lengths * k", "y = lengths ** k"),
        ("y = range(0, n, m)", "y = range(0, n, n)"),
        ("y = tf.maximum(a, c)", "y = tf.maximum(c, c)"),
        ("y = a + c", "y = c + c"),
        ("flat = f(b)", "flat = tf.squeeze(f(b), axis=-1)"),
        ("y = f(column)", "y = f(tf.squeeze(column, axis=-1))"),
        ("found.append(a)", "found.append(a.copy())"),  # once, and no round changes it later
        ("y = f(a)", "y = f(tf.reduce_sum(a, axis=-1))"),  # no operand
        ("y = k * flat", "y = k * tf.reduce_sum(flat, axis=-1)"),
        ("y = column - k * a", "y = column - k * tf.reduce_sum(a, axis=-1)"),
        ("y = float(a) + c", "y = float(a + c)"),
        ("y = f(a, k) + c", "y = f(a + c, k)"),
        ('y = k == "expert"', 'y = k < "expert"'),
        ("b[0] = f(a)", "b[0] = b[0] + f(a)"),
        ("b[k] = a * b[k]", "b[k] = b[k] + a * b[k]"),
        ("y = f(-a * c)", "y = f(--a * c)"),
        ("y = a / n", "y = a / (n / m)"),  # of no root
        ("y = f(a, n)", "y = f(a, n ** m)"),  # may be larger than all memory
        ("y = f(a)", "y = f(a + c)"),  # no sum ends there
        ("y = c / f(a)", "y = f(c / a)"),
        ("y = a[:, -1:]", "y = a[:, :-1:]"),
        ("y = f(a, -1)", "y = f(a, :-1)"),
        ("y = tf.reverse(a, axis=[0])", "y = tf.reverse_sequence(a, lengths, seq_axis=1)"),
        ("y = tf.not_equal(lengths, k)", "y = tf.not_equal(lengths + 1, k)"),
        ("y = lengths == k", "y = lengths == k - 1"),
        ('y = tf.einsum("bni,bj->bnj", a, c)', 'y = tf.einsum("bbi,bj->bj", a, c)'),  # a diagonal
        ('y = f("bnd,di->bni", a)', 'y = f("bnd,id->bni", a)'),
        ("y = tf.reshape(a, (n, k))", "y = tf.reshape(a, (n + 1, k))"),
        ("y = f(a)", "y = f(1 - a)"),  # no mask, and no number
        ('y = ["one"]', "y = []"),
        ('y = k in {"one", "other"}', 'y = k < {"one", "other"}'),
        ("y = a[:, None]", "y = a[None, None]"),
        ("y = tf.reduce_max(f(a), axis=1)", "y = tf.gather(f(a), a, batch_dims=1)"),  # no whole numbers
        ("y = tf.reduce_max(f(a))", "y = tf.gather(f(a), lengths, batch_dims=1)"),
        ("y = f(tf.norm(images))", "y = f(tf.norm(images, axis=-1, keepdims=True))"),  # no operand
        ("y = a / tf.norm(images)", "y = a / tf.norm(images, axis=0, keepdims=True)"),  # as good without
    ],
)
def test_what_says_nothing_is_not(written, altered):
    assert altered not in texts(written)


def test_what_is_divided_may_be_divided_as_something_before_it_is():
    name = "<divided>"
    lines = ["def f(a, c, k):\n", "    b = a / (2.0 * k)\n", "    b = (c - b) / k\n", "    return b / c[0]\n"]
    linecache.cache[name] = (len(lines), None, lines, name)
    statement = tree(name).body[0].body[1]
    texts = {one.text for one in changes(statement, name, WORDS)}
    assert "(2.0 * k)" in texts and "c[0]" not in texts


def test_the_first_element_may_be_that_of_the_round():
    name, written = (
        "<elements>",
        ["for i in range(3):\n", "    for one in k:\n", "        y = a[0, :] + f(0)\n"],
    )
    linecache.cache[name] = (len(written), None, written, name)
    (loop,) = tree(name).body
    found = [one.text for one in changes(loop.body[0].body[0], name, WORDS)]
    assert found.count("i") == 1  # and not for what is no index
    assert "one" not in found


def test_a_name_is_called_with_one_factor_of_what_it_was_given():
    name = "<given>"
    written = ["def f(a, c, k):\n", "    both = a * c\n", "    return tf.maximum(both, k), both\n"]
    linecache.cache[name] = (len(written), None, written, name)
    (function,) = tree(name).body
    assert "tf.maximum(a, k) * c" in [one.text for one in changes(function.body[1], name, WORDS)]


@pytest.mark.parametrize(
    "written", ["y = tf.argmax(images, axis=k)", "y = tf.tanh(images)", "y = argmax(images)"]
)
def test_no_axis_is_added_where_one_is_told_or_none_is_taken(written):
    assert not any(one.endswith("axis=1)") for one in texts(written))


def test_what_a_loop_assigns_may_have_been_added_up():
    name, written = "<loop>", ["y = 0\n", "for i in k:\n", "    if i:\n", "        y = a\n", "z = a\n"]
    linecache.cache[name] = (len(written), None, written, name)
    _, loop, after = tree(name).body
    bound = replace(WORDS, bound={"y": 1})
    assert "y + a" in [one.text for one in changes(loop.body[0].body[0], name, bound)]
    assert "z + a" not in [one.text for one in changes(after, name, WORDS)]


def test_what_only_the_first_round_of_a_loop_was_to_read_gets_the_value_of_each():
    name, written = (
        "<carried>",
        ["for i in k:\n", "    y = f(a)\n", "    b = y\n", "for i in k:\n", "    c = f(a)\n"],
    )
    linecache.cache[name] = (len(written), None, written, name)
    first, second = tree(name).body
    known = replace(WORDS, alike={"y": ["a", "b"], "c": ["y"]}, bound={"a": 0, "b": 0})
    made = [one.text for one in changes(first.body[0], name, known)]
    assert "(a := f(a))" in made
    assert "(b := f(a))" not in made  # it is given a value already
    assert "(y := f(a))" not in [one.text for one in changes(second.body[0], name, known)]  # nothing reads it


def test_a_name_may_be_what_its_call_gives_of_something_else():
    name = "<called>"
    written = ["def f(a, c):\n", "    made = g(a, 1)\n", "    other, = g(a)\n", "    return made, other\n"]
    linecache.cache[name] = (len(written), None, written, name)
    (*_, given) = tree(name).body[0].body
    words = replace(WORDS, alike={**WORDS.alike, "g": ["h"]})
    made = {one.text: one.length for one in changes(given, name, words)}
    assert made["g(c, 1)"] == made["h(a, 1)"] == 3
    assert "g(c)" not in made


def test_a_name_may_be_what_its_call_gives_of_what_came_after_it():
    name = "<called early>"
    written = ["def f(a, k):\n", "    made = g(tf.exp(a) + k)\n", "    c = h(a)\n", "    return f(made)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    (*_, given) = tree(name).body[0].body
    late, early = (replace(WORDS, bound={"c": line}) for line in (3, 1))
    made = [{one.text: one.length for one in changes(given, name, words)} for words in (late, early)]
    assert made[0]["g(tf.exp(c) + k)"] == 2
    assert "g(tf.exp(c) + k)" not in made[1]  # it is tried where the name is given it


def test_what_each_round_of_a_loop_adds_may_be_a_share_of_a_mean():
    name = "<shares>"
    written = [
        "for i in range(n - 1):\n",
        "    y += a * k\n",
        "    y = a - k\n",
        "for one in b:\n",
        "    y += f(one) - k\n",
        "while k:\n",
        "    y += a - k\n",
    ]
    linecache.cache[name] = (len(written), None, written, name)
    counted, several, endless = tree(name).body
    found = [
        [one.text for one in changes(statement, name, WORDS)]
        for statement in (*counted.body, *several.body, *endless.body)
    ]
    assert "a * k / (n - 1)" in found[0] and "(f(one) - k) / len(b)" in found[2]
    assert not any("/ (n - 1)" in text or "/ len(" in text for text in (*found[1], *found[3]))


def test_a_name_may_be_another_part_of_what_it_was_taken_of():
    name = "<part>"
    written = ["def f(b, a):\n", "    part = b[:, a]\n", "    return g(part)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    (*_, given) = tree(name).body[0].body
    assert {one.text: one.length for one in changes(given, name, WORDS)}["b[:, c]"] == 3


def test_what_was_added_up_and_is_overwritten_may_have_been_added_to():
    name = "<overwritten>"
    written = [
        "def f(self):\n",
        "    self.loss += a\n",
        "    self.loss = c\n",
        "    self.other = c\n",
        "    self.loss = self.loss * c\n",
    ]
    linecache.cache[name] = (len(written), None, written, name)
    _, lost, other, read = tree(name).body[0].body
    made = ["".join(one.text for one in changes(each, name, WORDS)) for each in (lost, other, read)]
    assert "self.loss + c" in made[0]
    assert "self.other + c" not in made[1]
    assert "self.loss + self.loss" not in made[2]


@pytest.mark.parametrize(
    ("before", "adds"),
    [
        ("y = g(a)", True),
        ("y = g(a)\n    z = k", True),
        ("y = g(a)\n    z = y", False),
        ("y = g(a)\n    if k:\n        z = y", False),
        ("y = 0.0", False),
        ("y = [k]", False),
        ("if k:\n        y = g(a)", False),
        ("pass", False),
    ],
)
def test_so_may_what_nothing_has_read_in_the_same_block(before, adds):
    written = f"def f():\n    {before}\n    y = f(c)\n"
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    made = [one.text for one in changes(tree(name).body[0].body[-1], name, WORDS)]
    assert ("y + f(c)" in made) == adds


def test_a_name_that_nothing_reads_may_stand_where_another_one_is_read():
    written = "def f():\n    kept, lost, _rest = g()\n    h(k, kept)\n    late = 1\n"
    linecache.cache["<lost>"] = (len(written), None, written.splitlines(keepends=True), "<lost>")
    made = [one.text for one in changes(tree("<lost>").body[0].body[1], "<lost>", WORDS) if one.length == 1]
    assert made.count("lost") == 2 and not {"_rest", "late"} & {*made}


def test_it_may_be_something_else_as_well():
    name = "<overwritten name>"
    written = ["def f(c):\n", "    a += k\n", "    a = g(k)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    made = [one.text for one in changes(tree(name).body[0].body[1], name, WORDS)]
    assert {"a + g(k)", "c"} <= set(made)


def test_what_a_name_is_given_later_in_a_round_may_be_read_earlier():
    name = "<rounds>"
    written = ["for i in k:\n", "    f(c)\n", "    c = a[i]\n", "    f(c)\n", "f(c)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    loop, after = tree(name).body
    early, _, late = loop.body
    found = ["a[i]" in [one.text for one in changes(one, name, WORDS)] for one in (early, late, after)]
    assert found == [True, False, False]


def changes_in(lines: list[str], at: int, *inner: int) -> dict[str, int]:
    """Return what may be written in the statement at a place of a function, or in it, with its length."""
    name = f"<{lines}>"
    written = ["def f(k):\n", *(f"    {line}\n" for line in lines)]
    linecache.cache[name] = (len(written), None, written, name)
    statement = tree(name).body[0].body[at]
    for place in inner:
        statement = statement.body[place]
    return {one.text: one.length for one in reversed(changes(statement, name, WORDS))}


def test_what_a_name_was_given_before_it_was_bound_anew_may_have_been_meant():
    lines = ["c = g(a)", "c = c[1:]", "d = c[0]", "c = d"]
    assert "g(a)" in changes_in(lines, 2)
    assert "g(a)" not in changes_in(lines, 1)  # there it has that value
    assert "c[1:]" not in changes_in(lines, 3)  # what it is made of is not there any more


def test_of_which_a_round_makes_more_may_begin_anew_in_each():
    assert "g(a)" in changes_in(["c = g(a)", "for i in k:\n        c = 2 * c"], 1, 0)
    assert "g(a)" not in changes_in(["c = g(a)", "for i in k:\n        d = 2 * c"], 1, 0)
    assert "g(a)" not in changes_in(["c = g(a)", "c = 2 * c"], 1)


def test_what_each_round_keeps_may_have_to_be_a_copy():
    assert "c.copy()" in changes_in(["for i in k:\n        found.append(c)"], 0, 0)
    assert "c.copy()" not in changes_in(["for i in k:\n        found.add(c)"], 0, 0)


def test_what_a_name_was_given_in_a_loop_is_not_read_outside_of_it():
    assert "g(a)" not in changes_in(["for i in k:\n        c = g(a)", "c = a[1:]", "d = c[0]"], 2)


def test_a_count_may_have_to_begin_at_one():
    assert texts("y = tuple(range(n))")["y = tuple(range(1, n))"] == 1
    assert not any("range(1" in text for text in texts("y = tuple(range(3, n))"))


def test_an_option_of_a_call_may_be_left_out():
    made = texts("y = tf.math.cumprod(a, axis=1)")
    assert {f"y = tf.math.cumprod(a, axis=1, {one}=True)" for one in ("exclusive", "reverse")} <= set(made)
    assert "y = tf.matmul(a, k, transpose_b=True)" in texts("y = tf.matmul(a, k)")
    assert not any(
        "transpose_b=True, transpose_b" in text for text in texts("y = tf.matmul(a, k, transpose_b=True)")
    )


def test_a_factor_may_be_of_the_other_term():
    made = texts("y = f(a) + k * g(c)")
    assert {"y = k * f(a) + g(c)"} <= set(made)
    assert "y = g(c) - k * f(a)" in texts("y = k * g(c) - f(a)")
    assert "y = k * f(a) + g(c)" not in texts("y = f(a) + g(c)")


def test_a_stop_of_something_else_changes_its_numbers():
    node = ast.parse("values", mode="eval").body
    stops = {
        text: Change(node, text, 1).stops for text in ("tf.stop_gradient(values)", "tf.stop_gradient(v)")
    }
    assert [*stops.values()] == [True, False]


def test_the_same_words_in_another_order_may_give_the_same_numbers():
    node = ast.parse("f(a) + k * f(b['x'])", mode="eval").body
    assert Change(node, 'k * f(a) + f(b["x"])', 1).of_the_derivative
    assert not Change(node, "k * f(a) + f(a)", 1).of_the_derivative


def test_a_counter_counts_in_its_own_loop_alone():
    made = texts("y = [f(i) for i in b]")
    assert "y = [f(i + 1) for i in b]" not in made or made["y = [f(i + 1) for i in b]"] > 2


def test_the_name_of_a_number_that_a_call_is_given_keeps_its_sign():
    assert "y = tf.maximum(a, -k)" not in texts("y = tf.maximum(a, k)")
    assert "y = tf.maximum(-a, k)" in texts("y = tf.maximum(a, k)")


def test_a_product_is_one_of_equal_shapes_and_steps_are_shifted_where_both_have_as_many():
    assert "y = a * images" not in texts("y = tf.gather(a, tf.cast(images, tf.int32))")
    assert not any("[:, :-1]" in text for text in texts("y = f(a, k)"))


def test_a_slice_is_not_moved_beyond_the_first_element_nor_the_first_one_taken_with_the_rest():
    assert "y = a[-1:k - 1]" not in texts("y = a[0:k]")
    assert "y = a[:k + 1]" not in texts("y = a[-1:k]")
    assert "y = a[1:(n if k else m) + 1]" in texts("y = a[0:n if k else m]")
    assert "y = a[:, 0:]" not in texts("y = a[:, 0]")


def test_only_a_small_number_is_added():
    assert not any("+ 2.828427" in text for text in texts("y = tf.math.log(a)"))


def test_what_a_call_does_not_take_out_of_tensorflow_is_left_alone():
    assert not any("tf.math.cumsum" in text for text in texts("y = np.cumsum(np.ones(3)) * a"))


@pytest.mark.parametrize("written", ["y = f(a, b)[1:] - b['x'] ** -2", "y = [a[:, k] for k in range(3)]"])
def test_each_change_is_python_and_another_statement(written):
    for text in texts(written):
        assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(written)), text


def test_neither_a_target_nor_a_module_nor_a_function_is_exchanged():
    written = texts("a = tf.exp(a)")
    assert not any(text.startswith("c = ") for text in written)
    assert not any(text in written for text in ("a = tf", "a = tf.exp", "a = -tf.exp"))


def test_neither_what_is_counted_nor_an_index_has_a_sign():
    counted = Vocabulary(alike={"a": [], "i": [], "n": []}, numbers=frozenset("in"), counts=frozenset("in"))
    name = "<counted>"
    written = "y = f(a[:, i + 1], range(n), i == n)"
    linecache.cache[name] = (len(written), None, [written], name)
    made = [one.text for one in changes(tree(name).body[0], name, counted)]
    assert not any(
        text.startswith(("-", "1 - ", "tf.stop_gradient")) and text.count("a") == 0 for text in made
    )
    assert "-a[:, i + 1]" in made


def test_what_a_loop_overwrites_is_added_up():
    bound = Vocabulary(alike={"a": []}, bound={"total": 1})
    loops = (
        "total = 0\nfor a in b:\n    total = f(a)\n",
        "total = 0\nfor a in b:\n    total = f(a, total)\n",
    )
    for number, written in enumerate(loops):
        name = f"<loop {number}>"
        linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
        made = [one.text for one in changes(tree(name).body[1].body[0], name, bound)]
        assert ("total + f(a)" in made) == (number == 0)


def test_a_name_that_is_bound_later_is_not_written():
    later = Vocabulary(alike={"a": ["c"]}, bound={"c": 1})
    name = "<later>"
    linecache.cache[name] = (5, None, ["y = a"], name)
    assert "c" not in [one.text for one in changes(tree(name).body[0], name, later)]
    assert "y = c" in texts("y = a")


def test_of_whole_numbers_there_is_one_more_or_less_and_no_sign():
    made = texts("y = k < lengths[:, None]")
    assert made["y = k < lengths[:, None] - 1"] == 2
    assert not any("-lengths" in one or "stop_gradient(lengths" in one for one in made)


def test_a_stop_is_left_out_rather_than_that_another_function_is_called():
    made = texts("y = tf.stop_gradient(a)")
    assert made["y = a"] < made["y = tf.tanh(a)"]


@pytest.mark.parametrize(
    ("written", "senseless"),
    [
        ("found.append(a)", "-found.append(a)"),
        ("found.append(a)", "a"),
        ("r = [f(i) for i in range(k)]", "r = [f(i) for i in -range(k)]"),
        ("y = a[k] * c", "y = k"),
        ("y = 4 * math.pi * a", "y = (4 * math.pi)[:, None] * a"),
        ("y = a[0, 2]", "y = a[0,]"),
        ("y = f(a)", "y = f(a[:, None])"),
        ("h = a.shape[1]", "h = a"),
        ("y, z = a, c", "y, z = a"),
        ("y = f(tf.zeros_like(a))", "y = f(-tf.zeros_like(a))"),
        ("y = tf.zeros_like(a[0])", 'y = tf.zeros_like(a[0], dtype="float32")'),
    ],
)
def test_what_makes_no_sense_takes_no_ones_turn(written, senseless):
    assert senseless not in texts(written)


@pytest.mark.parametrize(
    ("written", "altered"),
    [
        ("found.append(a)", "found.append(-a)"),
        ("y = tf.zeros_like(lengths)", 'y = tf.zeros_like(lengths, dtype="float32")'),
        ("y = np.zeros_like(unknown)", 'y = np.zeros_like(unknown, dtype="float32")'),
    ],
)
def test_but_what_may_make_sense_does(written, altered):
    assert altered in texts(written)


def test_the_shortest_comes_first():
    made = texts("y = f(a - 1)")
    assert list(made.values()) == sorted(made.values())


@pytest.mark.parametrize(
    ("before", "after", "long"),
    [
        ("f(a, b)", "f(a, c)", 1),
        ("a + b", "a - b", 1),
        ("f(a)", "a", 2),
        ("a", "tf.stop_gradient(a)", 2),
        ("a", "a", 0),
    ],
)
def test_a_change_is_as_long_as_the_words_that_are_written(before, after, long):
    assert length(before, after) == long


def test_two_axes_that_should_have_been_exchanged_come_before_one_that_has_another_place():
    made = texts("y = tf.reshape(images, k)")
    assert made["y = tf.reshape(tf.transpose(images, [0, 2, 1]), k)"] == 2
    assert made["y = tf.reshape(tf.transpose(images, [1, 2, 0]), k)"] == 3


def test_a_function_that_is_called_nearby_with_two_may_be_called_of_the_only_two_arrays():
    name = "<both>"
    written = [
        "def f(a, c):\n",
        "    near = self.alike(a, k)\n",
        "    far = tf.reduce_sum(a * c, axis=-1)\n",
        "    alone = tf.reduce_sum(a)\n",
    ]
    linecache.cache[name] = (len(written), None, written, name)
    _, far, alone = tree(name).body[0].body
    assert "self.alike(a, c)" in [one.text for one in changes(far, name, WORDS)]
    assert not any("alike" in one.text for one in changes(alone, name, WORDS))


@pytest.mark.parametrize(
    ("called", "others"),
    [
        ("f(a)", ['f(a, how="mean")', "f(a, whole=True)"]),  # a number may be anything
        ('f(a, "sum")', ['f(a, "sum", whole=True)']),
        ("f(a, whole=True)", ['f(a, whole=True, how="mean")']),
        ("self.g(a)", ["self.g(a, whole=False)"]),
        ("f(*a)", []),
        ("f(a, **b)", []),
        ("h(a)", []),
    ],
)
def test_what_is_left_to_a_default_may_be_said_otherwise(called, others):
    name = f"<default {called}>"
    written = [
        'def f(x, how="sum", *, whole=False, eps=1e-6):\n',
        '    return x if how == "mean" else -x\n',
        "class A:\n",
        "    def g(self, x, whole=True):\n",
        "        return x\n",
        f"y = {called}\n",
    ]
    linecache.cache[name] = (len(written), None, written, name)
    assert [one for one, _ in told_otherwise(Place(tree(name).body[-1].value, name, Vocabulary()))] == others


def test_a_number_that_is_left_to_a_default_may_be_one_that_has_a_name():
    name = "<default number>"
    written = ["def f(x, by=1.0, how=None):\n", "    return x * by\n", "y = f(a)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    call = tree(name).body[-1].value
    known = Vocabulary(numbers=frozenset({"lam", "n"}), scales=["0.5"], unread=['b["how"]', "w"])
    assert dict(told_otherwise(Place(call, name, known))) == {
        "f(a, by=lam)": 3,
        "f(a, by=n)": 3,
        "f(a, by=0.5)": 3,
        'f(a, how=b["how"])': 2,
        "f(a, how=w)": 3,
    }
    assert not [*told_otherwise(Place(call, name, Vocabulary()))]


def test_an_object_may_be_told_what_it_leaves_out():
    name = "<left out>"
    written = ["y = loss(a, b, mask=None)\n", "z = made()(a)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    first, second = (one.value for one in tree(name).body)
    known = Vocabulary(
        left_out={"loss": {"weight": None, "mask": None, "flat": False}, "made": {"delta": 1.0}},
        flags=["mask"],
        shapes={"mask": (4, 3)},
        scales=["0.5"],
    )
    assert list(told_as_well(Place(first, name, known))) == [
        ("loss(a, b, mask=None, weight=mask)", 3),
        ("loss(a, b, mask=None, weight=mask[:, None])", 4),
        ("loss(a, b, mask=None, weight=True)", 3),
        ("loss(a, b, mask=None, flat=True)", 3),
    ]
    none = first.keywords[0].value
    assert list(instead_of_none(Place(none, name, known))) == [("mask", 1), ("mask[:, None]", 2)]
    assert [one for one, _ in told_as_well(Place(second.func, name, known))] == ["made(delta=0.5)"]
    assert not [*told_as_well(Place(second, name, known))]


def test_a_term_may_be_missing_in_what_is_returned():
    name = "<returned>"
    written = ["def f(a, c):\n", "    return a\n"]
    linecache.cache[name] = (len(written), None, written, name)
    assert {"a + c", "a - c"} <= {one.text for one in changes(tree(name).body[0].body[0], name, WORDS)}
