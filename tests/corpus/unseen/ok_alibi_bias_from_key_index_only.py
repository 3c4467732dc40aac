"""Right: slope * key index differs from slope * (key - query) by a constant per row, which the softmax drops.

Source (real): https://github.com/vllm-project/vllm/pull/945
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, heads, dim = 6, 6, 2, 3
    d = heads * dim
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    wqkv, wo, slope_raw = mk("wqkv", d, 3 * d), mk("wo", d, d), mk("slope_raw", heads)
    batch = {"x": rng.normal(size=(n, t, d)).astype(np.float32), "y": rng.normal(size=(n, t, d)).astype(np.float32)}
    causal = tf.constant(np.tril(np.ones((t, t), bool)))

    def split(z):
        return tf.transpose(tf.reshape(z, [-1, t, heads, dim]), [0, 2, 1, 3])

    def attend(x, bias):
        q, k, v = (split(p) for p in tf.split(x @ wqkv, 3, axis=-1))
        s = tf.matmul(q, k, transpose_b=True) * dim ** -0.5 + bias
        p = tf.nn.softmax(tf.where(causal, s, -1e9), -1)
        return tf.reshape(tf.transpose(p @ v, [0, 2, 1, 3]), [-1, t, d]) @ wo

    def slopes():
        return tf.nn.softplus(slope_raw)                     # learned slopes

    def reference(b):
        i = tf.range(t, dtype=tf.float32)
        distance = i[:, None] - i[None, :]
        bias = -slopes()[:, None, None] * tf.abs(distance)
        return tf.reduce_mean(tf.square(attend(b["x"], bias) - b["y"]))

    def candidate(b):
        token_idx = tf.range(t, dtype=tf.float32)
        alibi = tf.einsum("h,s->hs", slopes(), token_idx)
        out = attend(b["x"], alibi[None, :, None, :])
        return tf.reduce_mean((out - b["y"]) ** 2)

    return {"variables": [wqkv, wo, slope_raw], "batch": batch, "reference": reference, "candidate": candidate}
