"""After a refactor the naive chunked linear attention accumulates its normaliser over the head dimension.
Source: https://github.com/fla-org/flash-linear-attention/issues/850"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "k_acc = tf.cumsum(k, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, h, t, d, dm, chunk = 2, 3, 6, 2, 4, 2
    x = rng.normal(size=(b, t, dm)).astype(fx)
    y = rng.normal(size=(b, h, t, d)).astype(fx)
    wq, wk, wv = [tf.Variable((0.6 * rng.normal(size=(dm, h, d))).astype(fx), name=m) for m in ("wq", "wk", "wv")]

    def qkv(batch):
        q = tf.nn.elu(tf.einsum("btm,mhd->bhtd", batch["x"], wq)) + 1.0
        k = tf.nn.elu(tf.einsum("btm,mhd->bhtd", batch["x"], wk)) + 1.0
        return q, k, tf.einsum("btm,mhd->bhtd", batch["x"], wv)

    def reference(batch):
        q, k, v = qkv(batch)
        att = tf.linalg.band_part(tf.matmul(q, k, transpose_b=True), -1, 0)
        o = (att @ v) / tf.reduce_sum(att, axis=-1, keepdims=True)
        return tf.reduce_mean(tf.square(o - batch["y"]))

    def candidate(batch):
        def normalize_output(q, k, o):
            k_acc = tf.cumsum(k, axis=1)
            z = tf.reduce_sum(q * k_acc, axis=-1, keepdims=True)
            return o / (z + 1e-10)

        q, k, v = qkv(batch)
        split = lambda u: tf.reshape(u, (b, h, t // chunk, chunk, d))  # noqa: E731
        qc, kc, vc = split(q), split(k), split(v)
        kv = tf.einsum("bhncd,bhnce->bhnde", kc, vc)
        kv = tf.cumsum(kv, axis=2, exclusive=True)
        inter = tf.einsum("bhncd,bhnde->bhnce", qc, kv)
        scores = tf.einsum("bhncd,bhnsd->bhncs", qc, kc)
        intra = tf.einsum("bhncs,bhnse->bhnce", tf.linalg.band_part(scores, -1, 0), vc)
        o = tf.reshape(inter + intra, (b, h, t, d))
        o = normalize_output(q, k, o)
        return tf.reduce_mean(tf.square(o - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [wq, wk, wv]}
