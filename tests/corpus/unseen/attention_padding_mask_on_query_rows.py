"""The padding mask is expanded along the query axis, so whole rows are shifted and padded keys are still attended to.

Source (real): https://github.com/lsdefine/attention-is-all-you-need-keras/issues/16
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mmask = -1e9 * (1.0 - b["mask"][:, :, None])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h = 8, 6, 5, 4
    w = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    wq, wk, wv, head = w("wq", d, h), w("wk", d, h), w("wv", d, h), w("head", h, 1)
    lengths = rng.integers(2, t, size=n)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "mask": (np.arange(t)[None] < lengths[:, None]).astype(np.float32),
        "y": rng.normal(size=n).astype(np.float32),
    }

    def pool(h_seq, mask):
        return tf.reduce_sum(h_seq * mask[:, :, None], 1) / tf.reduce_sum(mask, 1, keepdims=True)

    def reference(b):
        total = 0.0
        for i in range(n):                          # one sentence at a time, without its padding
            x = tf.boolean_mask(b["x"][i], b["mask"][i] > 0.5)
            q, k, v = x @ wq, x @ wk, x @ wv
            attn = tf.nn.softmax(q @ tf.transpose(k) / float(np.sqrt(h)), -1)
            pred = tf.tensordot(tf.reduce_mean(attn @ v, 0), head[:, 0], 1)
            total += tf.square(pred - b["y"][i])
        return total / n

    def candidate(b):
        x = b["x"]
        q, k, v = x @ wq, x @ wk, x @ wv
        attn = tf.matmul(q, k, transpose_b=True) / float(np.sqrt(h))
        mmask = -1e9 * (1.0 - b["mask"][:, :, None])
        attn = tf.nn.softmax(attn + mmask, -1)
        pooled = pool(attn @ v, b["mask"])
        pred = (pooled @ head)[:, 0]
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [wq, wk, wv, head], "batch": batch, "reference": reference, "candidate": candidate}
