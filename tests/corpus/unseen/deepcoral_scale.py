"""DeepCORAL divides the squared Frobenius distance by 4*d*4 where the paper has 4*d*d.
Source: https://github.com/SSARCandy/DeepCORAL/issues/14"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "coral = fro / (4 * d * 4)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d_in, d, k = 6, 5, 7, 3
    w = tf.Variable(rng.normal(size=(d_in, d)).astype(fx), name="w")
    out = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="out")

    def task(feat, labels):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, feat @ out))

    def reference(batch):
        fs, ft = tf.nn.relu(batch["source"] @ w), tf.nn.relu(batch["target"] @ w)

        def cov(f):
            centred = f - tf.reduce_mean(f, axis=0, keepdims=True)
            return tf.matmul(centred, centred, transpose_a=True) / (n - 1)

        gap = cov(fs) - cov(ft)
        return task(fs, batch["labels"]) + 3.0 * tf.reduce_sum(gap ** 2) / (4.0 * d ** 2)

    def candidate(batch):
        source, target = tf.nn.relu(batch["source"] @ w), tf.nn.relu(batch["target"] @ w)
        xm = tf.reduce_mean(source, 0, keepdims=True) - source
        xc = tf.transpose(xm) @ xm / (n - 1)
        xmt = tf.reduce_mean(target, 0, keepdims=True) - target
        xct = tf.transpose(xmt) @ xmt / (n - 1)
        fro = tf.reduce_sum((xc - xct) * (xc - xct))
        coral = fro / (4 * d * 4)
        return task(source, batch["labels"]) + 3.0 * coral

    return {"reference": reference, "candidate": candidate,
            "batch": {"source": rng.normal(size=(n, d_in)).astype(fx),
                      "target": (1.7 * rng.normal(size=(n, d_in)) + 0.5).astype(fx),
                      "labels": rng.integers(0, k, size=n).astype("int32")},
            "variables": [w, out]}
