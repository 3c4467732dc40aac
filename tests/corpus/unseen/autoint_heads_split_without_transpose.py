"""The feature-interaction layer splits its heads by a plain reshape to (batch*heads, fields, dim), without moving the head axis first.

Source (real): https://github.com/reczoo/FuxiCTR/issues/30
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'q, k, v = [tf.reshape(t, [n * H, F, dh]) for t in (b["emb"] @ w_q, b["emb"] @ w_k, b["emb"] @ w_v)]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, F, d, H = 10, 4, 6, 2
    dh = d // H
    w_q, w_k, w_v = var("w_q", d, d), var("w_k", d, d), var("w_v", d, d)
    w_res = var("w_res", d, d)
    w_click = var("w_click", F * d, 1)
    batch = {"emb": arr(n, F, d), "click": rng.integers(0, 2, size=(n,)).astype("float32")}

    def click_loss(inter, b):
        h = tf.nn.relu(inter + b["emb"] @ w_res)
        logit = tf.squeeze(tf.reshape(h, [n, F * d]) @ w_click, axis=1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["click"], logits=logit))

    def reference(b):
        heads = []
        for h in range(H):
            s = slice(h * dh, (h + 1) * dh)
            q, k, v = b["emb"] @ w_q[:, s], b["emb"] @ w_k[:, s], b["emb"] @ w_v[:, s]
            scores = tf.matmul(q, k, transpose_b=True) / dh ** 0.5
            heads.append(tf.nn.softmax(scores) @ v)
        return click_loss(tf.concat(heads, axis=-1), b)

    def candidate(b):
        q, k, v = [tf.reshape(t, [n * H, F, dh]) for t in (b["emb"] @ w_q, b["emb"] @ w_k, b["emb"] @ w_v)]
        scores = tf.matmul(q, k, transpose_b=True) / dh ** 0.5
        ctx = tf.nn.softmax(scores) @ v
        ctx = tf.transpose(tf.reshape(ctx, [n, H, F, dh]), [0, 2, 1, 3])
        return click_loss(tf.reshape(ctx, [n, F, d]), b)

    return {"variables": [w_q, w_k, w_v, w_res, w_click], "batch": batch, "reference": reference, "candidate": candidate}
