"""Right: the variance as mean of squares minus square of the mean is the same biased variance.

Source (real): https://github.com/camlab-ethz/poseidon/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d = 8, 4, 6
    w_in = tf.Variable(rng.normal(0, 0.5, (d, d)), name="w_in", dtype=tf.float32)
    w_scale = tf.Variable(rng.normal(0, 0.5, (1, d)), name="w_scale", dtype=tf.float32)
    b_scale = tf.Variable(1.0 + rng.normal(0, 0.2, (d,)), name="b_scale", dtype=tf.float32)
    w_shift = tf.Variable(rng.normal(0, 0.5, (1, d)), name="w_shift", dtype=tf.float32)
    w_out = tf.Variable(rng.normal(0, 0.5, (d, 1)), name="w_out", dtype=tf.float32)
    batch = {
        "field": rng.normal(size=(n, t, d)).astype(np.float32),
        "time": rng.uniform(0, 1, (n, 1)).astype(np.float32),
        "next": rng.normal(size=(n, t)).astype(np.float32),
    }
    eps = 1e-5

    def relative_l1(pred, target):
        return tf.reduce_sum(tf.sqrt(tf.square(pred - target) + 1e-4)) / tf.reduce_sum(tf.abs(target))

    def readout(x, b):
        return relative_l1(tf.squeeze(tf.nn.gelu(x) @ w_out, -1), b["next"])

    def reference(b):
        x = b["field"] @ w_in
        rows = []
        for i in range(n):
            centred = x[i] - tf.reduce_mean(x[i], axis=-1, keepdims=True)
            var = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
            gain = tf.reshape(b["time"][i:i + 1] @ w_scale, [d]) + b_scale
            rows.append(centred / tf.sqrt(var + eps) * gain + tf.reshape(b["time"][i:i + 1] @ w_shift, [d]))
        return readout(tf.stack(rows), b)

    def conditional_norm(x, time):
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        var = tf.reduce_mean(x ** 2, axis=-1, keepdims=True) - mean ** 2
        x = (x - mean) / tf.sqrt(var + eps)
        weight = tf.expand_dims(time @ w_scale + b_scale, 1)
        bias = tf.expand_dims(time @ w_shift, 1)
        return weight * x + bias

    def candidate(b):
        return readout(conditional_norm(b["field"] @ w_in, b["time"]), b)

    return {"variables": [w_in, w_scale, b_scale, w_shift, w_out], "batch": batch,
            "reference": reference, "candidate": candidate}
