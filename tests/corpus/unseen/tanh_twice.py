"""autonomous-learning-library: the Gaussian policy squashes its mean, and the squash function applies tanh again.
Source: https://github.com/cpnota/autonomous-learning-library/issues/154"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'means = squash(tf.tanh(outputs[:, :A]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, A = 6, 4, 2
    low, high = np.array([-2.0, -1.0], floatx), np.array([2.0, 3.0], floatx)
    net = tf.Variable(normal(k, 2 * A), name="net")

    def reference(batch):
        mu, logvar = tf.split(batch["s"] @ net, 2, axis=-1)
        centre = tf.tanh(mu) * (high - low) / 2 + (high + low) / 2
        logp = -0.5 * (tf.square(batch["a"] - centre) / tf.exp(logvar) + logvar + np.log(2 * np.pi))
        return -tf.reduce_mean(tf.reduce_sum(logp, -1) * batch["adv"])

    def candidate(batch):
        tanh_scale = (high - low) / 2
        tanh_mean = (high + low) / 2

        def squash(x):
            return tf.tanh(x) * tanh_scale + tanh_mean

        outputs = batch["s"] @ net
        means = squash(tf.tanh(outputs[:, :A]))
        std = tf.exp(0.5 * outputs[:, A:])
        z = (batch["a"] - means) / std
        log_prob = tf.reduce_sum(-0.5 * z ** 2 - tf.math.log(std) - 0.5 * np.log(2 * np.pi), axis=1)
        return tf.reduce_mean(-log_prob * batch["adv"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": normal(n, k), "a": normal(n, A), "adv": normal(n)}, "variables": [net]}
