"""Volume rendering: the transmittance is exp(-cumsum(sigma * delta)) and not the cumulative product of 1 - alpha.

Source (real): https://github.com/nerfstudio-project/nerfacc/issues/138 (CUDA and PyTorch, ported; "you choose to implement ... with cumsum instead of cumprod").
Right answer: EQUIVALENT: 1 - alpha is exp(-sigma * delta), and both are exclusive.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, hid = 16, 7, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(3, hid), name="field_w")
    ws = tf.Variable(0.6 * arr(hid, 1), name="sigma_w")
    wc = tf.Variable(0.6 * arr(hid, 3), name="rgb_w")
    edges = np.sort(rng.uniform(0.5, 3.0, (n, samples + 1)), axis=1).astype(f)
    directions = arr(n, 3)
    batch = {
        "origin": arr(n, 3),
        "dir": (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(f),
        "t_starts": edges[:, :-1],
        "t_ends": edges[:, 1:],
        "pixel": rng.random((n, 3)).astype(f),
    }

    def reference(b):
        light = tf.ones_like(b["origin"][:, :1])
        colour = tf.zeros_like(b["pixel"])
        for s in range(samples):  # front to back, as in the paper
            lo, hi = b["t_starts"][:, s : s + 1], b["t_ends"][:, s : s + 1]
            h = tf.sin((b["origin"] + 0.5 * (lo + hi) * b["dir"]) @ w1)
            alpha = 1.0 - tf.exp(-tf.nn.softplus(h @ ws) * (hi - lo))
            colour += light * alpha * tf.sigmoid(h @ wc)
            light *= 1.0 - alpha
        return tf.reduce_mean(tf.square(colour + light - b["pixel"]))  # white background

    def candidate(b):
        def render_transmittance_from_density(t_starts, t_ends, sigmas):
            sigmas_dt = sigmas * (t_ends - t_starts)
            alphas = 1.0 - tf.exp(-sigmas_dt)
            trans = tf.exp(-tf.cumsum(sigmas_dt, axis=-1, exclusive=True))
            return trans, alphas

        def accumulate_along_rays(weights, values=None):
            if values is None:
                return tf.reduce_sum(weights, axis=-1, keepdims=True)
            return tf.einsum("ns,nsc->nc", weights, values)

        t_starts, t_ends = b["t_starts"], b["t_ends"]
        mid = (t_starts + t_ends)[..., None] / 2.0
        h = tf.sin(tf.einsum("nsi,ih->nsh", b["origin"][:, None] + b["dir"][:, None] * mid, w1))
        sigmas, rgbs = tf.nn.softplus(h @ ws)[..., 0], tf.sigmoid(h @ wc)
        trans, alphas = render_transmittance_from_density(t_starts, t_ends, sigmas)
        weights = trans * alphas
        colors = accumulate_along_rays(weights, rgbs)
        opacities = accumulate_along_rays(weights)
        colors = colors + (1.0 - opacities)
        return keras.ops.mean(keras.losses.mean_squared_error(b["pixel"], colors))

    return {"variables": [w1, ws, wc], "batch": batch, "reference": reference, "candidate": candidate}
