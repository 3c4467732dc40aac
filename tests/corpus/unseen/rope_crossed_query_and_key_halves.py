"""Fused rotary embedding: the second half of the rotated query is computed from the key.

Source (real): https://github.com/hpcaitech/ColossalAI/pull/6429
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "out_q1 = k_0 * sin + k_1 * cos",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, heads, dh = 6, 5, 2, 4
    d = heads * dh
    wqkv = tf.Variable(rng.normal(0, 0.5, (d, 3 * d)), name="wqkv", dtype=tf.float32)
    wo = tf.Variable(rng.normal(0, 0.5, (d, d)), name="wo", dtype=tf.float32)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "target": rng.normal(size=(n, t, d)).astype(np.float32),
    }
    freqs = 1.0 / 10.0 ** (np.arange(dh // 2) / (dh // 2))
    ang = (np.arange(t)[:, None] * freqs[None]).astype(np.float32)[None, :, None, :]
    cos, sin = tf.cos(ang), tf.sin(ang)

    def qkv(x):
        packed = tf.reshape(x @ wqkv, [-1, t, 3, heads, dh])
        return packed[:, :, 0], packed[:, :, 1], packed[:, :, 2]

    def output(q, k, v, target):
        a = tf.nn.softmax(tf.einsum("bthd,bshd->bhts", q, k) / np.sqrt(dh), axis=-1)
        ctx = tf.reshape(tf.einsum("bhts,bshd->bthd", a, v), [-1, t, d])
        return tf.reduce_mean(tf.reduce_sum(tf.square(ctx @ wo - target), axis=-1))

    def rope(x):
        x0, x1 = tf.split(x, 2, axis=-1)
        return tf.concat([x0 * cos - x1 * sin, x0 * sin + x1 * cos], axis=-1)

    def reference(b):
        q, k, v = qkv(b["x"])
        return output(rope(q), rope(k), v, b["target"])

    def fused_rotary(q, k):
        q_0, q_1 = q[..., : dh // 2], q[..., dh // 2:]
        k_0, k_1 = k[..., : dh // 2], k[..., dh // 2:]
        out_q0 = q_0 * cos - q_1 * sin
        out_q1 = k_0 * sin + k_1 * cos
        out_k0 = k_0 * cos - k_1 * sin
        out_k1 = k_1 * cos + k_0 * sin
        return tf.concat([out_q0, out_q1], -1), tf.concat([out_k0, out_k1], -1)

    def candidate(b):
        q, k, v = qkv(b["x"])
        q_rot, k_rot = fused_rotary(q, k)
        return output(q_rot, k_rot, v, b["target"])

    return {"variables": [wqkv, wo], "batch": batch, "reference": reference, "candidate": candidate}
