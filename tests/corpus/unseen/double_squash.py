"""GaussianPolicy squashes twice: the means go through tanh and the sampled action again.
Source: https://github.com/cpnota/autonomous-learning-library/pull/155"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "means = tf.tanh(outputs[:, :a])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a, h = 5, 4, 2, 6
    w1, w2 = var("w1", o, h), var("w2", h, 2 * a)
    wq = rng.normal(size=(o + a, 1)).astype(dt)
    alpha = 0.2

    def reference(batch):
        out = tf.nn.relu(batch["obs"] @ w1) @ w2
        mu, log_std = out[:, :a], tf.clip_by_value(out[:, a:], -3.0, 1.0)
        std = tf.exp(log_std)
        u = mu + std * batch["noise"]
        act = tf.tanh(u)
        logp = -0.5 * ((u - mu) / std) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        logp = tf.reduce_sum(logp - tf.math.log(1 - act ** 2 + 1e-6), axis=1)
        q = (tf.concat([batch["obs"], act], 1) @ wq)[:, 0]
        return tf.reduce_mean(alpha * logp - q)

    def candidate(batch):
        def policy(obs):
            outputs = tf.nn.relu(obs @ w1) @ w2
            means = tf.tanh(outputs[:, :a])
            logscale = tf.clip_by_value(outputs[:, a:], -3.0, 1.0)
            raw = means + tf.exp(logscale) * batch["noise"]
            action = tf.tanh(raw)
            normal = -0.5 * tf.square((raw - means) / tf.exp(logscale)) - logscale - 0.5 * np.log(2 * np.pi)
            log_det = tf.math.log(1.0 - tf.square(action) + 1e-6)
            return action, tf.reduce_sum(normal - log_det, axis=-1)

        states = batch["obs"]
        actions, log_probs = policy(states)
        q_values = tf.squeeze(tf.concat([states, actions], axis=-1) @ wq, axis=-1)
        return -tf.reduce_mean(q_values - alpha * log_probs)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, o)).astype(dt), "noise": rng.normal(size=(n, a)).astype(dt)},
            "variables": [w1, w2]}
