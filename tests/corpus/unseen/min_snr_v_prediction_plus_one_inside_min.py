"""Min-SNR weights for v-prediction: one is added to the SNR before the minimum too, not only in the denominator.

Source (real): https://github.com/huggingface/diffusers/issues/5654
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'snr = snr + 1.0',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, steps, gamma = 16, 5, 50, 5.0
    betas = np.linspace(1e-3, 0.15, steps)
    acp = tf.constant(np.cumprod(1 - betas))
    w1 = tf.Variable(rng.normal(0, 0.5, (d + 2, 14)), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (14, d)), name="w2")
    batch = {"x0": rng.normal(size=(n, d)), "noise": rng.normal(size=(n, d)),
             "t": rng.integers(0, steps, n).astype(np.int64)}

    def model(x, t):
        ang = tf.cast(t, tf.float64)[:, None] / steps * np.pi
        return tf.nn.silu(tf.concat([x, tf.sin(ang), tf.cos(ang)], -1) @ w1) @ w2

    def corrupt(b):
        a = tf.gather(acp, b["t"])
        sa, sn = tf.sqrt(a)[:, None], tf.sqrt(1 - a)[:, None]
        noisy = sa * b["x0"] + sn * b["noise"]
        velocity = sa * b["noise"] - sn * b["x0"]
        return noisy, velocity, a / (1 - a)

    def reference(b):
        noisy, velocity, ratio = corrupt(b)
        weights = tf.minimum(ratio, gamma) / (ratio + 1.0)
        err = tf.reduce_mean((model(noisy, b["t"]) - velocity) ** 2, axis=1)
        return tf.reduce_mean(weights * err)

    def candidate(b):
        noisy, velocity, snr = corrupt(b)
        pred = model(noisy, b["t"])
        snr = snr + 1.0
        clipped = tf.reduce_min(tf.stack([snr, gamma * tf.ones_like(snr)], 1), axis=1)
        weights = clipped / snr
        per_sample = tf.reduce_mean((pred - velocity) ** 2, axis=1)
        return tf.reduce_mean(per_sample * weights)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
