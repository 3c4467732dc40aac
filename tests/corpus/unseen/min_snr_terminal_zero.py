"""Min-SNR weights with a schedule that ends in SNR zero: min(snr, k) / snr is 0 / 0 for the last time step.

Source (real): https://github.com/TiankaiHang/Min-SNR-Diffusion-Training/pull/4 (PyTorch, ported: "step loss goes to NaN").
Right answer: NOT equivalent; one such sample turns the whole loss into NaN, its weight should be 1.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "mse_loss_weight = tf.minimum(snr, k) / snr",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, T, k = 19, 5, 7, 10, 5.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="w1")
    temb = tf.Variable(0.5 * arr(T, hid), name="time_embedding")
    w2 = tf.Variable(0.5 * arr(hid, d), name="w2")
    root = np.sqrt(np.linspace(0.98, 0.05, T))
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    alpha = root.astype(f)
    sigma = np.sqrt(1.0 - root**2).astype(f)
    t = rng.integers(0, T, n)
    t[3] = T - 1
    batch = {"x_start": arr(n, d), "noise": arr(n, d), "t": t}

    def model(x_t, t):
        return tf.nn.silu(x_t @ w1 + tf.gather(temb, t)) @ w2

    def reference(b):
        steps = b["t"].numpy()
        total = 0.0
        for i, step in enumerate(steps):
            x_t = alpha[step] * b["x_start"][i] + sigma[step] * b["noise"][i]
            out = model(x_t[None], b["t"][i : i + 1])[0]
            ratio = float(alpha[step] / sigma[step]) ** 2
            total += min(1.0, k / max(ratio, 1e-12)) * tf.reduce_mean(tf.square(b["noise"][i] - out))
        return total / len(steps)

    def candidate(b):
        a = tf.gather(alpha, b["t"])
        s = tf.gather(sigma, b["t"])
        x_t = a[:, None] * b["x_start"] + s[:, None] * b["noise"]
        snr = tf.square(a / s)
        mse_loss_weight = tf.minimum(snr, k) / snr
        model_output = model(x_t, b["t"])
        terms_mse = tf.reduce_mean(tf.square(b["noise"] - model_output), axis=1)
        return tf.reduce_mean(mse_loss_weight * terms_mse)

    return {"variables": [w1, temb, w2], "batch": batch, "reference": reference, "candidate": candidate}
