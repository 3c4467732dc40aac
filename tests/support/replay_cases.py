"""The table of what a replay was tried on: ops, layers and ways to write a loss, each with what came of it.

`tests/execution/replay/test_coverage.py` runs every entry; `docs/make_float64_page.py` makes the page from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Loss = Callable[..., Any]
Built = tuple[Loss, Any]
"""A loss of ``x``, which is `inputs` of the entry, and the variables to differentiate it for."""


@dataclass(frozen=True)
class Entry:
    """One thing that was tried.

    `build` returns the loss and its variables. `float64` is "yes", or a word of the reason why a replay
    in float64 is unavailable. `faithful` is how far (relatively) a float32 replay may be off; 0 asks for
    the same bits.
    """

    name: str
    build: Callable[[], Built]
    inputs: Callable[[], Any]
    float64: str = "yes"
    note: str = ""
    faithful: float = 0.0


ENTRIES: list[Entry] = []

NOISE = 2e-6
"""A float32 replay by other ops than the tape's: the same but for rounding."""


def entry(name: str, *shape: int, **facts: Any) -> Callable[[Callable[[], Built]], Callable[[], Built]]:
    """Add the decorated function to the table; its loss is called with an array of `shape`."""
    inputs = facts.pop("inputs", None) or (lambda: normal(*(shape or (6, 4))))

    def add(build: Callable[[], Built]) -> Callable[[], Built]:
        ENTRIES.append(Entry(name, build, inputs, **facts))
        return build

    return add


