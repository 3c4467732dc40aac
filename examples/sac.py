"""SAC: `q - alpha * log_prob` in the critic's target, with values of shape (n, 1) and log-probabilities of (n,).

    gradcheck diff examples/sac.py

A distribution sums the log-probability over the action's dimensions, which leaves (n,); a critic that ends in
`Dense(1)` gives (n, 1). Their difference is (n, n), and so is the target. In the policy's own loss the same
mistake is harmless: the mean is taken right away, and the mean of all differences is the difference of the means.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

ALPHA, GAMMA = 0.2, 0.99


def log_prob(noise):
    """Return the log-probability under a standard normal distribution, summed over the last axis."""
    return tf.reduce_sum(-0.5 * noise**2 - 0.5 * np.log(2 * np.pi), axis=-1)


def loop(critic, old_critic):
    """Return the critic's loss, one transition at a time."""

    def loss(states, actions, rewards, next_states, noise):
        total = 0.0
        for i in range(len(states)):
            next_input = tf.concat([next_states[i], noise[i]], axis=0)
            soft_value = old_critic(next_input[None])[0, 0] - ALPHA * log_prob(noise[i])
            target = rewards[i] + GAMMA * soft_value
            value = critic(tf.concat([states[i], actions[i]], axis=0)[None])[0, 0]
            total += (tf.stop_gradient(target) - value) ** 2
        return total / len(states)

    return loss


def arrays(critic, old_critic):
    """Return the critic's loss with array operations."""

    def loss(states, actions, rewards, next_states, noise):
        soft_values = old_critic(tf.concat([next_states, noise], axis=1)) - ALPHA * log_prob(noise)
        targets = rewards[:, None] + GAMMA * soft_values
        values = critic(tf.concat([states, actions], axis=1))
        return tf.reduce_mean((tf.stop_gradient(targets) - values) ** 2)

    return loss


def arrays_in_one_shape(critic, old_critic):
    """Return the critic's loss with array operations, with everything of shape (n, 1)."""

    def loss(states, actions, rewards, next_states, noise):
        entropy_term = ALPHA * tf.expand_dims(log_prob(noise), axis=1)
        soft_values = old_critic(tf.concat([next_states, noise], axis=1)) - entropy_term
        targets = rewards[:, None] + GAMMA * soft_values
        values = critic(tf.concat([states, actions], axis=1))
        return tf.reduce_mean((tf.stop_gradient(targets) - values) ** 2)

    return loss


def network():
    return keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)], name="critic"
    )


def made(seed, samples, candidate):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    critic, old_critic = network(), network()
    batch = {
        name: random.normal(size=(samples, *shape)).astype("float32")
        for name, shape in {
            "states": (4,),
            "actions": (2,),
            "rewards": (),
            "next_states": (4,),
            "noise": (2,),
        }.items()
    }
    losses = loop(critic, old_critic), candidate(critic, old_critic)
    return gradcheck.Case(reference=losses[0], candidate=losses[1], batch=batch, variables=critic)


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, arrays)


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, arrays_in_one_shape)
