"""Forecast model with trend and seasonality: the smooth L1 is evaluated on raw values and put into a fresh tensor, so only the penalties send gradient.

Source (real): https://github.com/paiml/aprender/issues/3034
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "loss_data = [smooth(float(v)) for v in tf.reshape(diff, [-1])]",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, knots, harmonics = 16, 3, 2
    k0 = tf.Variable(rng.normal(0, 1.0, ()), name="growth", dtype=tf.float32)
    deltas = tf.Variable(rng.normal(0, 0.5, (knots,)), name="deltas", dtype=tf.float32)
    fourier = tf.Variable(rng.normal(0, 0.5, (2 * harmonics,)), name="fourier", dtype=tf.float32)
    t = np.sort(rng.uniform(0, 1, n))
    ang = 2 * np.pi * 4 * t[:, None] * np.arange(1, harmonics + 1)
    batch = {
        "t": t.astype(np.float32),
        "season": np.concatenate([np.sin(ang), np.cos(ang)], 1).astype(np.float32),
        "y": (2.0 * t + np.sin(8 * np.pi * t) + rng.normal(0, 0.5, n)).astype(np.float32),
    }
    points = np.linspace(0.2, 0.8, knots).astype(np.float32)
    beta = 0.5

    def forecast(b):
        hinge = tf.nn.relu(b["t"][:, None] - points)
        return k0 * b["t"] + tf.linalg.matvec(hinge, deltas) + tf.linalg.matvec(b["season"], fourier)

    def penalties():
        return 0.05 * tf.reduce_sum(tf.abs(deltas)) + 0.02 * tf.reduce_sum(tf.square(fourier)) + 0.02 * tf.square(k0)

    def reference(b):
        diff = forecast(b) - b["y"]
        a = tf.abs(diff)
        per_step = tf.where(a < beta, 0.5 * tf.square(diff) / beta, a - 0.5 * beta)
        return tf.reduce_mean(per_step) + penalties()

    def smooth(x):
        abs_x = abs(x)
        if abs_x < beta:
            return 0.5 * x * x / beta
        return abs_x - 0.5 * beta

    def candidate(b):
        diff = forecast(b) - b["y"]
        loss_data = [smooth(float(v)) for v in tf.reshape(diff, [-1])]
        loss = tf.reshape(tf.constant(loss_data, tf.float32), diff.shape)
        return tf.reduce_mean(loss) + penalties()

    return {"variables": [k0, deltas, fourier], "batch": batch, "reference": reference, "candidate": candidate}
