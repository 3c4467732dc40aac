"""Linear attention scales only q by dim ** -0.5; scaling q and k by dim ** -0.25 each comes to the same.
Source: https://github.com/lucidrains/linear-attention-transformer/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, dim = 3, 5, 4
    wq, wk, wv = (tf.Variable(normal(dim, dim), name=s) for s in ("wq", "wk", "wv"))

    def reference(batch):
        q = tf.nn.softmax(batch["x"] @ wq, axis=-1) * dim ** -0.25
        k = tf.nn.softmax(batch["x"] @ wk, axis=-2) * dim ** -0.25
        att = tf.matmul(q, k, transpose_b=True)
        return tf.reduce_mean(tf.square(att @ (batch["x"] @ wv) - batch["y"]))

    def candidate(batch):
        q, k, v = (batch["x"] @ m for m in (wq, wk, wv))
        q = tf.nn.softmax(q, axis=-1)
        k = tf.nn.softmax(k, axis=-2)
        q = q * dim ** -0.5
        context = tf.einsum("bnd,bne->bde", k, v)
        out = tf.einsum("bnd,bde->bne", q, context)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, dim), "y": normal(n, T, dim)}, "variables": [wq, wk, wv]}
