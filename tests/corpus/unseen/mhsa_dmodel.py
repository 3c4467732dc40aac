"""Multi-head self-attention divides the scores by sqrt of all features instead of the per-head
dimension. Source: https://github.com/omihub777/ViT-CIFAR/pull/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'sqrt_d = feats ** 0.5',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, seq, feats, heads, classes = 3, 4, 8, 4, 3
    wq, wk, wv, wo = (var(s, feats, feats, scale=0.9) for s in ("q", "k", "v", "o"))
    fc = var("fc", feats, classes)

    def split(t, depth):
        return tf.transpose(tf.reshape(t, (n, seq, heads, depth)), (0, 2, 1, 3))

    def reference(batch):
        per_head = feats // heads
        q = split(tf.matmul(batch["x"], wq), per_head)
        k = split(tf.matmul(batch["x"], wk), per_head)
        v = split(tf.matmul(batch["x"], wv), per_head)
        logits = tf.matmul(q, k, transpose_b=True) / per_head ** 0.5
        ctx = tf.matmul(tf.nn.softmax(logits), v)
        ctx = tf.reshape(tf.transpose(ctx, (0, 2, 1, 3)), (n, seq, feats))
        pooled = tf.reduce_mean(tf.matmul(ctx, wo), axis=1)
        y = tf.one_hot(batch["y"], classes, dtype=fx)
        return tf.reduce_mean(keras.losses.categorical_crossentropy(y, tf.matmul(pooled, fc), from_logits=True))

    def candidate(batch):
        x = batch["x"]
        depth = feats // heads
        sqrt_d = feats ** 0.5
        q, k, v = (split(tf.matmul(x, w), depth) for w in (wq, wk, wv))
        score = tf.nn.softmax(tf.einsum("bhif,bhjf->bhij", q, k) / sqrt_d, axis=-1)
        attn = tf.einsum("bhij,bhjf->bihf", score, v)
        o = tf.matmul(tf.reshape(attn, (n, seq, feats)), wo)
        logits = tf.matmul(tf.reduce_mean(o, axis=1), fc)
        y = tf.one_hot(batch["y"], classes, dtype=fx)
        return tf.reduce_mean(keras.losses.categorical_crossentropy(y, logits, from_logits=True))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, seq, feats), "y": rng.integers(0, classes, n).astype("int32")},
            "variables": [wq, wk, wv, wo, fc]}
