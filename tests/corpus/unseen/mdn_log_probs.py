"""Mixture density network: the mixture weights enter the loss as log(probs); taking the
logits directly fixes the NaN gradients met in training. Source: https://github.com/tonyduan/mixture-density-network/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'log_mix = tf.math.log(probs)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, k, d = 6, 3, 2
    w_pi = var("pi_kernel", 3, k)
    w_mu = var("mu_kernel", 3, k * d)
    w_sigma = var("sigma_kernel", 3, k, scale=0.2)
    raw = arr(n, 3, scale=4000.0)
    raw[0] *= 1e-4
    raw[1] *= 1e-4

    def components(batch):
        mu = tf.reshape(tf.matmul(batch["x"], w_mu), (n, k, d))
        sigma = tf.nn.elu(tf.matmul(batch["x"], w_sigma)) + 1.0 + 1e-3
        return mu, sigma

    def reference(batch):
        mu, sigma = components(batch)
        log_pi = tf.nn.log_softmax(tf.matmul(batch["counts"], w_pi), axis=-1)
        z = (batch["y"][:, None, :] - mu) / sigma[:, :, None]
        logn = -0.5 * tf.reduce_sum(z * z, axis=-1) - d * tf.math.log(sigma) - 0.5 * d * np.log(2 * np.pi)
        joint = log_pi + logn
        peak = tf.stop_gradient(tf.reduce_max(joint, axis=1, keepdims=True))
        ll = tf.math.log(tf.reduce_sum(tf.exp(joint - peak), axis=1)) + peak[:, 0]
        return -tf.reduce_mean(ll)

    def candidate(batch):
        mu, sigma = components(batch)
        probs = tf.nn.softmax(tf.matmul(batch["counts"], w_pi), axis=-1)
        y = tf.expand_dims(batch["y"], 1)
        s = tf.expand_dims(sigma, -1)
        loglik = -0.5 * tf.square((y - mu) / s) - tf.math.log(s) - 0.5 * np.log(2 * np.pi)
        loglik = tf.reduce_sum(loglik, axis=2)
        log_mix = tf.math.log(probs)
        loss = -tf.reduce_logsumexp(log_mix + loglik, axis=1)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, 3), "counts": raw, "y": arr(n, d)},
            "variables": [w_pi, w_mu, w_sigma]}
