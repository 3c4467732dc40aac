"""DDPG: the asker misses the factor d mu / d theta in the actor loss -mean(Q(s, mu(s))); automatic differentiation supplies both
factors of the deterministic policy gradient, here written out in the reference.
Source: https://github.com/openai/baselines/issues/645"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, hid = 16, 5, 3, 8
    actor = keras.Sequential([keras.layers.Dense(7, activation="relu", name="mu_h"), keras.layers.Dense(act, activation="tanh", name="mu_o")])
    actor.build((None, obs))
    w1 = tf.constant(rng.standard_normal((obs, hid)).astype(f))
    w2 = tf.constant(rng.standard_normal((hid + act, 6)).astype(f))
    w3 = tf.constant(rng.standard_normal((6, 1)).astype(f))

    def reference(batch):
        # grad_theta J = E[ grad_a Q(s, a) | a = mu(s)  *  grad_theta mu(s) ], the critic being a tanh network
        s = tf.clip_by_value((batch["obs0"] - batch["mean"]) / batch["std"], -5.0, 5.0)
        mu = actor(s)
        a = tf.stop_gradient(mu)
        first = tf.tanh(s @ w1)
        second = tf.tanh(tf.concat([first, a], axis=1) @ w2)
        dq_dpre = (1 - second ** 2) * tf.transpose(w3)
        dq_da = dq_dpre @ tf.transpose(w2[hid:])
        total = 0.0
        for i in range(n):
            total -= tf.tensordot(dq_da[i], mu[i], 1)
        return total / n

    def candidate(batch):
        def normalize(x):
            return (x - batch["mean"]) / batch["std"]

        class Critic:
            def __call__(self, o, action):
                x = tf.tanh(tf.matmul(o, w1))
                x = tf.concat([x, action], axis=-1)
                x = tf.tanh(tf.matmul(x, w2))
                return tf.matmul(x, w3)

        normalized_obs0 = tf.clip_by_value(normalize(batch["obs0"]), -5.0, 5.0)
        actor_tf = actor(normalized_obs0)
        critic_with_actor_tf = Critic()(normalized_obs0, actor_tf)
        actor_loss = -tf.reduce_mean(critic_with_actor_tf)
        return actor_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs0": (3 + 2 * rng.standard_normal((n, obs))).astype(f),
            "mean": np.full((1, obs), 3.0).astype(f),
            "std": np.full((1, obs), 2.0).astype(f),
        },
        "variables": actor.trainable_variables,
    }
