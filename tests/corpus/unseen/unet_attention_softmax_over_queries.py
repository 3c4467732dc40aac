"""The attention block of a diffusion UNet normalises the scores over the query axis i instead of the key axis j.

Source (real): https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/146
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'attn = tf.nn.softmax(attn, axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, L, d, H = 8, 5, 6, 2
    dk = d // H
    w_qkv = var("w_qkv", d, 3 * d)
    w_out = var("w_out", d, d)
    w_t = var("w_time", 1, d)
    batch = {"x": arr(n, L, d), "noise": arr(n, L, d), "t": rng.uniform(0, 1, size=(n, 1)).astype("float32")}

    def project(b):
        h = b["x"] + tf.nn.silu(b["t"] @ w_t)[:, None, :]
        qkv = tf.reshape(h @ w_qkv, [n, L, H, 3 * dk])
        return h, tf.split(qkv, 3, axis=-1)

    def reference(b):
        h, (q, k, v) = project(b)
        attn = tf.einsum("bihd,bjhd->bijh", q, k) * dk ** -0.5
        attn = tf.nn.softmax(attn, axis=2)
        res = tf.einsum("bijh,bjhd->bihd", attn, v)
        eps = tf.reshape(res, [n, L, d]) @ w_out + h
        return tf.reduce_mean(tf.square(b["noise"] - eps))

    def candidate(b):
        h, (q, k, v) = project(b)
        attn = tf.einsum("bihd,bjhd->bijh", q, k) * dk ** -0.5
        attn = tf.nn.softmax(attn, axis=1)
        res = tf.einsum("bijh,bjhd->bihd", attn, v)
        eps = tf.reshape(res, [n, L, d]) @ w_out + h
        return tf.reduce_mean(tf.square(b["noise"] - eps))

    return {"variables": [w_qkv, w_out, w_t], "batch": batch, "reference": reference, "candidate": candidate}
