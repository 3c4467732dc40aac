"""Text-graph grounding with a learnable logit scale as in CLIP.
The loss function makes a new parameter at each call, so that the model's scale is never trained.
Source: https://github.com/HKUDS/GraphGPT/issues/31"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "logit_scale = tf.exp(tf.Variable(np.log(1 / 0.07), dtype=f))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dg, dt, d = 16, 5, 6, 4
    graph = rng.normal(size=(n, dg)).astype(f)
    text = rng.normal(size=(n, dt)).astype(f)
    wg = tf.Variable(rng.normal(size=(dg, d)).astype(f), name="wg")
    wt = tf.Variable(rng.normal(size=(dt, d)).astype(f), name="wt")
    scale = tf.Variable(np.asarray(np.log(1 / 0.07), dtype=f), name="scale")

    def reference(batch):
        g = tf.math.l2_normalize(batch["graph"] @ wg, axis=1)
        s = tf.math.l2_normalize(batch["text"] @ wt, axis=1)
        sim = tf.exp(scale) * tf.einsum("id,jd->ij", g, s)
        match = tf.linalg.diag_part(sim)
        row = tf.reduce_logsumexp(sim, axis=1) - match
        col = tf.reduce_logsumexp(sim, axis=0) - match
        return 0.5 * (tf.reduce_mean(row) + tf.reduce_mean(col))

    def candidate(batch):
        def normalised(z, w):
            z = tf.matmul(z, w)
            return z / tf.norm(z, axis=-1, keepdims=True)

        def cal_cl_loss(s_features, t_features, labels):
            logit_scale = tf.exp(tf.Variable(np.log(1 / 0.07), dtype=f))
            logits = logit_scale * tf.matmul(s_features, t_features, transpose_b=True)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits
            loss_i = tf.reduce_mean(ce(labels=labels, logits=logits))
            loss_t = tf.reduce_mean(ce(labels=labels, logits=tf.transpose(logits)))
            return (loss_i + loss_t) / 2

        return cal_cl_loss(normalised(batch["graph"], wg), normalised(batch["text"], wt), tf.range(n))

    return {"reference": reference, "candidate": candidate, "batch": {"graph": graph, "text": text},
            "variables": [wg, wt, scale]}
