"""Flow-matching head of a forecaster: the velocity net is regressed on the target sample itself, not on target minus noise.

Source (real): https://github.com/thuml/Sundial/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'miss = predict_v - b["target"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, horizon, dz, hid = 12, 6, 4, 16
    w_in = tf.Variable(rng.normal(0, 0.4, (horizon + 1 + dz, hid)), name="flow/in", dtype=tf.float32)
    w_out = tf.Variable(rng.normal(0, 0.4, (hid, horizon)), name="flow/out", dtype=tf.float32)
    w_ctx = tf.Variable(rng.normal(0, 0.4, (8, dz)), name="context", dtype=tf.float32)
    batch = {"past": rng.normal(size=(n, 8)).astype(np.float32),
             "target": np.cumsum(rng.normal(0, 0.5, (n, horizon)), 1).astype(np.float32),
             "noise": rng.normal(size=(n, horizon)).astype(np.float32),
             "t": rng.random(n).astype(np.float32), "mask": (rng.random(n) > 0.2).astype(np.float32)}
    step_weights = 1.0 / tf.range(1, horizon + 1, dtype=tf.float32)

    def velocity(x, t, z):
        h = tf.nn.gelu(tf.concat([x, t, z], -1) @ w_in)
        return h @ w_out

    def reference(b):
        z = tf.tanh(b["past"] @ w_ctx)
        t = b["t"][:, None]
        x_t = t * b["target"] + (1.0 - t) * b["noise"]
        v_true = b["target"] - b["noise"]
        sq = tf.reduce_sum(step_weights * (velocity(x_t, t, z) - v_true) ** 2, axis=-1)
        return tf.reduce_sum(sq * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        z = tf.tanh(b["past"] @ w_ctx)
        t = b["t"][:, None]
        noised_target = t * b["target"] + (1.0 - t) * b["noise"]
        predict_v = velocity(noised_target, t, z)
        miss = predict_v - b["target"]
        loss = tf.reduce_sum(step_weights * miss ** 2, axis=-1)
        return tf.reduce_sum(loss * b["mask"]) / tf.reduce_sum(b["mask"])

    return {"variables": [w_in, w_out, w_ctx], "batch": batch, "reference": reference, "candidate": candidate}
