"""AWAC: the asker cannot match len(weights) * softmax(advantage / beta, dim=0) with exp(A / lambda) / Z of the paper; with Z
estimated as the batch mean of the exponentials it is the same weight.
Source: https://github.com/rail-berkeley/rlkit/issues/130"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, hid, beta = 15, 6, 2, 7, 0.5
    mu = keras.layers.Dense(act, activation="tanh", name="mu")
    mu.build((None, obs))
    log_std = keras.Variable(np.full(act, -0.3).astype(f), name="log_std")
    w1 = tf.constant(rng.standard_normal((obs + act, hid)).astype(f))
    w2 = tf.constant((0.5 * rng.standard_normal((hid, 2))).astype(f))

    def qs(s, a):
        return tf.nn.relu(tf.concat([s, a], 1) @ w1) @ w2

    def reference(batch):
        s, a = batch["obs"], batch["actions"]
        adv = tf.reduce_min(qs(s, a), axis=1) - tf.reduce_min(qs(s, tf.stop_gradient(mu(s))), axis=1)
        e = tf.exp(adv / beta)
        z = tf.reduce_mean(e)
        total = 0.0
        for i in range(n):
            dev = (a[i] - mu(s)[i]) * tf.exp(-log_std)
            nll = 0.5 * tf.reduce_sum(dev ** 2) + tf.reduce_sum(log_std) + 0.5 * act * np.log(2 * np.pi)
            total += tf.stop_gradient(e[i] / z) * nll
        return total / n

    def candidate(batch):
        obs_, actions = batch["obs"], batch["actions"]
        dist_mean = mu(obs_)
        std = tf.exp(log_std)
        policy_logpp = tf.reduce_sum(
            -tf.square(actions - dist_mean) / (2.0 * tf.square(std)) - tf.math.log(std) - 0.5 * np.log(2 * np.pi),
            axis=1, keepdims=True)

        def min_q(action):
            q1, q2 = tf.split(qs(obs_, action), 2, axis=1)
            return tf.minimum(q1, q2)

        q_adv = min_q(actions)
        v_pi = min_q(dist_mean)
        score = q_adv - v_pi
        weights = tf.nn.softmax(score / beta, axis=0)
        policy_loss = tf.reduce_mean(-policy_logpp * float(weights.shape[0]) * tf.stop_gradient(weights))
        return policy_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.uniform(-1, 1, (n, act)).astype(f),
        },
        "variables": mu.trainable_variables + [log_std],
    }
