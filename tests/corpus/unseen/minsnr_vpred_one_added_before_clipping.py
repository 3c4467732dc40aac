"""Min-SNR weight for v-prediction: one is added to the SNR before the clipping too, min(snr+1,g)/(snr+1) for min(snr,g)/(snr+1).

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
    n, d, T = 20, 6, 50
    w_x = tf.Variable(rng.normal(size=(d, 12)).astype("float32") * 0.4, name="w_x")
    w_t = tf.Variable(rng.normal(size=(2, 12)).astype("float32") * 0.4, name="w_t")
    w_o = tf.Variable(rng.normal(size=(12, d)).astype("float32") * 0.4, name="w_o")
    abar = tf.constant(np.cumprod(1.0 - np.linspace(1e-3, 0.15, T)).astype("float32"))
    batch = {
        "x0": rng.normal(size=(n, d)).astype("float32"),
        "noise": rng.normal(size=(n, d)).astype("float32"),
        "t": rng.integers(0, T, n).astype("int32"),
    }
    gamma = 5.0

    def unet(x, t):
        phase = tf.cast(t, tf.float32)[:, None] / T
        emb = tf.concat([tf.sin(6.0 * phase), tf.cos(6.0 * phase)], -1)
        return tf.nn.silu(x @ w_x + emb @ w_t) @ w_o

    def residual(b):
        a = tf.gather(abar, b["t"])[:, None]
        noisy = tf.sqrt(a) * b["x0"] + tf.sqrt(1.0 - a) * b["noise"]
        velocity = tf.sqrt(a) * b["noise"] - tf.sqrt(1.0 - a) * b["x0"]
        return tf.reduce_mean(tf.square(unet(noisy, b["t"]) - velocity), axis=1)

    def reference(b):
        per_sample = residual(b)
        a = tf.gather(abar, b["t"])
        ratio = a / (1.0 - a)
        weight = tf.minimum(ratio, gamma) / (ratio + 1.0)
        return tf.reduce_mean(weight * per_sample)

    def candidate(b):
        alphas = tf.gather(abar, b["t"])
        snr = tf.square(tf.sqrt(alphas) / tf.sqrt(1.0 - alphas))
        # the velocity objective needs one added to the SNR before dividing
        snr = snr + 1.0
        capped = tf.reduce_min(tf.stack([snr, gamma * tf.ones_like(snr)], axis=1), axis=1)
        mse_loss_weights = capped / snr
        loss = residual(b) * mse_loss_weights
        return tf.reduce_mean(loss)

    return {"variables": [w_x, w_t, w_o], "batch": batch, "reference": reference, "candidate": candidate}
