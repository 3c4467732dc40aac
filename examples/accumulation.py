"""Gradient accumulation over micro-batches of tokens: a mean of means is not the mean.

    gradcheck diff examples/accumulation.py

The number of real tokens differs between micro-batches. Averaging the means of the micro-batches gives a token in
a short micro-batch more weight than one in a long one. Adding sums and dividing once by all tokens does not.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

VOCABULARY, STEPS = 7, 5


def token_losses(model, tokens, targets, mask):
    """Return the loss of each token, zero for padding: (n, STEPS)."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=model(tokens))
    return losses * mask


def whole_batch(model):
    """Return the mean over all tokens of the batch."""

    def loss(tokens, targets, mask):
        return tf.reduce_sum(token_losses(model, tokens, targets, mask)) / tf.reduce_sum(mask)

    return loss


def accumulated(model, micro_batches, mean_of_means):
    """Return the same loss, accumulated over micro-batches."""

    def loss(tokens, targets, mask):
        parts = zip(*(tf.split(array, micro_batches) for array in (tokens, targets, mask)), strict=True)
        total = 0.0
        for part in parts:
            losses = token_losses(model, *part)
            if mean_of_means:
                total += tf.reduce_sum(losses) / tf.reduce_sum(part[2]) / micro_batches
            else:
                total += tf.reduce_sum(losses) / tf.reduce_sum(mask)
        return total

    return loss


def made(seed, samples, mean_of_means):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    model = keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            keras.layers.Embedding(VOCABULARY, 6),
            keras.layers.Dense(VOCABULARY),
        ],
        name="model",
    )
    lengths = random.integers(1, STEPS + 1, size=samples)
    batch = {
        "tokens": random.integers(VOCABULARY, size=(samples, STEPS)).astype("int32"),
        "targets": random.integers(VOCABULARY, size=(samples, STEPS)).astype("int32"),
        "mask": (np.arange(STEPS) < lengths[:, None]).astype("float32"),
    }
    candidate = accumulated(model, 4, mean_of_means)
    return gradcheck.Case(reference=whole_batch(model), candidate=candidate, batch=batch, variables=model)


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, mean_of_means=True)


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, mean_of_means=False)
