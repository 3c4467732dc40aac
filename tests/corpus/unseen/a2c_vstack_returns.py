"""Returns are stacked to a column before the flat critic values are subtracted, so the advantages become (n, n).
Source: https://github.com/pythonlessons/Reinforcement_Learning/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": 'advantages = discounted_r - values',
    "same_forward_value": False,
}


GAMMA, EPS = 0.97, 0.2


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 15, 6, 4
    actor = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="elu"), keras.layers.Dense(acts, activation="softmax")])
    critic = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(1)])
    old = rng.dirichlet(np.ones(acts) * 5.0, size=n).astype(f)
    batch = {
        "states": rng.standard_normal((n, obs)).astype(f),
        "actions": np.eye(acts, dtype=f)[rng.integers(0, acts, n)],
        "rewards": rng.standard_normal(n).astype(f),
        "old_probs": old,
    }

    def reference(b):
        values = critic(b["states"])
        running = tf.zeros((), f)
        returns = []
        for r in reversed(tf.unstack(b["rewards"])):
            running = r + GAMMA * running
            returns.insert(0, running)
        adv = tf.stop_gradient(tf.stack(returns)[:, None] - values)
        pi = tf.reduce_sum(actor(b["states"]) * b["actions"], axis=1, keepdims=True)
        pi_old = tf.reduce_sum(b["old_probs"] * b["actions"], axis=1, keepdims=True)
        r_t = pi / pi_old
        surrogate = tf.minimum(r_t * adv, tf.clip_by_value(r_t, 1 - EPS, 1 + EPS) * adv)
        value_loss = tf.reduce_mean(tf.square(tf.stack(returns)[:, None] - values))
        return value_loss - tf.reduce_mean(surrogate)

    def candidate(b):
        def discount_rewards(reward):
            powers = tf.constant(np.triu(GAMMA ** np.maximum(np.arange(n)[None] - np.arange(n)[:, None], 0)).astype(f))
            return tf.linalg.matvec(powers, reward)

        discounted_r = tf.reshape(discount_rewards(b["rewards"]), (-1, 1))
        values = tf.squeeze(critic(b["states"]), -1)
        advantages = discounted_r - values
        advantages = tf.stop_gradient(advantages)
        prob = tf.einsum("na,na->n", b["actions"], actor(b["states"]))
        old_prob = tf.einsum("na,na->n", b["actions"], b["old_probs"])
        ratio = tf.exp(tf.math.log(prob) - tf.math.log(old_prob))
        p1 = ratio * advantages
        p2 = keras.ops.clip(ratio, 1 - EPS, 1 + EPS) * advantages
        actor_loss = -tf.reduce_mean(keras.ops.minimum(p1, p2))
        critic_loss = tf.reduce_mean((tf.reshape(discounted_r, (-1,)) - values) ** 2)
        return actor_loss + critic_loss

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": actor.trainable_variables + critic.trainable_variables}
