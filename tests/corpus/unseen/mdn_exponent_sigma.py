"""The mixture density loss has -c * log(sigma) in its exponent; a missing factor one half was suspected, but sigma is not squared. Source: https://github.com/axelbrando/Mixture-Density-Networks-for-distribution-and-uncertainty-estimation/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, c, m = 6, 3, 2, 3
    w = var("w", d, (c + 2) * m)

    def reference(batch):
        out = tf.reshape(batch["x"] @ w, [-1, c + 2, m])
        mu, s, logit = out[:, :c], tf.nn.softplus(out[:, c]) + 0.1, out[:, c + 1]
        log_mix = tf.nn.log_softmax(logit)
        comps = []
        for k in range(m):
            var_k = s[:, k] ** 2
            quad = tf.reduce_sum((batch["y"] - mu[:, :, k]) ** 2, 1) / var_k
            comps.append(log_mix[:, k] - 0.5 * (quad + c * tf.math.log(2.0 * np.pi * var_k)))
        return -tf.reduce_mean(tf.reduce_logsumexp(tf.stack(comps, 1), 1))

    def candidate(batch):
        def log_sum_exp(x, axis):
            x_max = tf.reduce_max(x, axis=axis, keepdims=True)
            return tf.math.log(tf.reduce_sum(tf.exp(x - x_max), axis=axis, keepdims=True)) + x_max

        parameters = tf.reshape(tf.matmul(batch["x"], w), [-1, c + 2, m])
        mu = parameters[:, :c, :]
        sigma = tf.nn.softplus(parameters[:, c, :]) + 0.1
        alpha = tf.nn.softmax(parameters[:, c + 1, :])
        exponent = (tf.math.log(alpha) - 0.5 * float(c) * np.log(2 * np.pi) - float(c) * tf.math.log(sigma)
                    - tf.reduce_sum((batch["y"][:, :, None] - mu) ** 2, axis=1) / (2 * sigma ** 2))
        return -tf.reduce_mean(log_sum_exp(exponent, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.standard_normal((n, c)).astype(fx)},
            "variables": [w]}