def normal(*shape: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def variable(*shape: int, seed: int = 2, scale: float = 0.5) -> tf.Variable:
    return tf.Variable(scale * normal(*shape, seed=seed), name="w")


def scalar(y: Any) -> Any:
    """Make a scalar of `y` in which every element counts, and each in another way."""
    y = tf.cast(y, tf.float32)
    if y.shape.is_fully_defined():
        ramp = np.linspace(0.5, 1.5, y.shape.num_elements(), dtype="float32").reshape(y.shape)
    else:  # while a function is traced
        ramp = tf.reshape(tf.linspace(0.5, 1.5, tf.size(y)), tf.shape(y))
    return tf.reduce_mean(tf.cos(y + 0.3) * ramp)


def layers(*stack: Any, **call: Any) -> Built:
    model = keras.Sequential([keras.Input(stack[0]), *stack[1:]])
    return lambda x: scalar(model(x, **call)), model


# ---------------------------------------------------------------- Keras layers

ACTIVATIONS = """
    celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus squareplus
    tanh tanh_shrink
"""


def _add_activation(name: str) -> None:
    @entry(f"Dense, activation {name}", faithful=NOISE if name == "silu" else 0.0)
    def _() -> Built:
        return layers((4,), keras.layers.Dense(6, name), keras.layers.Dense(2))


for _activation in ACTIVATIONS.split():
    _add_activation(_activation)


@entry("Conv1D", 3, 8, 2)
def _() -> Built:
    return layers((8, 2), keras.layers.Conv1D(3, 3, dilation_rate=2, padding="causal", activation="relu"))


@entry("Conv2D", 3, 8, 8, 2)
def _() -> Built:
    return layers((8, 8, 2), keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"))


@entry(
    "Conv2D, grouped and dilated",
    3,
    8,
    8,
    4,
    faithful=NOISE,
    note="group by group: the gradient of grouped convolution has no float64 kernel on CPUs",
)
def _() -> Built:
    return layers((8, 8, 4), keras.layers.Conv2D(4, 3, groups=2), keras.layers.Conv2D(4, 2, dilation_rate=2))


@entry("Conv3D", 2, 4, 4, 4, 2)
def _() -> Built:
    return layers((4, 4, 4, 2), keras.layers.Conv3D(2, 2))


@entry("Conv1DTranspose", 3, 6, 2)
def _() -> Built:
    return layers((6, 2), keras.layers.Conv1DTranspose(3, 3, strides=2))


@entry("Conv2DTranspose", 3, 5, 5, 2)
def _() -> Built:
    return layers((5, 5, 2), keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same"))


@entry("DepthwiseConv2D", 3, 6, 6, 2)
def _() -> Built:
    return layers((6, 6, 2), keras.layers.DepthwiseConv2D(3, depth_multiplier=2))


@entry("SeparableConv1D and SeparableConv2D", 3, 6, 6, 2)
def _() -> Built:
    stack = [keras.layers.SeparableConv2D(3, 3), keras.layers.Reshape((16, 3))]
    return layers((6, 6, 2), *stack, keras.layers.SeparableConv1D(3, 3))


@entry("MaxPooling", 3, 6, 6, 2)
def _() -> Built:
    return layers((6, 6, 2), keras.layers.Conv2D(3, 2), keras.layers.MaxPooling2D(2))


@entry("AveragePooling", 3, 6, 6, 2)
def _() -> Built:
    pool = keras.layers.AveragePooling2D(2, padding="same")
    return layers((6, 6, 2), keras.layers.Conv2D(3, 2), pool)


@entry("GlobalMaxPooling and GlobalAveragePooling", 3, 6, 6, 2)
def _() -> Built:
    x = keras.Input((6, 6, 2))
    y = keras.layers.Conv2D(3, 2)(x)
    pooled = [keras.layers.GlobalMaxPooling2D()(y), keras.layers.GlobalAveragePooling2D()(y)]
    model = keras.Model(x, keras.layers.Concatenate()(pooled))
    return lambda x: scalar(model(x)), model


@entry("BatchNormalization, training")
def _() -> Built:
    return layers((4,), keras.layers.Dense(3), keras.layers.BatchNormalization(), training=True)


@entry("BatchNormalization, inference")
def _() -> Built:
    return layers((4,), keras.layers.Dense(3), keras.layers.BatchNormalization(), training=False)


@entry("BatchNormalization of images, training", 4, 5, 5, 2)
def _() -> Built:
    stack = [keras.layers.Conv2D(3, 2), keras.layers.BatchNormalization()]
    return layers((5, 5, 2), *stack, training=True)


@entry("LayerNormalization")
def _() -> Built:
    return layers((4,), keras.layers.Dense(5), keras.layers.LayerNormalization())


@entry("GroupNormalization", 3, 5, 5, 2)
def _() -> Built:
    return layers((5, 5, 2), keras.layers.Conv2D(4, 2), keras.layers.GroupNormalization(2))


@entry("UnitNormalization")
def _() -> Built:
    return layers((4,), keras.layers.Dense(5), keras.layers.UnitNormalization())


if hasattr(keras.layers, "RMSNormalization"):

    @entry("RMSNormalization")
    def _() -> Built:
        return layers((4,), keras.layers.Dense(5), keras.layers.RMSNormalization())


@entry("SpectralNormalization")
def _() -> Built:
    return layers((4,), keras.layers.SpectralNormalization(keras.layers.Dense(5)), training=True)


@entry("Dropout, SpatialDropout, GaussianDropout", 3, 6, 2, note="the recorded numbers are used again")
def _() -> Built:
    drops = [keras.layers.Dropout(0.3, seed=1), keras.layers.SpatialDropout1D(0.3, seed=2)]
    noisy = keras.layers.GaussianDropout(0.3, seed=3)
    return layers((6, 2), keras.layers.Dense(4), *drops, noisy, keras.layers.Dense(1), training=True)


@entry("GaussianNoise", note="the recorded numbers are used again")
def _() -> Built:
    stack = [keras.layers.Dense(4), keras.layers.GaussianNoise(0.3, seed=1), keras.layers.Dense(1)]
    return layers((4,), *stack, training=True)


@entry("Embedding", inputs=lambda: np.array([[1, 2, 2], [0, 4, 1]]))
def _() -> Built:
    return layers((3,), keras.layers.Embedding(5, 3), keras.layers.Dense(2))


@entry("LSTM", 3, 4, 2)
def _() -> Built:
    return layers((4, 2), keras.layers.LSTM(3))


@entry("GRU", 3, 4, 2)
def _() -> Built:
    return layers((4, 2), keras.layers.GRU(3, return_sequences=True))


@entry("SimpleRNN, masked", 3, 4, 2)
def _() -> Built:
    return layers((4, 2), keras.layers.Masking(0.0), keras.layers.SimpleRNN(3))


@entry("Bidirectional LSTM", 3, 4, 2)
def _() -> Built:
    return layers((4, 2), keras.layers.Bidirectional(keras.layers.LSTM(2)))


@entry("MultiHeadAttention", 3, 4, 6)
def _() -> Built:
    x = keras.Input((4, 6))
    model = keras.Model(x, keras.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))
    return lambda x: scalar(model(x)), model


@entry("GroupQueryAttention", 3, 4, 6)
def _() -> Built:
    x = keras.Input((4, 6))
    model = keras.Model(x, keras.layers.GroupQueryAttention(3, 4, 2)(x, x))
    return lambda x: scalar(model(x)), model


@entry("Rescaling and Normalization")
def _() -> Built:
    scaled = keras.layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[2.0] * 4)
    return layers((4,), keras.layers.Rescaling(0.1, 1.0), scaled, keras.layers.Dense(2))


@entry(
    "UpSampling2D, bilinear", 2, 3, 3, 2, faithful=NOISE, note="as two matrices, computed with the op itself"
)
def _() -> Built:
    return layers(
        (3, 3, 2), keras.layers.Conv2D(2, 2), keras.layers.UpSampling2D(2, interpolation="bilinear")
    )


@entry("a compiled model, compiled with XLA")
def _() -> Built:
    loss, model = layers((4,), keras.layers.Dense(3, "relu"), keras.layers.Dense(1))
    model.compile("sgd", "mse", jit_compile=True)
    return loss, model


@entry("a subclassed model with a call under tf.function")
def _() -> Built:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)

        @tf.function
        def call(self, x: Any) -> Any:
            return self.dense(x) ** 2

    model = Model()
    model(normal(1, 4))
    return lambda x: scalar(model(x)), model


@entry("keras.losses and add_loss, regularisers")
def _() -> Built:
    _, model = layers((4,), keras.layers.Dense(3, kernel_regularizer="l2"))

    def loss(x: Any) -> Any:
        y = model(x)
        terms = keras.losses.categorical_crossentropy(tf.one_hot(tf.range(6) % 3, 3), y, from_logits=True)
        return tf.reduce_mean(terms) + tf.add_n(model.losses)

    return loss, model


def _under_policy(policy: str, *stack: Any) -> Built:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return layers(*[part() if callable(part) else part for part in stack])
    finally:
        keras.config.set_dtype_policy(before)


