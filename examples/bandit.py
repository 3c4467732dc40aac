"""A bandit agent that learns worse with array operations than with a loop over samples.

From a question by Stefano Testoni on Stack Overflow. An agent draws a sample from bandit A and one from
bandit B and chooses one of the two; choosing A is rewarded. The author trained it with a loop over the
samples of an epoch and with array operations, "in theory mathematically equivalent". The loop learned; the
array version often did not.

    gradcheck diff examples/bandit.py

reports which one is wrong and where, and that the critic cannot learn in either.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck


def networks(seed: int, critic_activation: str) -> tuple[keras.Model, keras.Model]:
    """Return the question's actor and critic."""
    keras.utils.set_random_seed(seed)
    draws = keras.Input(shape=(2,))
    actor = keras.Model(draws, keras.layers.Dense(2, activation="softmax", name="actor")(draws))
    critic = keras.Model(draws, keras.layers.Dense(1, activation=critic_activation, name="critic")(draws))
    return actor, critic


def epoch(actor: keras.Model, seed: int, samples: int) -> dict[str, np.ndarray]:
    """Draw the samples of one epoch and, from the actor's own probabilities, the actions."""
    random = np.random.default_rng(seed)
    bandit_a = random.normal(loc=10, scale=15, size=100_000)
    bandit_b = random.normal(loc=0, scale=1, size=100_000)
    draws = [random.choice(bandit, size=samples) for bandit in (bandit_a, bandit_b)]
    states = np.stack(draws, axis=1).astype("float32")
    chose_b = random.random(samples) < actor(states).numpy()[:, 1]
    return {
        "states": states,
        "actions": chose_b.astype("int64"),  # 0 is A, 1 is B
        "rewards": np.where(chose_b, 0.0, 1.0).astype("float32"),
    }


def actor_loop(actor, critic):
    """Return the actor's loss as a loop over the samples: the question's first version."""

    def loss(states, actions, rewards):
        cum_actor_loss = 0
        for state, action, reward in zip(states, actions, rewards, strict=True):
            action_prob = actor(tf.reshape(state, (1, -1)))[0][action]
            value = critic(tf.reshape(state, (1, -1)))[0]
            advantage = reward - value
            cum_actor_loss += -tf.math.log(action_prob) * advantage
        return cum_actor_loss / len(states)

    return loss


def actor_arrays(actor, critic):
    """Return the actor's loss with array operations: the question's second version."""

    def loss(states, actions, rewards):
        rewards = tf.reshape(rewards, (len(states), -1))
        advantages = rewards + tf.math.negative(critic(states))
        action_probs = tf.reduce_sum(tf.one_hot(actions, 2) * actor(states), axis=1)
        return -tf.reduce_mean(advantages * tf.math.log(action_probs))

    return loss


def actor_arrays_fixed(actor, critic):
    """Return the actor's loss with array operations, with advantages and log-probs of the same shape."""

    def loss(states, actions, rewards):
        advantages = rewards - tf.squeeze(critic(states), axis=1)
        action_probs = tf.reduce_sum(tf.one_hot(actions, 2) * actor(states), axis=1)
        return -tf.reduce_mean(advantages * tf.math.log(action_probs))

    return loss


def critic_loop(critic):
    """Return the critic's loss as a loop over the samples."""

    def loss(states, actions, rewards):
        cum_critic_loss = 0
        for state, reward in zip(states, rewards, strict=True):
            value = critic(tf.reshape(state, (1, -1)))[0]
            advantage = reward - value
            cum_critic_loss += advantage**2
        return cum_critic_loss / len(states)

    return loss


def critic_arrays(critic):
    """Return the critic's loss with array operations."""

    def loss(states, actions, rewards):
        rewards = tf.reshape(rewards, (len(states), -1))
        advantages = rewards + tf.math.negative(critic(states))
        return tf.reduce_mean(tf.pow(advantages, 2))

    return loss


@gradcheck.case
def actor(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    model, critic_model = networks(seed, critic_activation="softmax")
    return gradcheck.Case(
        reference=actor_loop(model, critic_model),
        candidate=actor_arrays(model, critic_model),
        batch=epoch(model, seed, samples),
        variables=model,
    )


@gradcheck.case
def critic(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    actor_model, model = networks(seed, critic_activation="softmax")
    return gradcheck.Case(
        reference=critic_loop(model),
        candidate=critic_arrays(model),
        batch=epoch(actor_model, seed, samples),
        variables=model,
    )


@gradcheck.case
def actor_fixed(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    model, critic_model = networks(seed, critic_activation="softmax")
    return gradcheck.Case(
        reference=actor_loop(model, critic_model),
        candidate=actor_arrays_fixed(model, critic_model),
        batch=epoch(model, seed, samples),
        variables=model,
    )


@gradcheck.case
def critic_fixed(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    actor_model, model = networks(seed, critic_activation="linear")
    return gradcheck.Case(
        reference=critic_loop(model),
        candidate=critic_arrays(model),
        batch=epoch(actor_model, seed, samples),
        variables=model,
    )
