"""Circle loss with gamma = 256: the exponentials are summed and multiplied outside the log domain and overflow.

Source (real): https://github.com/qianjinhao/circle-loss/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'circle = tf.math.log(1.0 + tf.reduce_sum(tf.exp(logits_n)) * tf.reduce_sum(tf.exp(logits_p)))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 12, 6, 4
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype("float32") * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(8, e)).astype("float32") * 0.5, name="w2")
    batch = {"x": (rng.normal(size=(n, d)) + 0.5).astype("float32"), "label": (np.arange(n) % 3).astype("int32")}
    m, gamma = 0.25, 256.0

    def pairs(b):
        z = tf.math.l2_normalize(tf.nn.relu(b["x"] @ w1) @ w2, -1)
        sim = z @ tf.transpose(z)
        same = b["label"][:, None] == b["label"][None, :]
        upper = tf.linalg.band_part(tf.ones((n, n)), 0, -1) - tf.eye(n) > 0
        return tf.boolean_mask(sim, same & upper), tf.boolean_mask(sim, ~same & upper)

    def reference(b):
        sp, sn = pairs(b)
        ap = tf.nn.relu(1.0 + m - tf.stop_gradient(sp))
        an = tf.nn.relu(tf.stop_gradient(sn) + m)
        logit_p = -gamma * ap * (sp - (1.0 - m))
        logit_n = gamma * an * (sn - m)
        return tf.nn.softplus(tf.reduce_logsumexp(logit_n) + tf.reduce_logsumexp(logit_p)) / gamma

    def candidate(b):
        sim_p, sim_n = pairs(b)
        alpha_p = tf.maximum(1.0 + m - tf.stop_gradient(sim_p), 0.0)
        alpha_n = tf.maximum(tf.stop_gradient(sim_n) + m, 0.0)
        delta_p, delta_n = 1.0 - m, m
        logits_p = -gamma * alpha_p * (sim_p - delta_p)
        logits_n = gamma * alpha_n * (sim_n - delta_n)
        circle = tf.math.log(1.0 + tf.reduce_sum(tf.exp(logits_n)) * tf.reduce_sum(tf.exp(logits_p)))
        return circle / gamma

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
