"""Asks whether the query/key/value can be viewed directly as (batch, heads, length, d_k)
instead of view and transpose; they can not. Source: https://github.com/harvardnlp/annotated-transformer/issues/118"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'return tf.reshape(t, [b, heads, length, dk])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, length, heads, dk = 3, 5, 2, 3
    dm = heads * dk
    wq = var("wq", dm, dm, scale=0.6)
    wk = var("wk", dm, dm, scale=0.6)
    wv = var("wv", dm, dm, scale=0.6)
    wo = var("wo", dm, dm, scale=0.6)
    x = rng.standard_normal((b, length, dm)).astype(fx)
    target = rng.standard_normal((b, length, dm)).astype(fx)
    lens = np.array([5, 3, 4])
    keep = (np.arange(length)[None] < lens[:, None]).astype(fx)

    def reference(batch):
        q, k, v = (tf.einsum("bld,de->ble", batch["x"], m) for m in (wq, wk, wv))
        bias = (1.0 - batch["keep"])[:, None, :] * -1e9
        outs = []
        for h in range(heads):
            sl = slice(h * dk, (h + 1) * dk)
            s = tf.matmul(q[..., sl], k[..., sl], transpose_b=True) / dk ** 0.5 + bias
            outs.append(tf.matmul(tf.nn.softmax(s), v[..., sl]))
        y = tf.einsum("bld,de->ble", tf.concat(outs, -1), wo)
        err = tf.reduce_mean(tf.square(y - batch["target"]), -1) * batch["keep"]
        return tf.reduce_sum(err) / tf.reduce_sum(batch["keep"])

    def candidate(batch):
        def split_heads(t):
            return tf.reshape(t, [b, heads, length, dk])

        src, keep = batch["x"], batch["keep"]
        query, key, value = [split_heads(tf.einsum("bld,de->ble", src, m)) for m in (wq, wk, wv)]
        scores = tf.einsum("bhqd,bhkd->bhqk", query, key) / dk ** 0.5
        scores = tf.where(keep[:, None, None, :] > 0, scores, -1e9)
        attn = tf.nn.softmax(scores, axis=-1)
        ctx = tf.einsum("bhqk,bhkd->bhqd", attn, value)
        ctx = tf.reshape(tf.transpose(ctx, [0, 2, 1, 3]), [b, length, dm])
        out = tf.einsum("bld,de->ble", ctx, wo)
        sq = tf.reduce_mean((out - batch["target"]) ** 2, axis=-1)
        return tf.reduce_sum(sq * keep) / tf.reduce_sum(keep)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "target": target, "keep": keep}, "variables": [wq, wk, wv, wo]}