@entry("mixed_float16", note="float16 becomes float64 too")
def _() -> Built:
    dense = lambda: keras.layers.Dense(5, "tanh")  # noqa: E731
    return _under_policy("mixed_float16", (4,), dense, keras.layers.LayerNormalization, dense)


@entry("mixed_bfloat16", note="bfloat16 becomes float64 too")
def _() -> Built:
    dense = lambda: keras.layers.Dense(5, "tanh")  # noqa: E731
    return _under_policy("mixed_bfloat16", (4,), dense, keras.layers.LayerNormalization, dense)


@entry("mixed_float16, convolution", 3, 5, 5, 2)
def _() -> Built:
    conv = lambda: keras.layers.Conv2D(3, 2)  # noqa: E731
    return _under_policy("mixed_float16", (5, 5, 2), conv, keras.layers.BatchNormalization)


@entry("variables of float64")
def _() -> Built:
    w = tf.Variable(np.linspace(-1, 1, 8).reshape(4, 2))
    return lambda x: tf.reduce_mean(tf.sin(tf.cast(x, tf.float64) @ w)), [w]


# ---------------------------------------------------------------- tf.function and control flow


@entry("tf.function")
def _() -> Built:
    w = variable(4, 3)
    return tf.function(lambda x: scalar(x @ w)), [w]


@entry("tf.function inside tf.function, reduce_retracing, jit_compile")
def _() -> Built:
    w = variable(4, 3)

    @tf.function(jit_compile=True)
    def inner(x: Any) -> Any:
        return tf.tanh(x @ w)

    @tf.function(reduce_retracing=True)
    def loss(x: Any) -> Any:
        return scalar(inner(x) + inner(2 * x))

    return loss, [w]


@entry(
    "AutoGraph: for, while, if, break, continue",
    note="functions run eagerly during recording, so the branches taken are replayed",
)
def _() -> Built:
    w = variable(4, 3)

    @tf.function
    def loss(x: Any) -> Any:
        total = 0.0
        for i in tf.range(6):
            if i == 1:
                continue
            row = tf.tensordot(x[i], w, 1)
            if tf.reduce_sum(row) > 0:
                total += scalar(row)
            else:
                total -= 2 * scalar(row)
            if i > 4:
                break
        while total < 2.0:
            total += 0.5
        return total

    return loss, [w]


@entry("tf.while_loop")
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        _, y = tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.tanh(y @ w)), (0, x))
        return scalar(y)

    return loss, [w]


@entry("tf.map_fn")
def _() -> Built:
    w = variable(4, 3)
    return lambda x: scalar(tf.map_fn(lambda row: tf.tensordot(row, w, 1), x)), [w]


@entry("tf.vectorized_map", note="inlined: it runs as a graph even when functions run eagerly")
def _() -> Built:
    w = variable(4, 3)
    return lambda x: scalar(tf.vectorized_map(lambda row: tf.tanh(tf.tensordot(row, w, 1)), x)), [w]


@entry("tf.vectorized_map with a loop inside", faithful=NOISE, note="inlined")
def _() -> Built:
    w = variable(4, 4)

    def one(row: Any) -> Any:
        step = lambda i, y: (i + 1, tf.tanh(tf.tensordot(y, w, 1)))  # noqa: E731
        return tf.while_loop(lambda i, _: i < 3, step, (0, row))[1]

    return lambda x: scalar(tf.vectorized_map(one, x)), [w]


@entry("tf.scan, tf.foldl")
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        states = tf.scan(lambda state, row: tf.tanh(tf.tensordot(state, w, 1) + row), x)
        return scalar(states) + scalar(tf.foldl(lambda a, b: a * 0.5 + tf.tensordot(b, w, 1), x))

    return loss, [w]


@entry("tf.cond, tf.switch_case, tf.case")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: x @ w, lambda: 2 * x @ w)
        z = tf.switch_case(tf.constant(1), [lambda: y, lambda: y**2])
        return scalar(tf.case([(tf.reduce_mean(z) > 10, lambda: z)], default=lambda: z + 1))

    return loss, [w]


@entry("TensorArray")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        rows = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)
        for i in range(6):
            rows = rows.write(i, tf.tensordot(x[i], w, 1))
        return scalar(rows.stack() + rows.read(2)) + scalar(rows.gather([3, 1]))

    return loss, [w]


@entry(
    "a function called as a graph (a concrete function)",
    faithful=NOISE,
    note="inlined; so are the functions of a SavedModel",
)
def _() -> Built:
    w = variable(4, 3)

    @tf.function
    def graph(x: Any) -> Any:
        y = tf.nn.silu(x @ w)
        for _ in tf.range(3):
            y = tf.sin(y) + 0.1 * y
        return tf.cond(tf.reduce_sum(y) > 0, lambda: y, lambda: y**2)

    concrete = graph.get_concrete_function(tf.TensorSpec([None, 4], tf.float32))
    return lambda x: scalar(concrete(x)), [w]


@entry(
    "randomness in a function called as a graph",
    float64="RandomStandardNormal",
    note="the numbers it drew are not visible from outside",
)
def _() -> Built:
    w = variable(4, 3)
    noisy = tf.function(lambda x: x @ w + tf.random.normal([6, 3]))
    concrete = noisy.get_concrete_function(tf.TensorSpec([6, 4], tf.float32))
    return lambda x: scalar(concrete(x)), [w]


