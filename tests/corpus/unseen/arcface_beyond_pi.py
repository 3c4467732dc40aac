"""ArcFace layer: theta + m may exceed pi, where the cosine rises again and the margin turns into a reward; it ought to be
clipped to [0, pi]. Source: https://github.com/4uiiurz1/keras-arcface/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target_logits = tf.cos(theta + m)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c, s, m = 6, 3, 4, 4.0, 0.6
    proto = rng.normal(size=(d, c))
    W = tf.Variable(proto.astype(fx), name="arc_W")
    scale = tf.Variable(np.ones(d).astype(fx), name="feat_scale")
    y = rng.integers(0, c, n)
    x = rng.normal(size=(n, d))
    x[:3] = -proto[:, y[:3]].T + 0.15 * rng.normal(size=(3, d))

    def reference(batch):
        total = 0.0
        centers = tf.nn.l2_normalize(W, axis=0)
        for i in range(n):
            v = tf.nn.l2_normalize(batch["x"][i] * scale, axis=0)
            cos = tf.linalg.matvec(centers, v, transpose_a=True)
            k = int(batch["y"][i])
            ang = tf.acos(tf.clip_by_value(cos[k], -1 + 1e-7, 1 - 1e-7))
            pushed = tf.cos(tf.minimum(ang + m, tf.constant(np.pi, ang.dtype)))
            row = tf.stack([pushed if j == k else cos[j] for j in range(c)])
            total -= tf.nn.log_softmax(s * row)[k]
        return total / n

    def candidate(batch):
        x = tf.nn.l2_normalize(batch["x"] * scale, axis=1)
        w = tf.nn.l2_normalize(W, axis=0)
        logits = x @ w
        theta = tf.acos(tf.clip_by_value(logits, -1.0 + 1e-7, 1.0 - 1e-7))
        target_logits = tf.cos(theta + m)
        one_hot = tf.one_hot(batch["y"], c, dtype=logits.dtype)
        logits = logits * (1.0 - one_hot) + target_logits * one_hot
        out = tf.nn.softmax(logits * s)
        return tf.reduce_mean(-tf.reduce_sum(one_hot * tf.math.log(out), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x.astype(fx), "y": y.astype("int32")}, "variables": [W, scale]}
