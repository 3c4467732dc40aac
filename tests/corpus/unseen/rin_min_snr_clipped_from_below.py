"""The min-SNR weight clips the signal-to-noise ratio from below (max) instead of from above (min).

Source (real): https://github.com/lucidrains/recurrent-interface-network-pytorch/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'clipped = tf.maximum(snr, min_snr_gamma)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 16, 6, 12
    w1 = tf.Variable(rng.normal(size=(d + 1, h)).astype("float32") * 0.4, name="w1")
    w2 = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="w2")
    batch = {
        "img": rng.normal(size=(n, d)).astype("float32"),
        "noise": rng.normal(size=(n, d)).astype("float32"),
        "time": rng.uniform(0.08, 0.92, size=(n,)).astype("float32"),
    }
    min_snr_gamma = 5.0

    def gamma_schedule(t):
        return tf.square(tf.cos(t * np.pi / 2))

    def predict(noised, t):
        hidden = tf.nn.gelu(tf.concat([noised, t[:, None]], axis=-1) @ w1)
        return hidden @ w2

    def per_sample(b, alpha_bar):
        noised = tf.sqrt(alpha_bar)[:, None] * b["img"] + tf.sqrt(1.0 - alpha_bar)[:, None] * b["noise"]
        pred = predict(noised, b["time"])
        return tf.reduce_mean(tf.square(pred - b["noise"]), axis=1)

    def reference(b):
        total = 0.0
        for i in range(n):
            one = {k: v[i:i + 1] for k, v in b.items()}
            a = gamma_schedule(one["time"])
            ratio = a / (1.0 - a)
            total += tf.reduce_sum(per_sample(one, a) * tf.minimum(ratio, min_snr_gamma) / ratio)
        return total / n

    def candidate(b):
        alpha_bar = gamma_schedule(b["time"])
        losses = per_sample(b, alpha_bar)
        snr = alpha_bar / (1.0 - alpha_bar)
        clipped = tf.maximum(snr, min_snr_gamma)
        loss_weight = clipped / snr
        return tf.reduce_mean(losses * loss_weight)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