@entry("gradient penalty: a tape inside")
def _() -> Built:
    loss, model = layers((4,), keras.layers.Dense(5, "tanh"), keras.layers.Dense(1))

    def penalised(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x)
        slope = tape.gradient(y, x)
        return tf.reduce_mean((tf.norm(slope, axis=1) - 1) ** 2) + loss(x)

    return penalised, model


@entry("second order: tapes inside tapes", 3, 6, 6, 2)
def _() -> Built:
    loss, model = layers(
        (6, 6, 2), keras.layers.Conv2D(3, 3, activation="softplus"), keras.layers.MaxPooling2D()
    )

    def curvature(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = loss(x)
            slope = tf.reduce_sum(inner.gradient(y, x) ** 2)
        return tf.reduce_sum(outer.gradient(slope, x) ** 2)

    return curvature, model


@entry("a step of SGD inside the loss (MAML)")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        with tf.GradientTape() as tape:
            before = scalar(x @ w)
        moved = w - 0.5 * tape.gradient(before, w)
        return scalar(x @ moved)

    return loss, [w]


@entry("batch_jacobian", note="inlined")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tanh(x @ w)
        return scalar(tape.batch_jacobian(y, x))

    return loss, [w]


@entry("tf.autodiff.ForwardAccumulator", note="inlined", faithful=NOISE)
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as forward:
            y = tf.tanh(x @ w)
        return scalar(forward.jvp(y))

    return loss, [w]


@entry("tf.recompute_grad", faithful=NOISE, note="the ops inside are differentiated")
def _() -> Built:
    w = variable(4, 3)
    block = tf.recompute_grad(lambda x: tf.tanh(x @ w))
    return lambda x: scalar(block(x)), [w]


# ---------------------------------------------------------------- gradients and code by hand


@entry(
    "tf.custom_gradient that agrees with its ops", faithful=NOISE, note="the ops inside are differentiated"
)
def _() -> Built:
    w = variable(4, 3)

    @tf.custom_gradient
    def log1pexp(x: Any) -> Any:
        e = tf.exp(x)
        return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))

    return lambda x: scalar(log1pexp(x @ w)), [w]


@entry(
    "tf.custom_gradient that reverses",
    float64="tf.custom_gradient",
    note="its gradient differs from that of its ops",
)
def _() -> Built:
    w = variable(4, 3)

    @tf.custom_gradient
    def reverse(x: Any) -> Any:
        return tf.identity(x), lambda upstream: -upstream

    return lambda x: scalar(reverse(x @ w)), [w]


@entry("tf.grad_pass_through", float64="tf.custom_gradient", note="its gradient differs from that of its ops")
def _() -> Built:
    w = variable(4, 3)
    return lambda x: scalar(tf.grad_pass_through(tf.round)(x @ w)), [w]


@entry("straight-through by stop_gradient")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        y = x @ w
        return scalar(y + tf.stop_gradient(tf.round(y) - y))

    return loss, [w]


@entry("tf.py_function", float64="py_function", note="a replay cannot run Python code again")
def _() -> Built:
    w = variable(4, 3)
    return lambda x: scalar(tf.py_function(tf.tanh, [x @ w], tf.float32)), [w]


@entry("tf.numpy_function", note="the result of Python code is a constant in a replay, as it is for the tape")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        y = x @ w
        return scalar(y * tf.numpy_function(np.tanh, [y], tf.float32))

    return loss, [w]


# ---------------------------------------------------------------- variables


@entry("a variable handed straight to ops", 6, 3)
def _() -> Built:
    w, v = variable(3), variable(3, seed=3)
    return lambda x: scalar(x * w + tf.exp(v) - w**2 / (1 + v * v)), [w, v]


@entry("tf.gather, gather_nd, embedding_lookup on variables", 6, 3)
def _() -> Built:
    w, table = variable(3, 3), variable(5, 3, seed=3)

    def loss(x: Any) -> Any:
        rows = tf.gather(table, [0, 3, 3, 1, 0, 4]) + tf.nn.embedding_lookup(table, tf.range(6) % 5)
        cells = tf.gather_nd(w, [[0, 1], [2, 2], [0, 1]])
        return scalar(x * rows) + scalar(cells) + scalar(tf.gather(w, [1, 2], axis=1) * w[0, 0])

    return loss, [w, table]


@entry(
    "a variable assigned inside the loss and read again",
    6,
    3,
    note="reads after the assignment keep the recorded value",
)
def _() -> Built:
    w = variable(3, 3)

    def loss(x: Any) -> Any:
        y = x @ w
        w.assign(w * 1.5)
        w.scatter_nd_update([[0]], [[1.0, 2.0, 3.0]])
        return scalar(y) + scalar(x @ w) + scalar(x * w[1]) + scalar(w * 2)

    return loss, [w]


@entry(
    "a variable of another network, assigned inside the loss",
    6,
    3,
    note="reads after the assignment keep the recorded value",
)
def _() -> Built:
    w, target = variable(3, 3), variable(3, 3, seed=3)

    def loss(x: Any) -> Any:
        target.assign(0.9 * target + 0.1 * w)
        return scalar(x @ w - x @ target)

    return loss, [w]


