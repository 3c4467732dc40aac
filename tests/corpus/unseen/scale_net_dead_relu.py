"""Population estimation: the last ReLU of the scale net is off everywhere, the prediction is zero and no gradient comes through.

Source (real): https://github.com/jvargasmu/population_estimation/issues/68 (PyTorch, ported; the issue asks for a softplus instead)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "scale = tf.nn.relu(hidden @ w2 + b2)[..., 0]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, pixels, d, hid = 15, 7, 4, 5
    w1 = tf.Variable(0.4 * arr(d, hid), name="scale_net_1")
    w2 = tf.Variable(0.3 * arr(hid, 1), name="scale_net_2")
    b2 = tf.Variable(np.full(1, -2.5, f), name="scale_net_bias")
    batch = {
        "features": np.clip(arr(n, pixels, d), -1, 1),
        "buildings": rng.integers(0, 6, (n, pixels)).astype(f),
        "census": 3.0 * rng.random(n).astype(f),
    }

    def reference(b):
        gaps = []
        for feat, houses, count in zip(b["features"], b["buildings"], b["census"]):
            raw = tf.tanh(feat @ w1) @ w2 + b2
            occupancy = tf.math.log1p(tf.exp(raw[:, 0]))
            gaps.append(tf.abs(tf.reduce_sum(occupancy * houses) - count))
        return tf.reduce_mean(tf.stack(gaps))

    def candidate(b):
        hidden = tf.tanh(b["features"] @ w1)
        scale = tf.nn.relu(hidden @ w2 + b2)[..., 0]
        pop_map = scale * b["buildings"]
        return tf.reduce_mean(tf.abs(tf.reduce_sum(pop_map, axis=1) - b["census"]))

    return {"variables": [w1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}
