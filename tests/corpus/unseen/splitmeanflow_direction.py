"""Time runs from noise to data and the velocity is data minus noise, but the intermediate point of the
split interval is found by stepping against the velocity. Source: https://github.com/primepake/splitmeanflow/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "z_s = z_r - (s - r) * u1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 5, 4
    w1, b1, w2 = var("w1", d + 2, 8, scale=0.9), var("b1", 8), var("w2", 8, d, scale=1.0)
    r = rng.uniform(0, 0.4, (n, 1))
    t = rng.uniform(0.6, 1.0, (n, 1))
    batch = {"x1": rng.standard_normal((n, d)).astype(fx), "noise": rng.standard_normal((n, d)).astype(fx),
             "r": r.astype(fx), "t": t.astype(fx), "lam": rng.uniform(0.3, 0.7, (n, 1)).astype(fx)}

    def u(z, start, end):
        return tf.tanh(tf.concat([z, start, end], axis=1) @ w1 + b1) @ w2

    def reference(batch):
        r, t, lam = batch["r"], batch["t"], batch["lam"]
        mid = lam * r + (1 - lam) * t
        z_start = batch["noise"] + r * (batch["x1"] - batch["noise"])
        first = u(z_start, r, mid)
        second = u(z_start + (mid - r) * first, mid, t)
        target = tf.stop_gradient((1 - lam) * first + lam * second)
        consistency = tf.reduce_mean(tf.square(u(z_start, r, t) - target))
        boundary = tf.reduce_mean(tf.square(u(z_start, r, r) - (batch["x1"] - batch["noise"])))
        return consistency + boundary

    def candidate(batch):
        x, z, r, t, lam = (batch[k] for k in ("x1", "noise", "r", "t", "lam"))
        s = (1.0 - lam) * t + lam * r
        z_r = (1.0 - r) * z + r * x
        velocity = x - z
        u1 = u(z_r, r, s)
        z_s = z_r - (s - r) * u1
        u2 = u(z_s, s, t)
        target = tf.stop_gradient((1.0 - lam) * u1 + lam * u2)
        loss = tf.reduce_mean((u(z_r, r, t) - target) ** 2)
        loss += tf.reduce_mean((u(z_r, r, r) - velocity) ** 2)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