@entry("variables of equal values", 6, 3)
def _() -> Built:
    w = [tf.Variable(tf.zeros([3])) for _ in range(3)]
    return lambda x: scalar((x * w[0] + 0.3) * (w[1] + 0.5) * tf.exp(w[2]) + w[1] * x**2), w


@entry("a scalar variable among Python numbers", 6, 3)
def _() -> Built:
    w = tf.Variable(1.0)
    return lambda x: scalar((x + 1.0) * w * 1.0 + w**2 + tf.constant(1.0)), [w]


@entry("a variable that the loss does not reach", 6, 3)
def _() -> Built:
    w, idle = variable(3), variable(3)
    return lambda x: scalar(x * w) + 0 * tf.stop_gradient(tf.reduce_sum(idle)), [w, idle]


@entry("complex variables", 6, 3, note="complex128")
def _() -> Built:
    w = tf.Variable(tf.complex(normal(3), normal(3, seed=5)))
    return lambda x: scalar(tf.abs(tf.cast(x, tf.complex64) * w + tf.math.conj(w))), [w]


# ---------------------------------------------------------------- ops


@entry("ragged tensors")
def _() -> Built:
    w = variable(4)
    lengths = tf.constant([3, 0, 1, 2])

    def loss(x: Any) -> Any:
        rows = tf.RaggedTensor.from_row_lengths(x * w, lengths)
        sums = tf.reduce_sum(rows, axis=1) + tf.reduce_max(rows.to_tensor(), axis=1)
        return scalar(sums) + scalar(tf.concat([rows, rows * 2], axis=1).flat_values)

    return loss, [w]


@entry("a ragged batch", inputs=lambda: tf.ragged.constant([[1.0, 2.0], [], [3.0, 0.5, 1.0]]))
def _() -> Built:
    w = variable(1)
    return lambda x: scalar(tf.reduce_sum(tf.sin(x * w), axis=1)), [w]


@entry("tf.map_fn over ragged rows", inputs=lambda: tf.ragged.constant([[1.0, 2.0], [], [3.0, 0.5, 1.0]]))
def _() -> Built:
    w = variable(1)
    signature = tf.TensorSpec([], tf.float32)
    return lambda x: scalar(
        tf.map_fn(lambda row: tf.reduce_sum(tf.sin(row * w)), x, fn_output_signature=signature)
    ), [w]


@entry("tf.sparse.sparse_dense_matmul", inputs=lambda: tf.sparse.from_dense(np.eye(4, 3, dtype="f")))
def _() -> Built:
    w = variable(3, 2)
    return lambda x: scalar(tf.sparse.sparse_dense_matmul(x, w)) + scalar(tf.sparse.to_dense(x) @ w), [w]


@entry("tf.sparse.reduce_sum, softmax and slices of values")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        grid = tf.SparseTensor([[0, 1], [2, 0], [2, 2]], (x[0] * w)[:3], [3, 3])
        return scalar(tf.sparse.to_dense(tf.sparse.softmax(grid))) + scalar(tf.sparse.reduce_sum(grid, 1))

    return loss, [w]


@entry("tf.nn.embedding_lookup_sparse", 2, 3)
def _() -> Built:
    table = variable(5, 3)

    def loss(x: Any) -> Any:
        ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 4, 1], tf.int64), [2, 2])
        weights = tf.SparseTensor(ids.indices, tf.constant([0.5, 2.0, 1.0]), [2, 2])
        mean = tf.nn.embedding_lookup_sparse(table, ids, weights, combiner="mean")
        return scalar(x * mean + tf.nn.embedding_lookup_sparse(table, ids, None, combiner="sqrtn"))

    return loss, [table]


@entry("tf.linalg: cholesky, triangular_solve, solve, inv, logdet", 4, 4)
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        a = w @ tf.transpose(w) + 2 * tf.eye(4)
        root = tf.linalg.cholesky(a)
        y = tf.linalg.triangular_solve(root, x) + tf.linalg.solve(a, x) + tf.linalg.inv(a)
        return scalar(y) + tf.linalg.logdet(a) + tf.linalg.det(a)

    return loss, [w]


@entry("tf.linalg: qr, eigh, svd, expm", 4, 4)
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        a = x @ w
        q, r = tf.linalg.qr(a)
        values, vectors = tf.linalg.eigh(a + tf.transpose(a))
        singular = tf.linalg.svd(a, compute_uv=False)
        return scalar(q @ r**2) + scalar(vectors**2 * values) + scalar(singular) + scalar(tf.linalg.expm(w))

    return loss, [w]


@entry("tf.signal: fft, ifft2d, rfft, irfft, stft, dct", 2, 8, 8)
def _() -> Built:
    w = variable(8)

    def loss(x: Any) -> Any:
        wave = x * w
        spectrum = tf.signal.fft(tf.cast(wave, tf.complex64))
        back = tf.signal.irfft(tf.signal.rfft(wave) * tf.complex(0.5, 0.2))
        bins = tf.abs(tf.signal.stft(tf.reshape(wave, [2, 64]), 16, 8))
        flat = tf.math.real(tf.signal.ifft2d(spectrum))
        return scalar(tf.abs(spectrum)) + scalar(back + flat) + scalar(bins) + scalar(tf.signal.dct(wave))

    return loss, [w]


