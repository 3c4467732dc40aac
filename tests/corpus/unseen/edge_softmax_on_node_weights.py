"""A home-made edge softmax in DGL divides each node's exponential by the sum that the same node received, instead of
dividing per edge the source's exponential by the destination's sum.
Source: https://github.com/dmlc/dgl/issues/3239"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'g["att"] = g["w"] / g["a"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, out = 15, 5, 3
    z = keras.Variable((0.7 * rng.standard_normal((feat, 1))).astype(f), name="att_w")
    w = keras.Variable((0.5 * rng.standard_normal((feat, out))).astype(f), name="fc_w")
    ring = np.arange(n)
    src = np.concatenate([ring, rng.integers(0, n, 22)])
    dst = np.concatenate([(ring + 1) % n, rng.integers(0, n, 22)])
    batch = {
        "x": rng.standard_normal((n, feat)).astype(f),
        "src": src.astype("int32"),
        "dst": dst.astype("int32"),
        "y": rng.integers(0, out, n).astype("int32"),
    }

    def reference(batch):
        score = (batch["x"] @ z)[:, 0]
        h = batch["x"] @ w
        rows = []
        for v in range(n):
            nb = tf.gather(batch["src"], tf.where(batch["dst"] == v)[:, 0])
            alpha = tf.nn.softmax(tf.gather(score, nb))
            rows.append(tf.linalg.matvec(tf.gather(h, nb), alpha, transpose_a=True))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=tf.stack(rows))
        return tf.reduce_mean(ce)

    def candidate(batch):
        src, dst = batch["src"], batch["dst"]
        g = {"h": tf.matmul(batch["x"], w)}

        def update_all(messages):
            return tf.math.unsorted_segment_sum(messages, dst, n)

        g["w"] = tf.exp(tf.matmul(batch["x"], z))
        g["a"] = update_all(tf.gather(g["w"], src))
        g["att"] = g["w"] / g["a"]
        coef = tf.gather(g["att"], src)
        logits = update_all(coef * tf.gather(g["h"], src))
        logp = tf.nn.log_softmax(logits)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], axis=1, batch_dims=1))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [z, w]}
