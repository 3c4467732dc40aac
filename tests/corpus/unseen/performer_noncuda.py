"""The causal linear attention without the CUDA kernel scales its output with the wrong normaliser.
Source: https://github.com/lucidrains/performer-pytorch/issues/40"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'd_inv = tf.einsum("bnd,bnd->bn", q, tf.cumsum(k, axis=1))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, n, d, dm = 3, 5, 3, 4
    x = rng.normal(size=(b, n, dm)).astype(fx)
    y = rng.normal(size=(b, n, d)).astype(fx)
    w = tf.Variable((0.6 * rng.normal(size=(dm, 3 * d))).astype(fx), name="w_qkv")

    def project(inputs):
        q, k, v = tf.split(inputs @ w, 3, axis=-1)
        return tf.nn.relu(q) + 1e-1, tf.nn.relu(k) + 1e-1, v

    def reference(batch):
        q, k, v = project(batch["x"])
        rows = []
        for i in range(n):
            sim = tf.einsum("bd,bjd->bj", q[:, i], k[:, : i + 1])
            attn = sim / tf.reduce_sum(sim, axis=1, keepdims=True)
            rows.append(tf.einsum("bj,bjd->bd", attn, v[:, : i + 1]))
        return tf.reduce_mean(tf.square(tf.stack(rows, axis=1) - batch["y"]))

    def candidate(batch):
        def causal_linear_attention_noncuda(q, k, v):
            context = tf.einsum("bnd,bne->bnde", k, v)
            context = tf.cumsum(context, axis=1)
            d_inv = tf.einsum("bnd,bnd->bn", q, tf.cumsum(k, axis=1))
            return tf.einsum("bnde,bnd,bn->bne", context, q, d_inv)

        q, k, v = project(batch["x"])
        out = causal_linear_attention_noncuda(q, k, v)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [w]}
