"""Rotary embedding with adjacent pairs: frequencies are expanded with repeat/tile instead of repeat_interleave, so that
the pairs get mixed angles. Source: https://github.com/facebookresearch/vjepa2/pull/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "emb_sin, emb_cos = tf.tile(tf.sin(freq), (1, 1, 2)), tf.tile(tf.cos(freq), (1, 1, 2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d = 3, 4, 8
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wk")
    omega = (1.0 / 10.0 ** (np.arange(d // 2) / (d / 2.0))).astype(fx)

    def reference(batch):
        ang = batch["pos"][:, :, None] * omega
        c, s = tf.cos(ang), tf.sin(ang)

        def rotate(z):
            even, odd = z[..., 0::2], z[..., 1::2]
            pairs = tf.stack([even * c - odd * s, even * s + odd * c], axis=-1)
            return tf.reshape(pairs, tf.shape(z))

        q, k = rotate(batch["x"] @ wq), rotate(batch["x"] @ wk)
        p = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / d**0.5)
        return tf.reduce_mean((tf.matmul(p, batch["x"]) - batch["y"]) ** 2)

    def candidate(batch):
        def rotate_queries_or_keys(x, pos):
            freq = tf.einsum("bt,f->btf", pos, tf.constant(omega))
            emb_sin, emb_cos = tf.tile(tf.sin(freq), (1, 1, 2)), tf.tile(tf.cos(freq), (1, 1, 2))
            y = tf.reshape(x, (n, t, d // 2, 2))
            y1, y2 = tf.unstack(y, axis=-1)
            y = tf.reshape(tf.stack([-y2, y1], axis=-1), (n, t, d))
            return x * emb_cos + y * emb_sin

        q = rotate_queries_or_keys(tf.matmul(batch["x"], wq), batch["pos"])
        k = rotate_queries_or_keys(tf.matmul(batch["x"], wk), batch["pos"])
        attn = tf.nn.softmax(tf.einsum("bqd,bkd->bqk", q, k) * d**-0.5, axis=-1)
        return tf.reduce_mean(tf.square(tf.einsum("bqk,bkd->bqd", attn, batch["x"]) - batch["y"]))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "y": rng.normal(size=(n, t, d)).astype(fx),
            "pos": np.tile(np.arange(t), (n, 1)).astype(fx),
        },
        "variables": [wq, wk],
    }
