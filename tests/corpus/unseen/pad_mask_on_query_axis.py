"""The padding mask is expanded so that it masks padded queries instead of padded keys; real tokens attend to padding.

Source (real): https://github.com/hyunwoongko/transformer/pull/40
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'pad = tf.cast(b["ids"] != 0, tf.float32)[:, None, :, None]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n, L, d, H, V = 6, 5, 6, 2, 9
    emb = var("embedding", V, d)
    wqkv = var("wqkv", d, 3 * d)
    w_cls = var("w_cls", d, 4)
    ids = rng.integers(1, V, size=(n, L))
    for i, ln in enumerate([5, 3, 2, 4, 3, 5]):
        ids[i, ln:] = 0
    batch = {"ids": ids, "topic": rng.integers(0, 4, size=(n,))}

    def heads(b):
        x = tf.gather(emb, b["ids"])
        qkv = tf.reshape(x @ wqkv, [n, L, 3, H, d // H])
        return tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]), axis=0)

    def finish(weights, v, b):
        out = tf.reshape(tf.transpose(weights @ v, [0, 2, 1, 3]), [n, L, d])
        logits = out[:, 0] @ w_cls
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["topic"], logits=logits))

    def reference(b):
        q, k, v = heads(b)
        score = tf.matmul(q, k, transpose_b=True) / (d // H) ** 0.5
        keep = (b["ids"] != 0)[:, tf.newaxis, tf.newaxis, :]
        score = tf.where(keep, score, -10000.0)
        return finish(tf.nn.softmax(score), v, b)

    def candidate(b):
        q, k, v = heads(b)
        score = tf.matmul(q, k, transpose_b=True) / (d // H) ** 0.5
        pad = tf.cast(b["ids"] != 0, tf.float32)[:, None, :, None]
        score = score * pad - 10000.0 * (1.0 - pad)
        return finish(tf.nn.softmax(score), v, b)

    return {"variables": [emb, wqkv, w_cls], "batch": batch, "reference": reference, "candidate": candidate}
