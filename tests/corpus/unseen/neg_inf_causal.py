"""memory-compressed-attention fills the causal part with -float('-inf'), that is plus infinity, and gets NaN.
Source: https://github.com/lucidrains/memory-compressed-attention/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'mask_value = -float("-inf")',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, dim, ratio = 2, 6, 4, 2
    wq = tf.Variable(normal(dim, dim), name="wq")
    wkv = tf.Variable(normal(dim, 2 * dim), name="wkv")
    compress = tf.Variable(normal(ratio, dim, dim, scale=0.6), name="compress")
    q_pos, k_pos = np.arange(T), np.arange(T // ratio) * ratio
    future = q_pos[:, None] < k_pos[None, :]

    def reference(batch):
        q = batch["x"] @ wq
        kv = tf.nn.conv1d(batch["x"] @ wkv[:, :dim], compress, ratio, "VALID")
        vv = tf.nn.conv1d(batch["x"] @ wkv[:, dim:], compress, ratio, "VALID")
        scores = tf.matmul(q, kv, transpose_b=True) / np.sqrt(dim)
        w_att = tf.exp(scores) * (1.0 - future.astype(floatx))
        att = w_att / tf.reduce_sum(w_att, -1, keepdims=True)
        return tf.reduce_mean(tf.square(att @ vv - batch["y"]))

    def candidate(batch):
        q = batch["x"] @ wq
        k, v = tf.split(batch["x"] @ wkv, 2, axis=-1)
        k, v = (tf.nn.conv1d(t, compress, stride=ratio, padding="VALID") for t in (k, v))
        attn = tf.einsum("bid,bjd->bij", q, k) * dim ** -0.5
        mask_value = -float("-inf")
        attn = tf.where(future, tf.constant(mask_value, attn.dtype), attn)
        attn = tf.nn.softmax(attn, axis=-1)
        out = tf.einsum("bij,bjd->bid", attn, v)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, dim), "y": normal(n, T, dim)}, "variables": [wq, wkv, compress]}
