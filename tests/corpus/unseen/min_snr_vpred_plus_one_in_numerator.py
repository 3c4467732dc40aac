"""Wrong: for v-prediction the Min-SNR weight has SNR + 1 in the numerator too, not only in the denominator.

Source (real): https://github.com/huggingface/diffusers/issues/5654
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "snr = snr + 1.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    D = 6
    w1 = tf.Variable(rng.normal(0, 0.4, (D + 1, 10)).astype("float32"), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.4, (10, D)).astype("float32"), name="w2")
    betas = np.linspace(1e-3, 0.25, 20)
    alphas_cumprod = tf.constant(np.cumprod(1 - betas).astype("float32"))
    n = 16
    batch = {
        "x0": rng.normal(size=(n, D)).astype("float32"),
        "noise": rng.normal(size=(n, D)).astype("float32"),
        "t": rng.permutation(20)[:n].astype("int32"),
    }
    gamma = 5.0

    def model(xt, t):
        tt = tf.cast(t, tf.float32)[:, None] / 20.0
        return tf.nn.silu(tf.concat([xt, tt], 1) @ w1) @ w2

    def reference(b):
        total = 0.0
        for i in range(n):
            abar = alphas_cumprod[b["t"][i]]
            a, s = tf.sqrt(abar), tf.sqrt(1 - abar)
            xt = a * b["x0"][i] + s * b["noise"][i]
            v = a * b["noise"][i] - s * b["x0"][i]
            out = model(xt[None], b["t"][i][None])[0]
            ratio = abar / (1 - abar)
            total += tf.minimum(ratio, gamma) / (ratio + 1.0) * tf.reduce_mean((out - v) ** 2)
        return total / n

    def compute_snr(timesteps):
        abar = tf.gather(alphas_cumprod, timesteps)
        return (tf.sqrt(abar) / tf.sqrt(1.0 - abar)) ** 2

    def candidate(b):
        abar = tf.gather(alphas_cumprod, b["t"])[:, None]
        noisy = tf.sqrt(abar) * b["x0"] + tf.sqrt(1.0 - abar) * b["noise"]
        target = tf.sqrt(abar) * b["noise"] - tf.sqrt(1.0 - abar) * b["x0"]
        model_pred = model(noisy, b["t"])
        snr = compute_snr(b["t"])
        snr = snr + 1.0
        mse_loss_weights = tf.minimum(snr, gamma * tf.ones_like(snr)) / snr
        loss = tf.reduce_mean(tf.square(model_pred - target), axis=1)
        return tf.reduce_mean(loss * mse_loss_weights)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
