"""Wrong: the generalised Dice loss sums over the batch axis as well, one Dice for the whole batch instead of one per image.

Source (real): https://github.com/NifTK/NiftyNet/issues/22
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "ref_vol = tf.reduce_sum(onehot, axis=[0, 1, 2])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    kernel = tf.Variable(rng.normal(0, 0.5, (3, 3, 2, 3)).astype("float32"), name="kernel")
    bias = tf.Variable(np.array([0.2, -0.1, 0.0], "float32"), name="bias")
    n = 6
    threshold = rng.uniform(0.2, 0.9, (n, 1, 1))
    batch = {
        "image": rng.normal(size=(n, 6, 6, 2)).astype("float32"),
        "labels": np.where(rng.random((n, 6, 6)) < threshold, 0, rng.integers(1, 3, (n, 6, 6))).astype("int32"),
    }
    smooth = 1e-3

    def segment(image):
        return tf.nn.softmax(tf.nn.conv2d(image, kernel, 1, "SAME") + bias)

    def reference(b):
        probs = segment(b["image"])
        onehot = tf.one_hot(b["labels"], 3)
        scores = []
        for i in range(n):
            p, g = probs[i], onehot[i]
            vol = tf.reduce_sum(g, axis=[0, 1])
            w = 1.0 / (vol + 1.0)
            num = 2.0 * tf.reduce_sum(w * tf.reduce_sum(p * g, axis=[0, 1]))
            den = tf.reduce_sum(w * (vol + tf.reduce_sum(p, axis=[0, 1])))
            scores.append((num + smooth) / (den + smooth))
        return 1.0 - tf.add_n(scores) / n

    def candidate(b):
        probs = segment(b["image"])
        onehot = tf.one_hot(b["labels"], 3)
        ref_vol = tf.reduce_sum(onehot, axis=[0, 1, 2])
        intersect = tf.reduce_sum(onehot * probs, axis=[0, 1, 2])
        seg_vol = tf.reduce_sum(probs, axis=[0, 1, 2])
        weights = 1.0 / (ref_vol + 1.0)
        numerator = 2.0 * tf.reduce_sum(weights * intersect, axis=-1)
        denominator = tf.reduce_sum(weights * (seg_vol + ref_vol), axis=-1)
        score = (numerator + smooth) / (denominator + smooth)
        return 1.0 - tf.reduce_mean(score)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
