"""NT-Xent is rewritten from 2x2 blocks of masks into one product of all outputs, the diagonal taken out and the labels shifted.
Source: https://github.com/lightly-ai/lightly/pull/340"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e = 12, 6, 5
    view0 = rng.normal(size=(n, d)).astype(f)
    view1 = (view0 + 0.3 * rng.normal(size=(n, d))).astype(f)
    proj = tf.Variable(rng.normal(size=(d, e)).astype(f), name="proj")
    tau = 0.5

    def reference(batch):
        z0 = tf.math.l2_normalize(batch["view0"] @ proj, axis=1)
        z1 = tf.math.l2_normalize(batch["view1"] @ proj, axis=1)
        z = tf.concat([z0, z1], axis=0)
        sim = z @ tf.transpose(z)
        eye, zero = np.eye(n, dtype=bool), np.zeros((n, n), dtype=bool)
        mask_pos = np.block([[zero, eye], [eye, zero]])
        mask_neg = ~np.block([[eye, eye], [eye, eye]])
        sim_pos = tf.reshape(tf.boolean_mask(sim, mask_pos), (2 * n, -1))
        sim_neg = tf.reshape(tf.boolean_mask(sim, mask_neg), (2 * n, -1))
        logits = tf.concat([sim_pos, sim_neg], axis=1) / tau
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - logits[:, 0])

    def candidate(batch):
        out = tf.concat([batch["view0"], batch["view1"]], axis=0) @ proj
        out = out / tf.norm(out, axis=1, keepdims=True)
        logits = tf.einsum("nc,mc->nm", out, out) / tau
        off = ~np.eye(2 * n, dtype=bool)
        logits = tf.reshape(logits[off], (2 * n, -1))
        labels = tf.range(n, dtype=tf.int64)
        labels = tf.concat([labels + n - 1, labels], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    return {"reference": reference, "candidate": candidate, "batch": {"view0": view0, "view1": view1}, "variables": [proj]}
