"""RMSNorm takes the number of elements of the scale as the width of the reduction; with a grouped gain (G, D) against an
input (N, G, D) it normalises over G*D instead of D.
Source: https://github.com/ROCm/hip-ep/pull/937"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "norm_num_elements = int(np.prod(scale.shape))",
    "same_forward_value": False,
}


def wrap_rms_norm(x, scale, eps=1e-5):
    """reduce over the last axis, then multiply by the gain"""
    norm_num_elements = int(np.prod(scale.shape))
    rows = tf.reshape(x, (-1, norm_num_elements))
    inv_rms = tf.math.rsqrt(tf.reduce_mean(rows * rows, axis=1, keepdims=True) + eps)
    return tf.reshape(rows * inv_rms, x.shape) * scale


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, G, D = 13, 3, 4
    w = tf.Variable(rng.standard_normal((5, G * D)).astype(f), name="in_proj")
    gain = tf.Variable((1 + 0.3 * rng.standard_normal((G, D))).astype(f), name="gain")

    def reference(batch):
        h = tf.reshape(batch["x"] @ w, (n, G, D))
        groups = []
        for g in range(G):
            v = h[:, g]
            rms = tf.sqrt(tf.reduce_sum(v ** 2, axis=-1) / D + 1e-5)
            groups.append(v / rms[:, None] * gain[g])
        y = tf.tanh(tf.concat(groups, axis=1))
        return tf.reduce_mean((y - batch["t"]) ** 2)

    def candidate(batch):
        h = tf.reshape(tf.matmul(batch["x"], w), (n, G, D))
        out = tf.tanh(wrap_rms_norm(h, gain))
        return tf.reduce_mean(tf.math.squared_difference(tf.reshape(out, (n, -1)), batch["t"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, 5)).astype(f), "t": rng.standard_normal((n, G * D)).astype(f)},
            "variables": [w, gain]}
