"""NeRF: the opacity of a ray is the sum of the sample weights, while the comment says 1 - (1 - a1)(1 - a2)...(1 - an).

Source (real): https://github.com/kwea123/nerf_pl/issues/159 (PyTorch, ported; the reporter could not match the two and then found
the derivation).
Right answer: EQUIVALENT; the sum telescopes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, d = 16, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_sigma = tf.Variable(0.8 * arr(d), name="w_sigma")
    w_rgb = tf.Variable(0.6 * arr(d, 3), name="w_rgb")
    batch = {
        "embedded": arr(n, samples, d),
        "deltas": (0.2 + rng.random((n, samples))).astype(f),
        "rgbs": rng.random((n, 3)).astype(f),
    }

    def field(e):
        return tf.linalg.matvec(e, w_sigma), tf.sigmoid(tf.tensordot(e, w_rgb, 1))

    def reference(b):
        sigmas, colors = field(b["embedded"])
        optical = tf.nn.softplus(sigmas) * b["deltas"]
        light = tf.ones_like(optical[:, 0])
        rgb = tf.zeros_like(b["rgbs"])
        for s in range(samples):
            left = light * tf.exp(-optical[:, s])
            rgb += (light - left)[:, None] * colors[:, s]
            light = left
        # white background behind what is left of the light
        return tf.reduce_mean(tf.square(rgb + light[:, None] - b["rgbs"]))

    def candidate(b):
        sigmas, rgbs = field(b["embedded"])
        alphas = 1 - tf.exp(-b["deltas"] * tf.nn.softplus(sigmas))
        alphas_shifted = tf.concat([tf.ones_like(alphas[:, :1]), 1 - alphas + 1e-10], axis=-1)
        weights = alphas * tf.math.cumprod(alphas_shifted, axis=-1)[:, :-1]
        weights_sum = tf.reduce_sum(weights, axis=1)
        rgb_map = tf.reduce_sum(weights[..., None] * rgbs, axis=1)
        rgb_map += 1 - weights_sum[:, None]
        return tf.reduce_mean(tf.square(rgb_map - b["rgbs"]))

    return {"variables": [w_sigma, w_rgb], "batch": batch, "reference": reference, "candidate": candidate}
