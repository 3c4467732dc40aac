"""Mixture density network: the loss becomes inf and then nan, because the component
likelihoods are computed outside the log domain and underflow. Source: https://github.com/keras-team/keras/issues/1061"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'lp = -tf.math.log(tf.reduce_sum(alphas * ps, axis=1))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, m = 5, 2, 3
    hid = var("hid", 4, 6)
    out = var("out", 6, m * (d + 2), scale=0.3)
    x = rng.standard_normal((n, 4)).astype(fx)
    y = rng.standard_normal((n, d)).astype(fx)
    y[2] += 90.0

    def heads(inputs):
        p = tf.matmul(tf.tanh(tf.matmul(inputs, hid)), out)
        return tf.reshape(p[:, :m * d], [n, m, d]), p[:, m * d:m * (d + 1)], p[:, m * (d + 1):]

    def reference(batch):
        mu, log_sigma, a = heads(batch["x"])
        total = 0.0
        for i in range(n):
            terms = []
            for j in range(m):
                sq = tf.reduce_sum((batch["y"][i] - mu[i, j]) ** 2)
                log_p = -0.5 * sq * tf.exp(-2.0 * log_sigma[i, j]) - log_sigma[i, j] - 0.5 * np.log(2 * np.pi)
                terms.append(log_p + tf.nn.log_softmax(a[i])[j])
            total -= tf.reduce_logsumexp(tf.stack(terms))
        return total / n

    def candidate(batch):
        true = batch["y"]
        means, s, w = heads(batch["x"])
        sigmas = tf.exp(s)
        alphas = tf.nn.softmax(w)
        root_two_pi = np.sqrt(2 * np.pi)
        sq = tf.reduce_sum(tf.square(true[:, None, :] - means), axis=-1)
        ps = tf.exp(-sq / (2 * sigmas ** 2)) / (sigmas * root_two_pi)
        lp = -tf.math.log(tf.reduce_sum(alphas * ps, axis=1))
        return tf.reduce_mean(lp)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [hid, out]}
