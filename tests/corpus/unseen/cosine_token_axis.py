"""The cosine similarity of [B, N, D] predictions is taken along dim=1, the tokens, where the features stand
in the last. Source: https://github.com/facebookresearch/WMReward/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'cos = cosine_similarity(z, target, 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, d = 3, 5, 5
    ctx = normal(b, t, 4)
    target_np = normal(b, t, d)
    keep = (rng.random((b, t)) < 0.8).astype(fx)
    w = var("w", 4, d)

    def reference(batch):
        total = 0.0
        for i in range(b):
            for j in range(t):
                z = tf.linalg.matvec(w, batch["ctx"][i, j], transpose_a=True)
                h = batch["target"][i, j]
                total += batch["keep"][i, j] * (1.0 - tf.reduce_sum(z * h) / (tf.norm(z) * tf.norm(h)))
        return total / tf.reduce_sum(batch["keep"])

    def candidate(batch):
        def cosine_similarity(u, v, dim):
            dot = tf.reduce_sum(u * v, axis=dim)
            return dot / (tf.norm(u, axis=dim) * tf.norm(v, axis=dim))

        z = tf.matmul(batch["ctx"], w)
        target = batch["target"]
        cos = cosine_similarity(z, target, 1)
        return tf.reduce_sum((1.0 - cos) * batch["keep"]) / tf.reduce_sum(batch["keep"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"ctx": ctx, "target": target_np, "keep": keep}, "variables": [w]}
