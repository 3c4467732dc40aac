"""Self-attention divides the scores by sqrt of all features instead of sqrt of the features of one head.
Source: https://github.com/omihub777/ViT-CIFAR/pull/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "sqrt_d = feats ** 0.5",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, t, head, feats, classes = 4, 5, 4, 8, 3

    def var(name, *shape):
        return tf.Variable(rng.normal(size=shape) * 0.9, dtype=dt, name=name)

    wq, wk, wv, wo = var("q", feats, feats), var("k", feats, feats), var("v", feats, feats), var("o", feats, feats)
    fc = var("fc", feats, classes)

    def reference(batch):
        x = batch["patches"]
        dk = feats // head
        q = tf.reshape(x @ wq, [b, t, head, dk])
        k = tf.reshape(x @ wk, [b, t, head, dk])
        v = tf.reshape(x @ wv, [b, t, head, dk])
        att = tf.nn.softmax(tf.einsum("bihd,bjhd->bhij", q, k) / np.sqrt(dk), axis=-1)
        y = tf.reshape(tf.einsum("bhij,bjhd->bihd", att, v), [b, t, feats]) @ wo + x
        logits = tf.reduce_mean(y, axis=1) @ fc
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        sqrt_d = feats ** 0.5

        def to_heads(z):
            return tf.transpose(tf.reshape(z, [b, t, head, feats // head]), [0, 2, 1, 3])

        def mhsa(z):
            q, k, v = to_heads(z @ wq), to_heads(z @ wk), to_heads(z @ wv)
            score = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / sqrt_d, axis=-1)
            attn = tf.transpose(score @ v, [0, 2, 1, 3])
            return tf.reshape(attn, [b, t, feats]) @ wo

        x = batch["patches"]
        out = mhsa(x) + x
        logits = tf.reduce_mean(out, axis=1) @ fc
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"patches": rng.normal(size=(b, t, feats)).astype(dt), "y": rng.integers(0, classes, size=b)},
            "variables": [wq, wk, wv, wo, fc]}