@entry(
    "tf.image.resize, every method",
    2,
    5,
    4,
    1,
    faithful=NOISE,
    note="as two matrices, computed with the op itself",
)
def _() -> Built:
    w = variable(5, 4, 1)

    def loss(x: Any) -> Any:
        methods = ["bilinear", "nearest", "bicubic", "lanczos3", "gaussian", "mitchellcubic"]
        plain = [scalar(tf.image.resize(x * w, [7, 3], method)) for method in methods]
        smooth = [scalar(tf.image.resize(x * w, [3, 3], method, antialias=True)) for method in methods]
        return tf.add_n(plain + smooth)

    return loss, [w]


@entry("tf.image.crop_and_resize", 2, 5, 5, 1, float64="CropAndResize", note="the op has no float64 kernel")
def _() -> Built:
    w = variable(5, 5, 1)
    boxes = [[0.1, 0.2, 0.7, 0.9], [0.0, 0.0, 1.0, 0.5]]
    return lambda x: scalar(tf.image.crop_and_resize(x * w, boxes, [0, 1], [3, 3])), [w]


@entry("tf.image: total_variation, ssim, psnr, adjust_contrast, flip", 2, 12, 12, 1)
def _() -> Built:
    w = variable(12, 12, 1)

    def loss(x: Any) -> Any:
        y = tf.sigmoid(x * w)
        other = tf.image.flip_left_right(tf.sigmoid(x))
        ssim = tf.reduce_mean(tf.image.ssim(y, other, 1.0) + tf.image.psnr(y, other, 1.0))
        return ssim + tf.reduce_mean(tf.image.total_variation(y))

    return loss, [w]


@entry(
    "tf.nn.ctc_loss, dense labels",
    2,
    5,
    4,
    faithful=NOISE,
    note="the ops inside its custom gradient are differentiated",
)
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        labels, lengths = tf.constant([[1, 2], [3, 3]]), tf.constant([2, 2])
        logits = tf.transpose(x @ w, [1, 0, 2])
        return scalar(tf.nn.ctc_loss(labels, logits, lengths, tf.constant([5, 5])) / 5)

    return loss, [w]


@entry("tf.nn.ctc_loss, sparse labels; keras.losses.CTC", 2, 5, 4)
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        labels = tf.constant([[1, 2], [3, 3]])
        sparse = tf.sparse.from_dense(labels)
        logits = tf.transpose(x @ w, [1, 0, 2])
        return scalar(tf.nn.ctc_loss(sparse, logits, None, tf.constant([5, 5]), blank_index=0) / 5)

    return loss, [w]


@entry(
    "keras.losses.CTC", 2, 5, 4, faithful=NOISE, note="the ops inside its custom gradient are differentiated"
)
def _() -> Built:
    w = variable(4, 4)
    return lambda x: keras.losses.CTC()(tf.constant([[1, 2], [3, 3]]), x @ w), [w]


@entry("tf.nn.sampled_softmax_loss, nce_loss", 4, 3)
def _() -> Built:
    w, b = variable(20, 3), variable(20)

    def loss(x: Any) -> Any:
        labels = tf.constant([[1], [3], [3], [19]], tf.int64)
        sampled = tf.nn.sampled_softmax_loss(w, b, labels, x, 5, 20, seed=3)
        return scalar(sampled) + scalar(tf.nn.nce_loss(w, b, labels, x, 5, 20))

    return loss, [w, b]


@entry("tf.sort, argsort, top_k, cumsum, cumprod, cumulative_logsumexp")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = x * w
        best = tf.math.top_k(y, 2)
        order = tf.gather(y, tf.argsort(y[0]), axis=1)
        sums = tf.cumsum(y, reverse=True, exclusive=True) + tf.math.cumulative_logsumexp(y, axis=1)
        return (
            scalar(tf.sort(y)) + scalar(best.values) + scalar(order * sums + tf.math.cumprod(y + 2, axis=1))
        )

    return loss, [w]


@entry("tf.einsum, tensordot, matmul transposed, band_part", 3, 4, 4)
def _() -> Built:
    w = variable(4, 4)

    def loss(x: Any) -> Any:
        y = tf.einsum("bij,jk,bkl->bil", x, w, x) + tf.tensordot(x, w, [[1], [0]])
        return scalar(y + tf.matmul(x, w, transpose_a=True) + tf.linalg.band_part(w, 1, 0))

    return loss, [w]


@entry("tf.scatter_nd, tensor_scatter_nd_update, tensor_scatter_nd_add, boolean_mask, where")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = x * w
        spread = tf.scatter_nd([[4], [1], [1]], y[:3], [6, 4])
        placed = tf.tensor_scatter_nd_update(y, [[0], [2]], y[3:5])
        added = tf.tensor_scatter_nd_add(y, [[0, 1], [0, 1]], y[0, :2])
        kept = tf.boolean_mask(y, x[:, 0] > 0)
        return scalar(spread + placed + added) + scalar(kept) + scalar(tf.where(x > 0, y, tf.square(y)))

    return loss, [w]


@entry("segment sums, dynamic_partition and dynamic_stitch")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y, ids = x * w, tf.constant([0, 1, 0, 2, 1, 1])
        sums = tf.math.unsorted_segment_sum(y, ids, 3) + tf.math.unsorted_segment_mean(y, ids, 3)
        top = tf.math.unsorted_segment_max(y, ids, 3) + tf.math.segment_mean(y, tf.sort(ids))
        parts = tf.dynamic_partition(y, ids, 3)
        places = tf.dynamic_partition(tf.range(6), ids, 3)
        stitched = tf.dynamic_stitch(places, [part * (i + 1.0) for i, part in enumerate(parts)])
        return scalar(sums * top) + scalar(stitched)

    return loss, [w]


