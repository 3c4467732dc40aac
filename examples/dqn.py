"""DQN: targets of shape (n,) against chosen values of shape (n, 1).

    gradcheck diff examples/dqn.py

`tf.reduce_sum(..., keepdims=True)` keeps an axis of length 1. The targets have none, so every target is combined
with every value: an (n, n) matrix of errors, whose mean pulls all values towards the mean target.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

GAMMA = 0.99


def loop(q, old_q):
    """Return the loss, one transition at a time."""

    def loss(states, actions, rewards, next_states, done):
        total = 0.0
        for i in range(len(states)):
            best = tf.reduce_max(old_q(next_states[i : i + 1])[0])
            target = rewards[i] + GAMMA * (1.0 - done[i]) * best
            total += (tf.stop_gradient(target) - q(states[i : i + 1])[0, actions[i]]) ** 2
        return total / len(states)

    return loss


def arrays(q, old_q):
    """Return the loss with array operations."""

    def loss(states, actions, rewards, next_states, done):
        best = tf.reduce_max(old_q(next_states), axis=1)
        target = rewards + GAMMA * (1.0 - done) * best
        chosen = tf.reduce_sum(q(states) * tf.one_hot(actions, 3), axis=1, keepdims=True)
        return tf.reduce_mean((tf.stop_gradient(target) - chosen) ** 2)

    return loss


def arrays_in_one_shape(q, old_q):
    """Return the loss with array operations, with targets and values of the same shape."""

    def loss(states, actions, rewards, next_states, done):
        best = tf.reduce_max(old_q(next_states), axis=1)
        target = rewards + GAMMA * (1.0 - done) * best
        chosen = tf.reduce_sum(q(states) * tf.one_hot(actions, 3), axis=1)
        return tf.reduce_mean((tf.stop_gradient(target) - chosen) ** 2)

    return loss


def network():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)], name="q"
    )


def made(seed, samples, candidate):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    q, old_q = network(), network()
    batch = {
        "states": random.normal(size=(samples, 4)).astype("float32"),
        "actions": random.integers(3, size=samples),
        "rewards": random.normal(size=samples).astype("float32"),
        "next_states": random.normal(size=(samples, 4)).astype("float32"),
        "done": random.integers(2, size=samples).astype("float32"),
    }
    return gradcheck.Case(reference=loop(q, old_q), candidate=candidate(q, old_q), batch=batch, variables=q)


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, arrays)


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, arrays_in_one_shape)
