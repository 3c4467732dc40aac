"""Causal linear attention renormalises the context by the running sum of the keys without the query.
Source: https://github.com/lucidrains/performer-pytorch/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "context = context / k_cumsum[..., None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, heads, n, d, dm = 2, 2, 5, 3, 4
    x = rng.normal(size=(b, n, dm)).astype(fx)
    labels = rng.integers(0, 3, size=(b, n))
    wq = tf.Variable(rng.normal(size=(dm, heads, d)).astype(fx), name="wq")
    wk = tf.Variable(rng.normal(size=(dm, heads, d)).astype(fx), name="wk")
    wv = tf.Variable(rng.normal(size=(dm, heads, d)).astype(fx), name="wv")
    wo = tf.Variable(rng.normal(size=(heads, d, 3)).astype(fx), name="wo")

    def heads_of(inputs):
        q = tf.exp(0.5 * tf.einsum("bnm,mhd->bhnd", inputs, wq))
        k = tf.exp(0.5 * tf.einsum("bnm,mhd->bhnd", inputs, wk))
        v = tf.einsum("bnm,mhd->bhnd", inputs, wv)
        return q, k, v

    def xent(out, target):
        logits = tf.einsum("bhnd,hdc->bnc", out, wo)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))

    def reference(batch):
        q, k, v = heads_of(batch["x"])
        running_k = tf.cumsum(k, axis=2)
        kv = tf.cumsum(tf.einsum("bhnd,bhne->bhnde", k, v), axis=2)
        inv = 1.0 / tf.einsum("bhnd,bhnd->bhn", q, running_k)
        out = tf.einsum("bhnde,bhnd,bhn->bhne", kv, q, inv)
        return xent(out, batch["labels"])

    def candidate(batch):
        q, k, v = heads_of(batch["x"])
        k_cumsum = tf.cumsum(k, axis=2)
        context = tf.einsum("bhnd,bhne->bhnde", k, v)
        context = tf.cumsum(context, axis=2)
        context = context / k_cumsum[..., None]
        out = tf.einsum("bhnde,bhnd->bhne", context, q)
        return xent(out, batch["labels"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "labels": labels}, "variables": [wq, wk, wv, wo]}