@entry("tf.nn losses: cross entropies, log_softmax, l2_loss, moments")
def _() -> Built:
    w = variable(4, 3)

    def loss(x: Any) -> Any:
        y, labels = x @ w, tf.range(6) % 3
        terms = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, y)
        terms += tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(-y), y)
        terms += tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(tf.one_hot(labels, 3), y), 1)
        mean, variance = tf.nn.moments(tf.nn.log_softmax(y), [0])
        return scalar(terms) + tf.nn.l2_loss(y) / 100 + scalar(tf.nn.l2_normalize(mean) * variance)

    return loss, [w]


@entry("tf.math: special functions")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = tf.exp(tf.sin(x * w)) / 3
        terms = [tf.math.lgamma(y), tf.math.digamma(y), tf.math.erf(y), tf.math.erfinv(y / 2)]
        terms += [tf.math.betainc(y, 2.0, 0.3 * y / (1 + y)), tf.math.igamma(2.0, y), tf.math.ndtri(y / 3)]
        terms += [
            tf.math.bessel_i0e(y),
            tf.atan2(y, x),
            tf.pow(y, 1.7),
            tf.math.xlogy(y, y),
            tf.math.expm1(y),
        ]
        return scalar(tf.stack(terms))

    return loss, [w]


@entry("tf.clip_by_value, clip_by_global_norm, minimum, maximum, reduce_max, reduce_prod, norm")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = tf.clip_by_value(x * w, -0.5, 0.6)
        (z,), norm = tf.clip_by_global_norm([tf.maximum(y, tf.minimum(x, 0.2) * w)], 0.5)
        extremes = tf.reduce_max(y) + tf.reduce_prod(y + 1.5) + tf.math.reduce_std(y)
        return scalar(z) * norm + tf.norm(y) + extremes

    return loss, [w]


@entry("slices, strides, concat, stack, pad, tile, roll, reverse, transpose, space_to_depth", 4, 4, 4, 1)
def _() -> Built:
    w = variable(4, 1)

    def loss(x: Any) -> Any:
        y = x * w
        z = tf.concat([y[:, ::2], tf.reverse(y, [1])[:, :2]], 1) + tf.roll(y, 1, 2)
        z = tf.pad(z, [[0, 0], [1, 1], [0, 0], [0, 0]], "REFLECT") + tf.tile(y[:1, :1], [4, 6, 1, 1])
        patches = tf.image.extract_patches(y, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")
        first, *_ = tf.split(tf.nn.space_to_depth(y, 2), 4, -1)
        return scalar(z) + scalar(patches) + scalar(tf.unstack(y)[1] + first[0, 0, 0, 0])

    return loss, [w]


@entry("tf.nn: conv2d, pools, bias_add, dilation, atrous, leaky_relu", 2, 8, 8, 2)
def _() -> Built:
    w, b = variable(3, 3, 2, 2), variable(2)

    def loss(x: Any) -> Any:
        y = tf.nn.bias_add(tf.nn.conv2d(x, w, 1, [[0, 0], [1, 1], [1, 1], [0, 0]]), b)
        y = tf.nn.leaky_relu(y) + tf.nn.atrous_conv2d(x, w, 2, "SAME")
        y += tf.nn.dilation2d(x, w[..., 0], (1, 1, 1, 1), "SAME", "NHWC", (1, 1, 1, 1))
        return scalar(tf.nn.max_pool2d(y, 2, 1, "SAME") + tf.nn.avg_pool2d(y, 3, 1, "SAME"))

    return loss, [w, b]


@entry(
    "fused_batch_norm, training and inference",
    3,
    4,
    4,
    2,
    faithful=1e-5,
    note="replaced by its formula, in ops that have float64 kernels",
)
def _() -> Built:
    scale, offset = tf.Variable([0.7, 1.2]), tf.Variable([0.1, -0.2])

    def loss(x: Any) -> Any:
        y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x * scale[0], scale, offset, epsilon=1e-2)
        z, *_ = tf.compat.v1.nn.fused_batch_norm(
            x, scale, offset, mean=mean + 0.5, variance=variance + 0.5, is_training=False
        )
        return scalar(y) + scalar(z) + scalar(mean) + scalar(variance)

    return loss, [scale, offset]


@entry("local_response_normalization", 2, 4, 4, 3, float64="LRN", note="the op has no float64 kernel")
def _() -> Built:
    w = variable(3)
    return lambda x: scalar(tf.nn.local_response_normalization(x * w)), [w]


@entry(
    "tf.quantization.fake_quant_with_min_max_vars",
    float64="FakeQuantWithMinMaxVars",
    note="the op has no float64 kernel",
)
def _() -> Built:
    w = variable(4)
    return lambda x: scalar(tf.quantization.fake_quant_with_min_max_vars(x * w, -1.0, 1.0)), [w]


