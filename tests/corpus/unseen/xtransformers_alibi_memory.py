"""Relative position bias with memory: query positions are not shifted by the number of cached keys.
Source: https://github.com/lucidrains/x-transformers/pull/103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "q_pos = tf.range(i)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, i_len, mem, d, heads, buckets = 2, 4, 3, 6, 2, 9
    wq = tf.Variable((0.6 * rng.normal(size=(d, d))).astype(fx), name="wq")
    wk = tf.Variable((0.6 * rng.normal(size=(d, d))).astype(fx), name="wk")
    wv = tf.Variable((0.6 * rng.normal(size=(d, d))).astype(fx), name="wv")
    bias = tf.Variable(rng.normal(size=(buckets, heads)).astype(fx), name="rel_bias")
    dh = d // heads

    def reference(batch):
        ctx = tf.concat([batch["mem"], batch["x"]], axis=1)
        q, k, v = batch["x"] @ wq, ctx @ wk, ctx @ wv
        outs = []
        for hd in range(heads):
            sl = slice(hd * dh, (hd + 1) * dh)
            rows = []
            for t in range(i_len):
                visible = mem + t + 1
                score = tf.einsum("bd,bjd->bj", q[:, t, sl], k[:, :visible, sl]) / np.sqrt(dh)
                back = [min(mem + t - j, buckets - 1) for j in range(visible)]
                score += tf.gather(bias[:, hd], back)
                rows.append(tf.einsum("bj,bjd->bd", tf.nn.softmax(score), v[:, :visible, sl]))
            outs.append(tf.stack(rows, axis=1))
        return tf.reduce_mean((tf.concat(outs, -1) - batch["y"]) ** 2)

    def candidate(batch):
        def split(t):
            return tf.transpose(tf.reshape(t, (n, -1, heads, dh)), (0, 2, 1, 3))

        kv_in = tf.concat((batch["mem"], batch["x"]), axis=1)
        q = split(tf.matmul(batch["x"], wq))
        k, v = split(tf.matmul(kv_in, wk)), split(tf.matmul(kv_in, wv))
        dots = tf.matmul(q, k, transpose_b=True) * dh ** -0.5
        i, j = dots.shape[-2], dots.shape[-1]
        q_pos = tf.range(i)
        k_pos = tf.range(j)
        distance = tf.maximum(q_pos[:, None] - k_pos[None, :], 0)
        values = tf.gather(bias, tf.minimum(distance, buckets - 1))
        dots += tf.transpose(values, (2, 0, 1))[None]
        causal = tf.linalg.band_part(tf.ones((i, j), dots.dtype), -1, j - i)
        dots = tf.where(causal > 0, dots, tf.constant(-1e9, dots.dtype))
        out = tf.matmul(tf.nn.softmax(dots, axis=-1), v)
        out = tf.reshape(tf.transpose(out, (0, 2, 1, 3)), (n, i, d))
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, i_len, d)).astype(fx), "mem": rng.normal(size=(n, mem, d)).astype(fx),
                      "y": rng.normal(size=(n, i_len, d)).astype(fx)},
            "variables": [wq, wk, wv, bias]}
