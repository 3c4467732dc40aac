"""Heads are stacked head-major along the batch axis, but the padding mask is repeated element by element (sample-major), so samples get each other's masks.

Source (real): https://github.com/lsdefine/attention-is-all-you-need-keras/issues/36
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mask = tf.repeat(b["mask"], H, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, L, d, H = 6, 5, 4, 2
    dk = d // H
    wq, wk, wv, wo = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wo", d, 3)
    lengths = rng.permutation(np.array([1, 2, 3, 4, 5, 2]))
    batch = {
        "x": arr(n, L, d),
        "mask": (np.arange(L)[None, :] < lengths[:, None]).astype("float32"),
        "label": rng.integers(0, 3, size=(n,)),
    }

    def classify(ctx, b):
        pooled = tf.reduce_sum(ctx * b["mask"][:, :, None], axis=1) / tf.reduce_sum(b["mask"], axis=1, keepdims=True)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=pooled @ wo)
        return tf.reduce_mean(ce)

    def reference(b):
        outs = []
        bias = (1.0 - b["mask"])[:, None, :] * -1e9
        for h in range(H):
            q = (b["x"] @ wq)[:, :, h * dk:(h + 1) * dk]
            k = (b["x"] @ wk)[:, :, h * dk:(h + 1) * dk]
            v = (b["x"] @ wv)[:, :, h * dk:(h + 1) * dk]
            outs.append(tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / dk ** 0.5 + bias) @ v)
        return classify(tf.concat(outs, axis=-1), b)

    def candidate(b):
        def to_heads(t):
            t = tf.transpose(tf.reshape(t, [n, L, H, dk]), [2, 0, 1, 3])
            return tf.reshape(t, [H * n, L, dk])

        q, k, v = to_heads(b["x"] @ wq), to_heads(b["x"] @ wk), to_heads(b["x"] @ wv)
        mask = tf.repeat(b["mask"], H, axis=0)
        scores = tf.matmul(q, k, transpose_b=True) / dk ** 0.5 + (1.0 - mask)[:, None, :] * -1e9
        ctx = tf.reshape(tf.nn.softmax(scores) @ v, [H, n, L, dk])
        ctx = tf.reshape(tf.transpose(ctx, [1, 2, 0, 3]), [n, L, d])
        return classify(ctx, b)

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
