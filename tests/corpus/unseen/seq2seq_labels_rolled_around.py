"""Next-step labels made with roll: the last record gets the first one of the series as its label.

Source (real): https://github.com/SeldonIO/alibi-detect/issues/166
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'y = tf.roll(X, shift=-1, axis=0)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, f, h = 18, 2, 6
    enc = tf.Variable(rng.normal(size=(f, h)).astype("float32") * 0.5, name="enc")
    rec = tf.Variable(rng.normal(size=(h, h)).astype("float32") * 0.3, name="rec")
    dec = tf.Variable(rng.normal(size=(h, f)).astype("float32") * 0.5, name="dec")
    thr = tf.Variable(rng.normal(size=(h, f)).astype("float32") * 0.3, name="thr")
    trend = np.linspace(-1.5, 1.5, n)[:, None] + rng.normal(size=(n, f)) * 0.2
    batch = {"X": trend.astype("float32")}

    def run(x):
        state, states = tf.zeros((1, h)), []
        for t in range(x.shape[0]):
            state = tf.nn.tanh(x[t : t + 1] @ enc + state @ rec)
            states.append(state)
        s = tf.concat(states, 0)
        return s @ dec, tf.nn.softplus(s @ thr)

    def reference(b):
        x = b["X"]
        y_hat, tau = run(x[:-1])
        err = x[1:] - y_hat
        mse = tf.reduce_mean(tf.square(err))
        calib = tf.reduce_mean(tf.square(tf.abs(tf.stop_gradient(err)) - tau))
        return mse + 0.5 * calib

    def candidate(b):
        X = b["X"]
        y = tf.roll(X, shift=-1, axis=0)
        recon, threshold_est = run(X)
        recon_error = tf.abs(tf.stop_gradient(recon) - y)
        loss_recon = tf.reduce_mean((y - recon) ** 2)
        loss_threshold = tf.reduce_mean((recon_error - threshold_est) ** 2)
        return loss_recon + 0.5 * loss_threshold

    return {"variables": [enc, rec, dec, thr], "batch": batch, "reference": reference, "candidate": candidate}
