"""The angles are repeated for neighbouring pairs, but the rotation pairs dimension i with i + d/2: frequencies and pairs do not belong together.

Source (real): https://github.com/raiyanyahya/how-to-train-your-gpt/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'emb = tf.repeat(freqs, 2, axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d = 7, 6, 8
    wq = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name="wq")
    wk = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name="wk")
    wo = tf.Variable((0.5 * rng.normal(size=(d, 3))).astype(np.float32), name="wo")
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "target": rng.integers(0, 3, size=(n, t)).astype(np.int32),
    }
    inv_freq = (1.0 / 50.0 ** (np.arange(0, d, 2) / d)).astype(np.float32)
    causal = np.tril(np.ones((t, t), np.float32))

    def rotate_half(x):
        x1, x2 = x[..., : d // 2], x[..., d // 2:]
        return tf.concat([-x2, x1], axis=-1)

    def attend(q, k, v):
        s = tf.matmul(q, k, transpose_b=True) / float(np.sqrt(d))
        s = s - 1e9 * (1.0 - causal)
        return tf.nn.softmax(s, -1) @ v

    def lm_loss(ctx, target):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, ctx @ wo))

    def reference(b):
        freqs = tf.range(t, dtype=tf.float32)[:, None] * inv_freq[None]
        angles = tf.concat([freqs, freqs], axis=-1)
        cos, sin = tf.cos(angles), tf.sin(angles)
        q, k = b["x"] @ wq, b["x"] @ wk
        q = q * cos + rotate_half(q) * sin
        k = k * cos + rotate_half(k) * sin
        return lm_loss(attend(q, k, b["x"]), b["target"])

    def candidate(b):
        freqs = tf.einsum("t,f->tf", tf.range(t, dtype=tf.float32), inv_freq)
        emb = tf.repeat(freqs, 2, axis=-1)
        cos, sin = tf.cos(emb), tf.sin(emb)
        q, k = b["x"] @ wq, b["x"] @ wk
        q_rot = q * cos + rotate_half(q) * sin
        k_rot = k * cos + rotate_half(k) * sin
        return lm_loss(attend(q_rot, k_rot, b["x"]), b["target"])

    return {"variables": [wq, wk, wo], "batch": batch, "reference": reference, "candidate": candidate}
