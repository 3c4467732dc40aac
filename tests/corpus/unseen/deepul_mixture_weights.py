"""The autoregressive flow solution of a course computes mixture weights and leaves them out of the likelihood.
Source: https://github.com/rll/deepul/issues/13"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_det_jacobian = tf.reduce_mean(log_normal, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, k = 5, 4, 3
    tri = np.tril(np.ones((d, d)), -1).astype(fx)
    kernel = tf.Variable(rng.normal(size=(3 * k, d, d)).astype(fx) * 0.4, name="kernel")
    bias = tf.Variable(rng.normal(size=(3 * k, d)).astype(fx) * 0.5, name="bias")

    def net(x):
        return tf.einsum("kij,bj->bki", kernel * tri, x) + bias[None]

    def reference(batch):
        out = net(batch["x"])
        loc, log_scale, logits = out[:, :k], out[:, k:2 * k], out[:, 2 * k:]
        z = (batch["x"][:, None, :] - loc) * tf.exp(-log_scale)
        comp = -0.5 * z ** 2 - log_scale - 0.5 * np.log(2 * np.pi)
        mix = tf.reduce_logsumexp(tf.nn.log_softmax(logits, axis=1) + comp, axis=1)
        return -tf.reduce_mean(mix)

    def candidate(batch):
        x = batch["x"]
        loc, log_scale, weight_logits = tf.split(net(x), 3, axis=1)
        weights = tf.nn.softmax(weight_logits, axis=1)
        x_rep = tf.repeat(x[:, None, :], k, axis=1)
        var = tf.exp(2.0 * log_scale)
        log_normal = -tf.square(x_rep - loc) / (2.0 * var) - log_scale - 0.5 * np.log(2 * np.pi)
        log_det_jacobian = tf.reduce_mean(log_normal, axis=1)
        return -tf.reduce_mean(log_det_jacobian)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx)}, "variables": [kernel, bias]}
