"""What a guard adds to a training step of a small and of a larger network: eager, traced and with XLA.

python tests/benchmarks/health_cost.py
"""

import functools
import sys

import keras
import tensorflow as tf
from workloads import interleaved

import gradcheck

STEPS = 100


def step_of(widths, batch, how):
    """Return a step: a loss, its gradient, an optimizer."""
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(width, activation="relu") for width in widths[1:-1]]
    model = keras.Sequential([keras.Input((widths[0],)), *hidden, keras.layers.Dense(widths[-1])])
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    x, y = tf.random.normal((batch, widths[0])), tf.random.normal((batch, widths[-1]))

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return step if how == "eager" else tf.function(step, jit_compile=how == "XLA")


def repeated(step):
    """Take several steps: one alone is too short to be timed."""
    for _ in range(STEPS):
        step()


def guarded(step):
    """Take the steps under a guard, which is entered once."""
    with gradcheck.guard(on="collect"):
        repeated(step)


def main():
    """Print the ratio of neighbouring runs."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, widths, batch in (
        ("4 layers of 64, batch 64", (16, 64, 64, 64, 1), 64),
        ("3 layers of 512, batch 128", (128, 512, 512, 10), 128),
    ):
        for how in ("eager", "traced", "XLA"):
            bare, watched = (step_of(widths, batch, how) for _ in range(2))
            guarded(watched)  # traced inside
            take = guarded if how == "eager" else repeated  # what was traced inside goes on counting
            times = interleaved(
                rounds, bare=functools.partial(repeated, bare), watched=functools.partial(take, watched)
            )
            print(
                f"{name}, {how}: {STEPS} steps take {times['bare']}; watched {times['watched'].per(times['bare'])}"
            )


if __name__ == "__main__":
    main()