@entry(
    "tf.random: normal, uniform, stateless, truncated, categorical, shuffle of indices",
    note="the recorded numbers are used again",
)
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = x * w + tf.random.normal([6, 4]) * w + tf.random.stateless_uniform([6, 4], [1, 2])
        y *= tf.random.truncated_normal([6, 4]) + tf.random.Generator.from_seed(3).normal([6, 4])
        picked = tf.gather(y, tf.random.categorical(y, 1)[:, 0], axis=1)
        return scalar(y) + scalar(picked) + scalar(tf.gather(y, tf.random.shuffle(tf.range(6))))

    return loss, [w]


@entry(
    "tf.random.gamma, differentiated through",
    4,
    note="the recorded numbers are used again; the gradient is reparametrised",
)
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        concentration = tf.exp(x * w)
        return scalar(
            tf.random.gamma([3], concentration) + tf.random.stateless_gamma([4], [1, 2], concentration)
        )

    return loss, [w]


@entry(
    "tf.random.shuffle of values", float64="RandomShuffle", note="it would return the recorded float32 values"
)
def _() -> Built:
    w = variable(4)
    return lambda x: scalar(x * w * tf.stop_gradient(tf.random.shuffle(x * w))), [w]


@entry("casts to half and back, to integers, bitcasts of integers")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = tf.cast(tf.cast(x * w, tf.float16), tf.float32)
        return scalar(y) + scalar(y * tf.cast(tf.cast(10 * x, tf.int32), tf.float32))

    return loss, [w]


@entry("tf.bitcast of floats", float64="Bitcast", note="the bits differ in float64")
def _() -> Built:
    w = variable(4)
    return lambda x: scalar(x * w * tf.cast(tf.bitcast(x * w, tf.int32) % 3, tf.float32)), [w]


@entry(
    "values that leave TensorFlow: .numpy(), float()", note="constants in a replay, as they are for the tape"
)
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = x * w
        return scalar(y * y.numpy()) * float(tf.reduce_sum(y))

    return loss, [w]


@entry("tf.debugging: assert_near, check_numerics; tf.print")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        y = tf.debugging.check_numerics(x * w, "finite?")
        tf.debugging.assert_less(y, 100.0)
        tf.print(y[0, 0], output_stream="file:///dev/null")
        return scalar(y)

    return loss, [w]


@entry("tf.data inside the loss")
def _() -> Built:
    w = variable(4)

    def loss(x: Any) -> Any:
        batches = tf.data.Dataset.from_tensor_slices(x).batch(4)
        return tf.add_n([scalar(part * w) for part in batches])

    return loss, [w]


@entry("tf.lookup tables", inputs=lambda: np.array([1, 2, 1]))
def _() -> Built:
    w = variable(3)
    keys = tf.lookup.KeyValueTensorInitializer(tf.constant([1, 2], tf.int64), tf.constant([0.5, 2.0]))
    table = tf.lookup.StaticHashTable(keys, 0.0)
    return lambda x: scalar(table.lookup(x) * w), [w]


@entry("nan and infinity in the loss", note="the same elements are not finite")
def _() -> Built:
    w = variable(4)
    return lambda x: tf.reduce_mean(tf.where(x > 0, tf.math.log(x * w - x * w), x * w)), [w]


@entry(
    "trained until the gradient is nearly zero",
    note="only rounding is left of the gradient, and both replays have it",
    faithful=1.0,
)
def _() -> Built:
    w, v = variable(4, 3), variable(3, 1, seed=3)

    def loss(x: Any) -> Any:
        return tf.reduce_mean((tf.nn.silu(x @ w) @ v - tf.sin(tf.reduce_sum(x, 1, keepdims=True))) ** 2)

    @tf.function
    def train(x: Any) -> None:
        for _ in tf.range(500):
            with tf.GradientTape() as tape:
                value = loss(x)
            for each, gradient in zip((w, v), tape.gradient(value, [w, v]), strict=True):
                each.assign_sub(0.2 * gradient)

    train(tf.constant(normal(6, 4)))
    return loss, [w, v]


def table_as_markdown() -> str:
    """Return the page `docs/float64.md`: what cannot be replayed first, and the long rest folded."""
    not_available = [f"| {each.name} | {each.note} |" for each in ENTRIES if each.float64 != "yes"]
    special = [f"| {each.name} | {each.note} |" for each in ENTRIES if each.float64 == "yes" and each.note]
    plain = [f"- {each.name}" for each in ENTRIES if each.float64 == "yes" and not each.note]
    parts = [
        HEAD,
        *not_available,
        SPECIAL,
        *special,
        PLAIN.format(count=len(plain)),
        *plain,
        "",
        "</details>",
    ]
    return "\n".join(parts) + "\n"


HEAD = """\
# What can be replayed in float64

To tell rounding from a real difference, the ops of a loss are run again in float64. This page lists what
this was tried on; the test suite runs every entry. If a float64 replay is not available, the report says
so and why, and judges the gradients in their own precision.

A replay is accepted only if the gradient that TensorFlow computed is as close to the float64 gradient as
rounding allows. A replay does not see a hand-written gradient (`tf.custom_gradient`); it differentiates
the ops inside. So float64 is available if the two agree, as for `silu`, and not available if they do not,
as for a gradient reversal.

## Not available

| loss that uses | why |
| --- | --- |"""

SPECIAL = """
## Available, in a way of its own

| loss that uses | how |
| --- | --- |"""

PLAIN = """
## Available

<details markdown="1">
<summary>{count} more losses, by what they use</summary>
"""
