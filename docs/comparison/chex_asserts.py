"""What chex says of the bandit, given a line of assertion."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bandit
import chex
import jax
import jax.numpy as jnp
import tensorflow as tf


def log_probs(weights):
    return jnp.log(jnp.sum(bandit.chosen * jax.nn.softmax(bandit.states @ weights), 1))


def loop(weights):
    terms = zip(log_probs(weights), bandit.rewards, bandit.values[:, 0], strict=True)
    return -sum(log_prob * (reward - value) for log_prob, reward, value in terms) / bandit.n


def arrays(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    return -jnp.mean(advantages * log_probs(weights))  # (n, 1) times (n,)


def asserted(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    chex.assert_equal_shape([advantages, log_probs(weights)])
    return -jnp.mean(advantages * log_probs(weights))


def fixed(weights):
    advantages = bandit.rewards - bandit.values[:, 0]
    return -jnp.mean(advantages * log_probs(weights))


def many(weights, states, chosen):
    """Return the loss of 10,000 samples, added up one after the other."""

    def add(total, sample):
        state, chosen = sample
        return total - jnp.log(jnp.sum(chosen * jax.nn.softmax(state @ weights))), None

    return jax.lax.scan(add, 0.0, (states, chosen))[0] / len(states)


def many_arrays(weights, states, chosen):
    return -jnp.mean(jnp.log(jnp.sum(chosen * jax.nn.softmax(states @ weights), 1)))


def stopped(weights):
    log_prob = log_probs(weights)
    return -jnp.mean(jax.lax.stop_gradient(jnp.exp(log_prob)) * log_prob)  # on purpose


@jax.custom_vjp
def softplus(x):
    return jnp.log1p(jnp.exp(x))


softplus.defvjp(
    lambda x: (softplus(x), x),
    lambda x, upstream: (upstream * jax.nn.sigmoid(-x),),  # it is sigmoid(x)
)

weights = jnp.asarray(bandit.weights)
of_loop, of_arrays, of_fixed = ({"actor": jax.grad(loss)(weights)} for loss in (loop, arrays, fixed))
bandit.ask("the arrays", lambda: arrays(weights))
bandit.ask("the arrays, asserted", lambda: asserted(weights))
bandit.ask("the arrays, asserted, under jit", lambda: jax.jit(asserted)(weights))
bandit.ask("gradients of arrays and loop", lambda: chex.assert_trees_all_close(of_arrays, of_loop))
bandit.ask("gradients, repaired", lambda: chex.assert_trees_all_close(of_fixed, of_loop))

states = jnp.asarray(bandit.random.normal(size=(10_000, 2)))
chosen = jnp.eye(2)[bandit.random.integers(2, size=10_000)]
of_many, of_many_arrays = (jax.grad(loss)(weights, states, chosen) for loss in (many, many_arrays))
bandit.ask("gradients of a right pair", lambda: chex.assert_trees_all_close(of_many_arrays, of_many))

x = jnp.linspace(-1, 1, 3)
bandit.ask("softplus", lambda: chex.assert_numerical_grads(softplus, (x,), order=1, modes=["rev"]))
bandit.ask("stop_gradient", lambda: chex.assert_numerical_grads(stopped, (weights,), order=1))

column, line = tf.ones((3, 1)), tf.ones(3)
bandit.ask("tensors of TensorFlow", lambda: chex.assert_equal_shape([column, line]))
