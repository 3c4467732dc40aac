"""The sine is the square root of 1 - cos^2 without a lower bound; a feature exactly on its class centre gives an infinite derivative.

Source (real): https://github.com/ronghuaiyang/arcface-pytorch/issues/91
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'sine = tf.sqrt(1.0 - tf.square(cosine))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, K, s, m = 8, 4, 3, 4.0, 0.5
    proj = tf.Variable(np.eye(d, dtype="float32"), name="proj")
    centres = rng.normal(size=(d, K)).astype("float32")
    centres[:, 0] = [2.0, 0.0, 0.0, 0.0]
    centre = tf.Variable(centres, name="centre")
    x = arr(n, d)
    x[3] = [3.0, 0.0, 0.0, 0.0]
    y = rng.integers(0, K, size=(n,))
    y[3] = 0
    batch = {"x": x, "y": y}
    cos_m, sin_m = float(np.cos(m)), float(np.sin(m))

    def cosine_of(b):
        f = b["x"] @ proj
        f = f / tf.norm(f, axis=1, keepdims=True)
        return f @ (centre / tf.norm(centre, axis=0, keepdims=True))

    def head(cosine, sine, b):
        phi = cosine * cos_m - sine * sin_m
        one = tf.one_hot(b["y"], K)
        logits = s * (one * phi + (1.0 - one) * cosine)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=one, logits=logits))

    def reference(b):
        cosine = cosine_of(b)
        sine = tf.sqrt(tf.clip_by_value(1.0 - cosine * cosine, 1e-12, 1.0))
        return head(cosine, sine, b)

    def candidate(b):
        cosine = cosine_of(b)
        sine = tf.sqrt(1.0 - tf.square(cosine))
        return head(cosine, sine, b)

    return {"variables": [proj, centre], "batch": batch, "reference": reference, "candidate": candidate}
