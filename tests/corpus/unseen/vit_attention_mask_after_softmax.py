"""Vision transformer block: the key mask is applied to the attention weights after the softmax, so they no longer sum to one.

Source (real): https://github.com/huggingface/pytorch-image-models/pull/2236
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'attn = tf.where(keep, attn, tf.zeros_like(attn))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, tokens, d, heads, n_cls = 8, 6, 8, 2, 4
    dh = d // heads
    qkv = tf.Variable(rng.normal(0, 0.5, (d, 3 * d)), name="qkv", dtype=tf.float32)
    proj = tf.Variable(rng.normal(0, 0.5, (d, d)), name="proj", dtype=tf.float32)
    head = tf.Variable(rng.normal(0, 0.5, (d, n_cls)), name="head", dtype=tf.float32)
    lens = rng.integers(2, tokens, n)
    batch = {"x": rng.normal(size=(n, tokens, d)).astype(np.float32),
             "valid": np.arange(tokens)[None] < lens[:, None],
             "y": rng.integers(0, n_cls, n).astype(np.int32)}

    def split(x):
        z = tf.reshape(x @ qkv, [-1, tokens, 3, heads, dh])
        z = tf.transpose(z, [2, 0, 3, 1, 4])
        return z[0], z[1], z[2]

    def classify(b, mixed):
        y = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, tokens, d]) @ proj + b["x"]
        m = tf.cast(b["valid"], tf.float32)[..., None]
        pooled = tf.reduce_sum(y * m, 1) / tf.reduce_sum(m, 1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=pooled @ head)
        return tf.reduce_mean(ce)

    def reference(b):
        q, k, v = split(b["x"])
        logits = tf.matmul(q, k, transpose_b=True) / dh ** 0.5
        logits += tf.where(b["valid"], 0.0, -1e9)[:, None, None, :]
        return classify(b, tf.nn.softmax(logits, axis=-1) @ v)

    def candidate(b):
        q, k, v = split(b["x"])
        scores = tf.matmul(q, k, transpose_b=True) * dh ** -0.5
        attn = tf.nn.softmax(scores, axis=-1)
        keep = tf.broadcast_to(b["valid"][:, None, None, :], tf.shape(attn))
        attn = tf.where(keep, attn, tf.zeros_like(attn))
        return classify(b, attn @ v)

    return {"variables": [qkv, proj, head], "batch": batch, "reference": reference, "candidate": candidate}
