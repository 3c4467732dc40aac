"""Transformer-XL relative shift: after padding, the last row is dropped instead of the first, so every row reads the wrong distances.

Source (real): https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/185
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x = tf.reshape(x_padded[:, :-1], tf.shape(x))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 6, 6, 5, 4
    wq = tf.Variable(rng.normal(0, 0.7, (d, d)), name="wq", dtype=tf.float32)
    wk = tf.Variable(rng.normal(0, 0.7, (d, d)), name="wk", dtype=tf.float32)
    rel = tf.Variable(rng.normal(0, 0.8, (t, d)), name="rel", dtype=tf.float32)
    v_bias = tf.Variable(rng.normal(0, 0.5, (d,)), name="v_bias", dtype=tf.float32)
    wo = tf.Variable(rng.normal(0, 0.7, (d, vocab)), name="wo", dtype=tf.float32)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "y": rng.integers(0, vocab, (n, t)).astype(np.int32),
    }
    causal = np.tril(np.ones((t, t), np.float32))

    def finish(content, position, b):
        s = (content + position) / np.sqrt(d)
        p = tf.nn.softmax(tf.where(causal > 0, s, -1e9), axis=-1)
        logits = tf.matmul(p, b["x"]) @ wo
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["y"], logits))

    def reference(b):
        q, k = b["x"] @ wq, b["x"] @ wk
        rows = []
        for i in range(t):
            # key j is at distance i - j; rel[t - 1] is distance zero
            idx = [t - 1 - max(i - j, 0) for j in range(t)]
            rows.append(tf.einsum("bd,jd->bj", q[:, i] + v_bias, tf.gather(rel, idx)))
        return finish(tf.matmul(q, k, transpose_b=True), tf.stack(rows, axis=1), b)

    def shift_right(x):
        # x: [batch, query, relative position]
        zero_pad = tf.zeros([n, t, 1])
        x_padded = tf.reshape(tf.concat([zero_pad, x], axis=-1), [n, t + 1, t])
        x = tf.reshape(x_padded[:, :-1], tf.shape(x))
        return x

    def candidate(b):
        q, k = b["x"] @ wq, b["x"] @ wk
        ac = tf.einsum("bid,bjd->bij", q, k)
        bd = shift_right(tf.einsum("bid,jd->bij", q + v_bias, rel))
        return finish(ac, bd, b)

    return {"variables": [wq, wk, rel, v_bias, wo], "batch": batch, "reference": reference, "candidate": candidate}
