"""One-step actor-critic: the value of the next state is computed inside the tape without stopping it, so grad V(S') enters
the update of the critic (and of the shared trunk), unlike in the semi-gradient algorithm of the book.
Source: https://github.com/philtabor/Youtube-Code-Repository/issues/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "state_value_, _ = actor_critic(batch[\"new_states\"])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 15, 4, 3, 0.99
    fc1 = keras.layers.Dense(10, activation="relu", name="fc1")
    v = keras.layers.Dense(1, name="v")
    pi = keras.layers.Dense(acts, name="pi")
    fc1.build((None, obs))
    v.build((None, 10))
    pi.build((None, 10))

    def reference(batch):
        h = fc1(batch["states"])
        target = batch["rewards"] + gamma * (1 - batch["dones"]) * v(fc1(batch["new_states"]))[:, 0]
        target = tf.stop_gradient(target)
        value = v(h)[:, 0]
        adv = tf.stop_gradient(target - value)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=pi(h))
        return tf.reduce_mean(nll * adv + tf.math.squared_difference(target, value))

    def candidate(batch):
        def actor_critic(state):
            value = fc1(state)
            return tf.squeeze(v(value), axis=-1), tf.nn.softmax(pi(value))

        state_value, probs = actor_critic(batch["states"])
        state_value_, _ = actor_critic(batch["new_states"])
        onehot = tf.one_hot(batch["actions"], acts, dtype=probs.dtype)
        log_prob = tf.math.log(tf.reduce_sum(probs * onehot, axis=1))
        delta = batch["rewards"] + gamma * state_value_ * (1 - batch["dones"]) - state_value
        actor_loss = -log_prob * tf.stop_gradient(delta)
        critic_loss = delta ** 2
        total_loss = actor_loss + critic_loss
        return tf.reduce_mean(total_loss)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.standard_normal((n, obs)).astype(f),
            "new_states": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.integers(0, acts, n).astype("int32"),
            "rewards": rng.standard_normal(n).astype(f),
            "dones": (rng.random(n) < 0.2).astype(f),
        },
        "variables": fc1.trainable_variables + v.trainable_variables + pi.trainable_variables,
    }
