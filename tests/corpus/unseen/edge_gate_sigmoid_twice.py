"""Gated graph transformer: the edge gate goes through a sigmoid when it is made and through another one when it is used.
Source: https://github.com/jianlin-cheng/DProQA/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'score = edges["score"] * tf.sigmoid(edges["e_gate"])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, de, m = 16, 4, 3, 40
    pairs = rng.permutation(n * n)[:m]
    src, dst = (pairs // n).astype("int32"), (pairs % n).astype("int32")
    x = rng.normal(size=(n, d)).astype(f)
    e = rng.normal(size=(m, de)).astype(f)
    y = rng.normal(size=(n, d)).astype(f)

    def par(name, a, b):
        return tf.Variable((0.6 * rng.normal(size=(a, b))).astype(f), name=name)

    wq, wk, wv, wgate = par("wq", d, d), par("wk", d, d), par("wv", d, d), par("wgate", de, 1)

    def reference(batch):
        q, k, v = batch["x"] @ wq, batch["x"] @ wk, batch["x"] @ wv
        gate = tf.sigmoid(batch["e"] @ wgate)[:, 0]
        rows = [[] for _ in range(n)]
        for j in range(m):
            s, t = int(src[j]), int(dst[j])
            a = tf.exp(tf.tanh(tf.tensordot(k[s], q[t], 1))) * gate[j]
            rows[t].append(a * v[s])
        out = tf.stack([tf.add_n(r) if r else tf.zeros((d,), dtype=f) for r in rows])
        return tf.reduce_mean((out - batch["y"]) ** 2)

    def candidate(batch):
        nodes = {"q": tf.matmul(batch["x"], wq), "k": tf.matmul(batch["x"], wk), "v": tf.matmul(batch["x"], wv)}
        edges = {}

        def propagate_attention():
            dot = tf.reduce_sum(tf.gather(nodes["k"], src) * tf.gather(nodes["q"], dst), axis=1, keepdims=True)
            edges["score"] = tf.exp(tf.tanh(dot))
            score = edges["score"] * tf.sigmoid(edges["e_gate"])
            return tf.math.unsorted_segment_sum(score * tf.gather(nodes["v"], src), dst, n)

        e_gate = tf.matmul(batch["e"], wgate)
        edges["e_gate"] = tf.sigmoid(e_gate)
        h = propagate_attention()
        return tf.reduce_mean(tf.square(h - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "e": e, "y": y},
            "variables": [wq, wk, wv, wgate]}
