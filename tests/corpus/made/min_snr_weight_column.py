"""Diffusion with min-SNR weights: the weight column (n, 1) times the per-sample error (n,).

Source (constructed): noise-prediction training where the schedule tables are kept as (T, 1) columns so that they
multiply images directly, then reused for the loss weight.
Right answer: NOT equivalent; the mean of the (n, n) product is mean(weight) * mean(error).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'weighted = tf.minimum(snr, 5.0) / snr * per_sample',
    "same_forward_value": False,
}

_ABAR = np.array([0.98, 0.93, 0.85, 0.72, 0.55, 0.38, 0.22, 0.1])


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 24, 4, 9

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="w_in")
    wt = tf.Variable(0.6 * arr(hid), name="w_time")
    w2 = tf.Variable(0.6 * arr(hid, d), name="w_out")
    batch = {"x0": arr(n, d), "eps": arr(n, d), "step": rng.integers(0, len(_ABAR), n).astype("int32")}
    table = tf.constant(_ABAR[:, None].astype(f))

    def net(x, abar):
        return tf.tanh(x @ w1 + abar * wt) @ w2

    def reference(b):
        m = b["x0"].shape[0]
        total = 0.0
        for i in range(m):
            a = float(_ABAR[int(b["step"][i])])
            xt = a**0.5 * b["x0"][i : i + 1] + (1.0 - a) ** 0.5 * b["eps"][i : i + 1]
            err = tf.reduce_mean(tf.square(net(xt, a) - b["eps"][i : i + 1]))
            ratio = a / (1.0 - a)
            total += min(ratio, 5.0) / ratio * err
        return total / m

    def candidate(b):
        abar = tf.gather(table, b["step"])
        xt = tf.sqrt(abar) * b["x0"] + tf.sqrt(1.0 - abar) * b["eps"]
        per_sample = tf.reduce_mean(tf.square(net(xt, abar) - b["eps"]), axis=-1)
        snr = abar / (1.0 - abar)
        weighted = tf.minimum(snr, 5.0) / snr * per_sample
        return tf.reduce_mean(weighted)

    return {"variables": [w1, wt, w2], "batch": batch, "reference": reference, "candidate": candidate}
