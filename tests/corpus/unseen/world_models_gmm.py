"""Mixture density RNN: the maximum of the log probabilities is subtracted, then added again; a reader asked what for.

Source (real): https://github.com/ctallec/world-models/issues/35 (PyTorch, ported).
Right answer: EQUIVALENT to the log of the mixture density; the maximum need not be detached, its gradient cancels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, gaussians, lat = 12, 3, 4, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_mu = tf.Variable(0.5 * arr(d, gaussians * lat), name="w_mu")
    w_sigma = tf.Variable(0.3 * arr(d, gaussians * lat), name="w_sigma")
    w_pi = tf.Variable(0.5 * arr(d, gaussians), name="w_pi")
    batch = {"hidden": arr(n, steps, d), "next_latent": arr(n, steps, lat)}

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["hidden"].shape[0]):
            for t in range(steps):
                h, z = b["hidden"][i, t:t + 1], b["next_latent"][i, t]
                mu = tf.reshape(h @ w_mu, [gaussians, lat])
                sigma = tf.exp(tf.reshape(h @ w_sigma, [gaussians, lat]))
                pi = tf.nn.softmax(h @ w_pi)[0]
                density = 0.0
                for k in range(gaussians):
                    pdf = tf.exp(-((z - mu[k]) / sigma[k]) ** 2 / 2) / (sigma[k] * np.sqrt(2 * np.pi))
                    density += pi[k] * tf.reduce_prod(pdf)
                total -= tf.math.log(density)
                count += 1
        return total / count

    def candidate(b):
        hidden = b["hidden"]
        mus = tf.reshape(tf.einsum("std,dk->stk", hidden, w_mu), [-1, steps, gaussians, lat])
        sigmas = tf.exp(tf.reshape(tf.einsum("std,dk->stk", hidden, w_sigma), [-1, steps, gaussians, lat]))
        logpi = tf.nn.log_softmax(tf.einsum("std,dk->stk", hidden, w_pi), axis=-1)
        target = tf.expand_dims(b["next_latent"], -2)
        g_log_probs = -0.5 * ((target - mus) / sigmas) ** 2 - tf.math.log(sigmas) - 0.5 * np.log(2 * np.pi)
        g_log_probs = logpi + tf.reduce_sum(g_log_probs, axis=-1)
        max_log_probs = tf.reduce_max(g_log_probs, axis=-1, keepdims=True)
        g_log_probs = g_log_probs - max_log_probs
        g_probs = tf.exp(g_log_probs)
        probs = tf.reduce_sum(g_probs, axis=-1)
        log_prob = tf.squeeze(max_log_probs, -1) + tf.math.log(probs)
        return -tf.reduce_mean(log_prob)

    return {"variables": [w_mu, w_sigma, w_pi], "batch": batch, "reference": reference, "candidate": candidate}
