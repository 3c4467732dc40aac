"""A masked sequence loss: the mean over all steps, padding included, instead of over the real ones.

    gradcheck diff examples/masked_sequence.py

`tf.reduce_mean` divides by the number of elements, and a mask only makes some of them zero. So the loss is too
small by the fraction of real steps, which varies between batches, and with it the effective learning rate.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

STEPS, FEATURES = 5, 3


def loop(model):
    """Return the mean error over all real steps, one at a time."""

    def loss(sequences, targets, mask):
        total, steps = 0.0, 0.0
        predictions = model(sequences)
        for i in range(len(sequences)):
            for step in range(STEPS):
                if mask[i, step] > 0:
                    total += (predictions[i, step, 0] - targets[i, step]) ** 2
                    steps += 1.0
        return total / steps

    return loss


def arrays(model, over_all_steps):
    """Return the same loss with array operations."""

    def loss(sequences, targets, mask):
        errors = (tf.squeeze(model(sequences), axis=2) - targets) ** 2 * mask
        if over_all_steps:
            return tf.reduce_mean(errors)
        return tf.reduce_sum(errors) / tf.reduce_sum(mask)

    return loss


def made(seed, samples, over_all_steps):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    model = keras.Sequential(
        [keras.Input((STEPS, FEATURES)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)],
        name="model",
    )
    lengths = random.integers(1, STEPS + 1, size=samples)
    batch = {
        "sequences": random.normal(size=(samples, STEPS, FEATURES)).astype("float32"),
        "targets": random.normal(size=(samples, STEPS)).astype("float32"),
        "mask": (np.arange(STEPS) < lengths[:, None]).astype("float32"),
    }
    return gradcheck.Case(
        reference=loop(model), candidate=arrays(model, over_all_steps), batch=batch, variables=model
    )


@gradcheck.case
def wrong(seed: int = 0, samples: int = 8) -> gradcheck.Case:
    return made(seed, samples, over_all_steps=True)


@gradcheck.case
def right(seed: int = 0, samples: int = 8) -> gradcheck.Case:
    return made(seed, samples, over_all_steps=False)
