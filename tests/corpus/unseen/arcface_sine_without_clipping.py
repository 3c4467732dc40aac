"""sin(theta) = sqrt(1 - cos^2) is not clipped: a feature parallel to its class centre makes the gradient NaN.

Source (real): https://github.com/ktjonsson/keras-ArcFace/issues/2
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "sin_t = tf.sqrt(1.0 - cos_t2)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 10, 4, 5
    s, m = 6.0, 0.4
    centres = rng.normal(0, 1, (d, c)).astype("float32")
    centres[:, 2] = [0.0, 2.0, 0.0, 0.0]
    x = rng.normal(0, 1, (n, d)).astype("float32")
    label = rng.integers(0, c, n).astype("int32")
    x[3], label[3] = [0.0, 4.0, 0.0, 0.0], 2          # an easy sample, already at its centre
    kernel = tf.Variable(centres, name="arcface_kernel")
    gain = tf.Variable(np.ones(d, "float32"), name="feature_gain")
    batch = {"feat": x, "label": label}

    def normalised(b):
        f = b["feat"] * gain
        f = f / tf.norm(f, axis=1, keepdims=True)
        return f @ (kernel / tf.norm(kernel, axis=0, keepdims=True))

    def reference(b):
        cos_t = normalised(b)
        mask = tf.one_hot(b["label"], c)
        sine = tf.sqrt(tf.clip_by_value(1.0 - cos_t ** 2, 1e-12, 1.0))
        with_margin = cos_t * math.cos(m) - sine * math.sin(m)
        logits = s * tf.where(mask > 0, with_margin, cos_t)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=mask, logits=logits))

    def candidate(b):
        cos_t = normalised(b)
        cos_t2 = tf.square(cos_t)
        sin_t = tf.sqrt(1.0 - cos_t2)
        cos_mt = s * (cos_t * math.cos(m) - sin_t * math.sin(m))
        mask = tf.one_hot(b["label"], c)
        logits = s * cos_t * (1.0 - mask) + cos_mt * mask
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits))

    return {"variables": [kernel, gain], "batch": batch, "reference": reference, "candidate": candidate}
