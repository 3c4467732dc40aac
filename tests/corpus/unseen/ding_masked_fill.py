"""Attention block: the masked scores are computed and thrown away (masked_fill instead of masked_fill_).
Source: https://github.com/opendilab/DI-engine/issues/333"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "masked_fill(score, tf.logical_not(mask), -1e9)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, N, d_in, heads, dh = 3, 5, 4, 2, 3
    attention_pre = keras.layers.Dense(3 * heads * dh, name="attention_pre")
    project = keras.layers.Dense(d_in, name="project")
    attention_pre.build((None, None, d_in))
    project.build((None, None, heads * dh))

    def masked_fill(t, where, value):
        return tf.where(where, tf.cast(value, t.dtype), t)

    def split(x):
        return tf.transpose(tf.reshape(x, [B, N, heads, dh]), [0, 2, 1, 3])

    def reference(batch):
        q, k, v = [split(p) for p in tf.split(attention_pre(batch["x"]), 3, axis=2)]
        s = tf.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(dh)
        s = masked_fill(s, ~batch["mask"][:, None, None, :], -1e9)
        o = tf.einsum("bhqk,bhkd->bqhd", tf.nn.softmax(s), v)
        y = project(tf.reshape(o, [B, N, heads * dh]))
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        attention = attention_pre(batch["x"])
        query, key, value = tf.split(attention, 3, axis=2)
        query, key, value = split(query), split(key), split(value)
        score = tf.matmul(query, key, transpose_b=True)
        score = score / np.sqrt(dh)
        mask = tf.tile(batch["mask"][:, None, None, :], [1, heads, N, 1])
        masked_fill(score, tf.logical_not(mask), -1e9)
        score = tf.nn.softmax(score, axis=-1)
        attention = tf.matmul(score, value)
        attention = tf.reshape(tf.transpose(attention, [0, 2, 1, 3]), [B, N, heads * dh])
        return tf.reduce_mean(tf.square(project(attention) - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((B, N, d_in)).astype(fx), "y": rng.standard_normal((B, N, d_in)).astype(fx),
                      "mask": np.arange(N)[None] < np.array([5, 2, 3])[:, None]},
            "variables": [attention_pre.kernel, attention_pre.bias, project.kernel, project.bias]}
