"""The flow runs from the latent to the target, but the velocity it is regressed on is target - source.

Source (real): https://github.com/theislab/CellFlow/pull/305
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'u_t = compute_ut(t, x_t, source, target)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 18, 4, 10
    w_in = tf.Variable(rng.normal(size=(2 * d + 1, h)).astype("float32") * 0.4, name="w_in")
    b_in = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.1, name="b_in")
    w_out = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="w_out")
    src = rng.normal(size=(n, d)) + 1.0
    batch = {
        "source": src.astype("float32"),
        "target": (1.5 * src + rng.normal(size=(n, d)) * 0.3 - 2.0).astype("float32"),
        "latent": rng.normal(size=(n, d)).astype("float32"),
        "time": rng.uniform(size=(n, 1)).astype("float32"),
        "weight": rng.uniform(0.5, 1.5, size=(n,)).astype("float32"),
    }

    def velocity_field(t, x, condition):
        return tf.nn.silu(tf.concat([t, x, condition], -1) @ w_in + b_in) @ w_out

    def reference(b):
        t = b["time"]
        start, end = b["latent"], b["target"]
        x = (1.0 - t) * start + t * end
        v = velocity_field(t, x, b["source"])
        err = tf.reduce_mean((v - (end - start)) ** 2, axis=-1)
        return tf.reduce_sum(b["weight"] * err) / tf.reduce_sum(b["weight"])

    def compute_xt(t, x0, x1):
        return (1.0 - t) * x0 + t * x1

    def compute_ut(t, x, x0, x1):
        del t, x
        return x1 - x0

    def candidate(b):
        source, target, latent, t = b["source"], b["target"], b["latent"], b["time"]
        x_t = compute_xt(t, latent, target)
        v_t = velocity_field(t, x_t, source)
        u_t = compute_ut(t, x_t, source, target)
        flow_loss = tf.reduce_mean(tf.square(v_t - u_t), axis=-1)
        w = b["weight"] / tf.reduce_sum(b["weight"])
        return tf.reduce_sum(w * flow_loss)

    return {"variables": [w_in, b_in, w_out], "batch": batch, "reference": reference, "candidate": candidate}
