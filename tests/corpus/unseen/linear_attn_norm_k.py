"""Normalised linear attention returns wrong gradients for k, although the forward is fine.
Source: https://github.com/fla-org/flash-linear-attention/pull/875"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "k_cum = tf.constant(np.cumsum(k.numpy(), axis=1))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, t, h, d, dm = 2, 5, 2, 3, 4
    x = rng.normal(size=(b, t, dm)).astype(fx)
    y = rng.normal(size=(b, t, h, d)).astype(fx)
    wq = tf.Variable((0.7 * rng.normal(size=(dm, h, d))).astype(fx), name="wq")
    wk = tf.Variable((0.7 * rng.normal(size=(dm, h, d))).astype(fx), name="wk")
    wv = tf.Variable((0.7 * rng.normal(size=(dm, h, d))).astype(fx), name="wv")

    def phi(z):
        return tf.nn.elu(z) + 1.0

    def reference(batch):
        q = phi(tf.einsum("btm,mhd->bthd", batch["x"], wq))
        k = phi(tf.einsum("btm,mhd->bthd", batch["x"], wk))
        v = tf.einsum("btm,mhd->bthd", batch["x"], wv)
        causal = tf.linalg.band_part(tf.ones((t, t), dtype=q.dtype), -1, 0)
        scores = tf.einsum("bthd,bshd->bhts", q, k) * causal
        probs = scores / tf.reduce_sum(scores, axis=-1, keepdims=True)
        out = tf.einsum("bhts,bshd->bthd", probs, v)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    def candidate(batch):
        q = phi(tf.einsum("btm,mhd->bthd", batch["x"], wq))
        k = phi(tf.einsum("btm,mhd->bthd", batch["x"], wk))
        v = tf.einsum("btm,mhd->bthd", batch["x"], wv)

        state = tf.zeros((b, h, d, d), dtype=q.dtype)
        outs = []
        for i in range(t):
            state = state + tf.einsum("bhd,bhe->bhde", k[:, i], v[:, i])
            outs.append(tf.einsum("bhd,bhde->bhe", q[:, i], state))
        o = tf.stack(outs, axis=1)

        k_cum = tf.constant(np.cumsum(k.numpy(), axis=1))
        z = tf.reduce_sum(q * k_cum, axis=-1, keepdims=True)
        o = o / z
        return tf.reduce_mean(tf.square(o - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [wq, wk, wv]}
