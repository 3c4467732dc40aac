"""Heterogeneous graph transformer: the softmax should run over all incoming edges of a node; the example normalises each edge type separately, so every type gets a full unit of attention.
Source: https://github.com/dmlc/dgl/issues/2346"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'attn = edge_softmax(t, v)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, K = 15, 4, 3
    wq = tf.Variable(0.6 * rng.normal(size=(d, d)), dtype=f, name="wq")
    wk = tf.Variable(0.6 * rng.normal(size=(K, d, d)), dtype=f, name="wk")
    wv = tf.Variable(0.6 * rng.normal(size=(K, d, d)), dtype=f, name="wv")
    adj = (rng.random((n, n)) < 0.35) | np.eye(n, dtype=bool)
    src, dst = np.nonzero(adj)
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "y": rng.normal(size=(n, d)).astype(f),
        "src": src.astype("int32"),
        "dst": dst.astype("int32"),
        "etype": rng.integers(0, K, size=len(src)).astype("int32"),
    }

    def reference(batch):
        s, t, r = batch["src"], batch["dst"], batch["etype"]
        xs = tf.gather(batch["x"], s)
        key = tf.einsum("ed,edk->ek", xs, tf.gather(wk, r))
        val = tf.einsum("ed,edk->ek", xs, tf.gather(wv, r))
        score = tf.reduce_sum(tf.gather(batch["x"] @ wq, t) * key, 1) / d ** 0.5
        ex = tf.exp(score)
        total = tf.math.unsorted_segment_sum(ex, t, n)
        agg = tf.math.unsorted_segment_sum(ex[:, None] * val, t, n) / total[:, None]
        return tf.reduce_mean((tf.tanh(agg) - batch["y"]) ** 2)

    def candidate(batch):
        def edge_softmax(score, dst):
            peak = tf.gather(tf.math.unsorted_segment_max(score, dst, n), dst)
            num = tf.exp(score - peak)
            return num / tf.gather(tf.math.unsorted_segment_sum(num, dst, n), dst)

        q = tf.matmul(batch["x"], wq)
        aggregated = tf.zeros((n, d), f)
        for relation in range(K):
            sel = tf.where(batch["etype"] == relation)[:, 0]
            u, v = tf.gather(batch["src"], sel), tf.gather(batch["dst"], sel)
            k = tf.gather(tf.matmul(batch["x"], wk[relation]), u)
            value = tf.gather(tf.matmul(batch["x"], wv[relation]), u)
            t = tf.einsum("ed,ed->e", tf.gather(q, v), k) / float(np.sqrt(d))
            attn = edge_softmax(t, v)
            aggregated += tf.math.unsorted_segment_sum(attn[:, None] * value, v, n)
        out = tf.nn.tanh(aggregated)
        return keras.ops.mean(keras.ops.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv]}
