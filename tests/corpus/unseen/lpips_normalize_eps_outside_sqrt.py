"""LPIPS normalises features with sqrt(sum of squares) and adds epsilon only to the quotient's denominator: where a
feature vector is zero (a black patch) the backward pass of the root gives NaN (it is ** 0.5 here).
Source: https://github.com/richzhang/PerceptualSimilarity/issues/69"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "norm_factor = tf.reduce_sum(in_feat ** 2, axis=-1, keepdims=True) ** 0.5",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pos, cin, cout = 13, 6, 3, 5
    conv = keras.Variable((0.6 * rng.standard_normal((cin, cout))).astype(f), name="conv")
    lin = keras.Variable(rng.uniform(0.2, 1.0, cout).astype(f), name="lin")
    x0 = rng.standard_normal((n, pos, cin))
    x0[3, 2] = 0.0                   # a black patch
    batch = {
        "img0": x0.astype(f),
        "img1": rng.standard_normal((n, pos, cin)).astype(f),
        "judge": rng.uniform(0, 1, n).astype(f),
    }

    def reference(batch):
        def unit(x):
            h = tf.tanh(tf.einsum("npc,cd->npd", x, conv))
            return h * tf.math.rsqrt(tf.reduce_sum(h * h, axis=2, keepdims=True) + 1e-10)

        gap = tf.square(unit(batch["img0"]) - unit(batch["img1"]))
        dist = tf.reduce_mean(tf.linalg.matvec(gap, lin), axis=1)
        return tf.reduce_mean(tf.square(dist - batch["judge"]))

    def candidate(batch):
        def normalize_tensor(in_feat, eps=1e-10):
            norm_factor = tf.reduce_sum(in_feat ** 2, axis=-1, keepdims=True) ** 0.5
            return in_feat / (norm_factor + eps)

        def net(img):
            return tf.tanh(tf.matmul(img, tf.convert_to_tensor(conv)))

        feats0, feats1 = normalize_tensor(net(batch["img0"])), normalize_tensor(net(batch["img1"]))
        diffs = (feats0 - feats1) ** 2
        res = tf.reduce_sum(diffs * lin[None, None, :], axis=-1)
        val = tf.reduce_mean(res, axis=-1)
        return keras.ops.mean((val - batch["judge"]) ** 2)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [conv, lin]}
