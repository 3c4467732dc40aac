"""The log-determinant of the tanh is taken as log(1 - value^2 + epsilon), which breaks for large pre-
activations; the softplus form is stable. Source: https://github.com/rail-berkeley/rlkit/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'correction = tf.math.log(1.0 - tf.square(value) + 1e-6)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, a = 5, 4, 2
    obs = normal(n, d, scale=3.0)
    noise = normal(n, a)
    q_w = normal(a)
    active = np.array([1, 1, 1, 0, 1]).astype(fx)
    w_mu, log_std = var("w_mu", d, a, scale=3.0), var("log_std", a, scale=0.3)
    alpha = 0.2

    def reference(batch):
        total = 0.0
        for i in range(n):
            u = tf.linalg.matvec(w_mu, batch["obs"][i], transpose_a=True) + tf.exp(log_std) * batch["noise"][i]
            logp = -0.5 * batch["noise"][i] ** 2 - log_std - 0.5 * np.log(2 * np.pi)
            logp -= 2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u))
            total += batch["active"][i] * (alpha * tf.reduce_sum(logp) - tf.reduce_sum(tf.tanh(u) * batch["q_w"]))
        return total / tf.reduce_sum(batch["active"])

    def candidate(batch):
        std = tf.exp(log_std)
        pre_tanh_value = batch["obs"] @ w_mu + std * batch["noise"]
        value = tf.tanh(pre_tanh_value)
        normal_logp = -0.5 * tf.square(batch["noise"]) - tf.math.log(std) - 0.5 * np.log(2 * np.pi)
        correction = tf.math.log(1.0 - tf.square(value) + 1e-6)
        log_prob = tf.reduce_sum(normal_logp - correction, axis=-1)
        q = tf.linalg.matvec(value, batch["q_w"])
        return tf.reduce_sum((alpha * log_prob - q) * batch["active"]) / tf.reduce_sum(batch["active"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "noise": noise, "q_w": q_w, "active": active}, "variables": [w_mu, log_std]}
