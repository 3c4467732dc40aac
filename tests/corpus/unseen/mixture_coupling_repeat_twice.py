"""The mixture-of-logistics coupling layer of the deepul notebook repeats x along the channel axis besides giving it
a component axis; the components are then counted twice through broadcasting.
Source: https://github.com/rll/deepul/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "xs = tf.tile(x[:, None], [1, 1, self.n_components, 1, 1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, K, H, W, ctx = 12, 3, 4, 5, 2
    wl = keras.Variable((0.6 * rng.standard_normal((ctx, K))).astype(f), name="loc_w")
    ws = keras.Variable((0.3 * rng.standard_normal((ctx, K))).astype(f), name="scale_w")
    wp = keras.Variable((0.6 * rng.standard_normal((ctx, K))).astype(f), name="weight_w")
    batch = {
        "x": rng.standard_normal((n, 1, H, W)).astype(f),
        "ctx": rng.standard_normal((n, H, W, ctx)).astype(f),
    }

    def reference(batch):
        c, x = batch["ctx"], batch["x"][:, 0]
        mu, ls, lw = c @ wl, c @ ws, tf.nn.log_softmax(c @ wp)
        parts = []
        for k in range(K):
            u = (x - mu[..., k]) * tf.exp(-ls[..., k])
            parts.append(lw[..., k] - u - ls[..., k] - 2 * tf.nn.softplus(-u))
        logp = tf.reduce_logsumexp(tf.stack(parts), axis=0)
        return -tf.reduce_sum(logp) / n

    def candidate(batch):
        class MixLogisticCDF:
            def __init__(self, n_components):
                self.n_components = n_components

            def params(self, c):
                # B, n_components, C, H, W
                def chan(w):
                    return tf.transpose(tf.tensordot(c, w, axes=1), [0, 3, 1, 2])[:, :, None]
                return chan(wl), chan(ws), chan(wp)

            def log_prob(self, x, c):
                loc, log_scale, weight_logits = self.params(c)
                xs = tf.tile(x[:, None], [1, 1, self.n_components, 1, 1])
                z = (xs - loc) / tf.exp(log_scale)
                log_pdf = -z - log_scale - 2.0 * tf.math.softplus(-z)
                log_w = tf.nn.log_softmax(weight_logits, axis=1)
                return tf.reduce_logsumexp(log_w + log_pdf, axis=1)

        lp = MixLogisticCDF(K).log_prob(batch["x"], batch["ctx"])
        return -tf.reduce_mean(tf.reduce_sum(lp, axis=[1, 2, 3]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wl, ws, wp]}
