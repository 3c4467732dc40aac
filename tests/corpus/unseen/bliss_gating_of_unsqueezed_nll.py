"""BLISS: the tile-wise loss of a one-dimensional factor keeps a last axis of size one and is multiplied by a gate without
it, so that every tile's loss is combined with every tile's gate.
Source: https://github.com/prob-ml/bliss/pull/1063"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "gated = nll * self.gating(truth)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, ht, wt, c = 12, 3, 4, 5
    mu = tf.Variable(rng.normal(size=(c, 1)).astype(f) * 0.6, name="loc_head")
    ls = tf.Variable(rng.normal(size=(c, 1)).astype(f) * 0.3, name="log_scale_head")
    feat = rng.normal(size=(n, ht, wt, c)).astype(f)
    gate = (rng.uniform(size=(n, ht, wt)) < 0.4).astype(f)
    shear = rng.normal(size=(n, ht, wt, 1)).astype(f)

    def reference(batch):
        loc = tf.tensordot(batch["feat"], mu, 1)
        log_sd = tf.tensordot(batch["feat"], ls, 1)
        nll = 0.5 * ((batch["shear"] - loc) / tf.exp(log_sd)) ** 2 + log_sd + 0.5 * np.log(2 * np.pi)
        on = tf.where(batch["gate"] > 0.5)
        return tf.reduce_mean(tf.gather_nd(nll[..., 0], on))

    def candidate(batch):
        class Normal:
            def __init__(self, loc, scale):
                self.loc, self.scale = loc, scale

            def log_prob(self, value):
                var = self.scale ** 2
                return -((value - self.loc) ** 2) / (2 * var) - tf.math.log(self.scale) - np.log(np.sqrt(2 * np.pi))

        class VariationalFactor:
            def __init__(self, name):
                self.name = name

            def gating(self, truth):
                return tf.reshape(truth["gate"], [-1])

            def compute_nll(self, params, truth):
                qi = Normal(params[:, :1], tf.exp(params[:, 1:]))
                nll = -qi.log_prob(tf.reshape(truth[self.name], [-1, 1]))
                gated = nll * self.gating(truth)
                return tf.reduce_sum(gated) / tf.reduce_sum(self.gating(truth))

        x_cat = tf.reshape(batch["feat"], [-1, c]) @ tf.concat([mu, ls], axis=1)
        return VariationalFactor("shear").compute_nll(x_cat, batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat, "gate": gate, "shear": shear}, "variables": [mu, ls]}
