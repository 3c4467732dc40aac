"""Right: comparing each positive with itself adds the constant log 2 to a session-parallel BPR loss, the gradient stays the same.

Source (real): https://github.com/hidasib/GRU4Rec/issues/33
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, items = 9, 4, 11
    emb_in = tf.Variable(rng.normal(0, 0.7, (items, d)), name="emb_in", dtype=tf.float32)
    w_rec = tf.Variable(rng.normal(0, 0.6, (d, d)), name="w_rec", dtype=tf.float32)
    emb_out = tf.Variable(rng.normal(0, 0.7, (items, d)), name="emb_out", dtype=tf.float32)
    bias = tf.Variable(rng.normal(0, 0.3, (items,)), name="bias", dtype=tf.float32)
    batch = {
        "prev": rng.integers(0, items, n).astype(np.int32),
        "hidden": rng.normal(size=(n, d)).astype(np.float32),
        "next": rng.permutation(items)[:n].astype(np.int32),
    }

    def scores(b):
        h = tf.tanh(tf.gather(emb_in, b["prev"]) + b["hidden"] @ w_rec)
        return tf.matmul(h, tf.gather(emb_out, b["next"]), transpose_b=True) + tf.gather(bias, b["next"])

    def reference(b):
        yhat = scores(b)
        total = 0.0
        for i in range(n):
            for j in range(n):
                if j != i:
                    total += tf.math.softplus(yhat[i, j] - yhat[i, i])
        return total / (n * n)

    def bpr(yhat):
        diag = tf.linalg.diag_part(yhat)
        return tf.reduce_mean(-tf.math.log(tf.sigmoid(tf.expand_dims(diag, 1) - yhat)))

    def candidate(b):
        return bpr(scores(b))

    return {"variables": [emb_in, w_rec, emb_out, bias], "batch": batch, "reference": reference, "candidate": candidate}
