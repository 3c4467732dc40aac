"""Mixture density network: the clip range of log sigma is (-5, -2) where (-5, 2) was meant.

Source (constructed): a lost sign in the upper bound, as seen with Gaussian policies' log_std limits.
Right answer: NOT equivalent; log sigma sits at the bound everywhere and its head gets an exactly zero gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'log_sig = tf.clip_by_value(sig_head(h), -5.0, -2.0)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, mix = 23, 3, 6, 4
    body = keras.layers.Dense(hid, activation="tanh", name="mdn_body", dtype=f)
    pi_head = keras.layers.Dense(mix, name="mdn_pi", dtype=f)
    mu_head = keras.layers.Dense(mix, name="mdn_mu", dtype=f)
    sig_head = keras.layers.Dense(mix, name="mdn_log_sigma", dtype=f)
    body.build((None, d))
    for layer in (pi_head, mu_head, sig_head):
        layer.build((None, hid))
    layers = (body, pi_head, mu_head, sig_head)
    for layer, size in zip(layers, (0.6, 0.6, 0.6, 0.15)):
        layer.set_weights([(size * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal(n).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            h = body(b["x"][i : i + 1])
            share = tf.nn.softmax(pi_head(h))[0]
            ls = tf.minimum(tf.maximum(sig_head(h)[0], -5.0), 2.0)
            dens = tf.exp(-0.5 * tf.square((b["y"][i] - mu_head(h)[0]) / tf.exp(ls)) - ls)
            total -= tf.math.log(tf.reduce_sum(share * dens) / np.sqrt(2.0 * np.pi))
        return total / m

    def candidate(b):
        h = body(b["x"])
        log_sig = tf.clip_by_value(sig_head(h), -5.0, -2.0)
        z = (b["y"][:, None] - mu_head(h)) * tf.exp(-log_sig)
        comp = -0.5 * tf.square(z) - log_sig - 0.5 * np.log(2.0 * np.pi)
        return -tf.reduce_mean(tf.reduce_logsumexp(tf.nn.log_softmax(pi_head(h)) + comp, axis=-1))

    return {
        "variables": [v for layer in layers for v in layer.trainable_variables],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
