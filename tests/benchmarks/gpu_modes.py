"""The modes on a GPU, in at most five minutes: tables for docs/modes.md.

python tests/benchmarks/gpu_modes.py [SECONDS]

Without a GPU the modes run on the processor, and each part that needs a card says so.
"""

import os
import pathlib
import signal
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # the processes of the modes share the card
import keras
import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.running.api import ModesOptions, modes_of_target

SECONDS = 300.0
MODES = (
    "eager",
    "function",
    "xla",
    "tf32",
    "recompute",
    "bfloat16",
    "float16",
    "float16_unscaled",
    "fit",
    "micro_batches",
)
TARGETS = (
    f"{pathlib.Path(__file__).parents[2] / 'examples' / 'bandit.py'}:actor_fixed",
    f"{__file__}:network_of_convolutions",
    f"{__file__}:transformer",
)
REPEATS = 20


def of(model, loss, batch):
    """Return the case of a model."""
    model.compile("adam", loss)
    return gradcheck.Case(candidate=model, batch=batch, variables=model)


@gradcheck.case
def network_of_convolutions(seed: int = 0):
    """Return a small CNN with BatchNormalization and dropout."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((32, 32, 3))]
    for width in (32, 64):
        layers += [
            keras.layers.Conv2D(width, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(10, dtype="float32")]
    random = np.random.default_rng(seed)
    batch = {
        "x": random.normal(size=(32, 32, 32, 3)).astype("float32"),
        "y": random.integers(0, 10, 32),
    }
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return of(keras.Sequential(layers), loss, batch)


@gradcheck.case
def transformer(seed: int = 0, depth: int = 2, width: int = 128, length: int = 64, words: int = 1000):
    """Return a small transformer that predicts the next word; its embedding scatters in the backward pass."""
    keras.utils.set_random_seed(seed)
    x = keras.Input((length,), dtype="int32")
    h = keras.layers.Embedding(words, width)(x)
    for _ in range(depth):
        seen = keras.layers.LayerNormalization()(h)
        h += keras.layers.MultiHeadAttention(4, width // 4)(seen, seen, use_causal_mask=True)
        inner = keras.layers.Dense(4 * width, activation="gelu")(keras.layers.LayerNormalization()(h))
        h += keras.layers.Dense(width)(inner)
    model = keras.Model(x, keras.layers.Dense(words, dtype="float32")(h))
    tokens = np.random.default_rng(seed).integers(0, words, size=(8, length + 1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return of(model, loss, {"x": tokens[:, :-1].astype("int32"), "y": tokens[:, 1:]})


def main():
    """Print one table per part, and stop when the time is over."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    signal.signal(signal.SIGALRM, signal.default_int_handler)  # as by Ctrl-C, which ends the processes
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        measure()
    except KeyboardInterrupt:
        print(f"\nThe {seconds:g} seconds are over: the rest was not run.")


def measure():
    """Print a table per part, and one of the modes of each model."""
    card = name_of_card()
    print(f"Device: {card or 'no GPU'}. TensorFlow {tf.__version__}, Keras {keras.__version__}.")
    for part in (throughput, repeated):
        said(part, card)
    print("\n| model | mode | verdict | differ | noise | note |\n| --- | --- | --- | --- | --- | --- |")
    for target in TARGETS:
        for report in modes_of_target(target, ModesOptions(only=MODES)):
            rows_of(report)


def rows_of(report):
    """Print the rows of one report."""
    if report.reason:
        print(f"| {report.name} | | not run: {report.reason} | | | |", flush=True)
    for row in report.rows:
        figures = ["" if one is None else f"{one:.0e}" for one in (row.difference, row.noise)]
        print(
            f"| {report.name} | {row.mode} | {row.verdict} | {' | '.join(figures)} | {row.note} |", flush=True
        )


def said(part, card):
    """Print what a part that needs a card has measured."""
    print(f"\n{part.__doc__.partition(chr(10))[0]}\n")
    if card is None:
        print("no GPU")
        return
    with tf.device("GPU:0"):
        part()


def name_of_card():
    """Return the name of the first GPU; None without one."""
    cards = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(cards[0]).get("device_name", "a GPU") if cards else None


def repeated():
    """The same gradient taken again and again: how many different ones, and how far apart."""
    print("| what | different ones | furthest apart |\n| --- | --- | --- |")
    gradients = {"scatter of an embedding": scattered(), "convolution (cuDNN)": convolved()}
    for name, gradient in gradients.items():
        print(f"| {name} | {spread_of(gradient)} |", flush=True)
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()  # there is no way back
    for name, gradient in gradients.items():
        print(f"| {name}, deterministic | {spread_of(gradient)} |", flush=True)


def spread_of(gradient):
    """Return how many different results there are, and how far they are from the first, as cells of a table."""
    found = [gradient().numpy().astype("float64") for _ in range(REPEATS)]
    apart = max(np.linalg.norm(one - found[0]) for one in found) / np.linalg.norm(found[0])
    return f"{len({one.tobytes() for one in found})} of {REPEATS} | {apart:.0e}"


def scattered():
    """Return what takes the gradient of sums of a few rows that many samples share."""
    random = np.random.default_rng(0)
    table = tf.Variable(random.normal(size=(16, 64)).astype("float32"))
    rows = tf.constant(random.integers(0, 16, 100_000))
    weights = tf.constant(random.normal(size=(100_000, 64)).astype("float32"))

    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, rows) * weights)
        return tf.convert_to_tensor(tape.gradient(loss, table))

    return gradient


def convolved():
    """Return what takes the gradient of a convolution for its filters."""
    random = np.random.default_rng(0)
    images = tf.constant(random.normal(size=(64, 32, 32, 32)).astype("float32"))
    filters = tf.Variable(random.normal(size=(3, 3, 32, 64)).astype("float32"))

    def gradient():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.conv2d(images, filters, 1, "SAME") ** 2)
        return tape.gradient(loss, filters)

    return gradient


def throughput(size=4096, rounds=10):
    """Products of matrices per second, in the precision of training and in that of the replay."""
    print("| dtype | TFLOP/s | of float32 |\n| --- | --- | --- |")
    allowed = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    found = {name: rate(size, rounds, name) for name in ("float32", "float64")}
    tf.config.experimental.enable_tensor_float_32_execution(True)
    found["tf32"] = rate(size, rounds, "float32")
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
    for name, one in found.items():
        print(f"| {name} | {one:.1f} | {one / found['float32']:.2f} |", flush=True)


def rate(size, rounds, dtype):
    """Return how many 10**12 operations a second a product of square matrices takes."""
    matrix = tf.cast(tf.random.stateless_normal((size, size), (0, 1)), dtype)
    tf.linalg.matmul(matrix, matrix).numpy()
    start = time.perf_counter()
    for _ in range(rounds):
        made = tf.linalg.matmul(matrix, matrix)
    made.numpy()
    return 2 * size**3 * rounds / (time.perf_counter() - start) / 1e12


if __name__ == "__main__":
    main()
