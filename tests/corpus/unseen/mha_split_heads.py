"""Asked whether the transpose after the view that splits the heads is needed. It is, and the code is right.
Source: https://github.com/hyunwoongko/transformer/issues/15"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, heads, dk = 3, 4, 2, 3
    d = heads * dk
    wq, wk, wv, wo = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wo", d, d)

    def reference(batch):
        parts = []
        for i in range(heads):
            cols = slice(i * dk, (i + 1) * dk)
            q, k, v = (batch["x"] @ w[:, cols] for w in (wq, wk, wv))
            score = q @ tf.transpose(k, [0, 2, 1]) / dk ** 0.5
            score += (1.0 - batch["mask"][:, None, :]) * -1e4
            parts.append(tf.nn.softmax(score) @ v)
        return tf.reduce_mean((tf.concat(parts, -1) @ wo - batch["y"]) ** 2)

    def candidate(batch):
        def split(tensor):
            tensor = tf.reshape(tensor, [-1, T, heads, dk])
            return tf.transpose(tensor, [0, 2, 1, 3])

        q, k, v = split(batch["x"] @ wq), split(batch["x"] @ wk), split(batch["x"] @ wv)
        score = tf.einsum("bhqd,bhkd->bhqk", q, k) / tf.sqrt(tf.cast(dk, q.dtype))
        score = tf.where(batch["mask"][:, None, None, :] > 0, score, tf.cast(-1e4, score.dtype))
        context = tf.matmul(tf.nn.softmax(score, axis=-1), v)
        merged = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, T, d])
        out = tf.matmul(merged, wo)
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    mask = np.ones((n, T))
    mask[1, 3] = mask[2, 2:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, T, d), "y": arr(n, T, d), "mask": mask.astype(f)},
            "variables": [wq, wk, wv, wo]}
