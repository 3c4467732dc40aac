"""Stochastic duration predictor: the predicted durations are rounded up before the duration loss, which cuts the gradient.

Source (real): https://github.com/openvpi/DiffSinger/pull/303 (PyTorch, ported; torch.ceil has a zero gradient there, tf.math.ceil has none)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "dur_pred = tf.math.ceil(tf.exp(log_dur))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, tokens, d, hid = 17, 5, 4, 6
    enc = tf.Variable(0.6 * arr(d, hid), name="encoder")
    w_dur = tf.Variable(0.4 * arr(hid), name="dur_head")
    w_mel = tf.Variable(0.5 * arr(hid, 3), name="mel_head")
    batch = {
        "tokens": arr(n, tokens, d),
        "dur": rng.integers(1, 7, (n, tokens)).astype(f),
        "mask": (rng.random((n, tokens)) < 0.8).astype(f),
        "mel": arr(n, tokens, 3),
    }

    def reference(b):
        h = tf.tanh(b["tokens"] @ enc)
        mel = tf.reduce_mean((h @ w_mel - b["mel"]) ** 2)
        total, count = 0.0, 0.0
        for j in range(tokens):
            predicted = tf.exp(tf.linalg.matvec(h[:, j], w_dur))
            err = tf.math.log(1.0 + predicted) - tf.math.log(1.0 + b["dur"][:, j])
            total += tf.reduce_sum(b["mask"][:, j] * err**2)
            count += tf.reduce_sum(b["mask"][:, j])
        return mel + 0.5 * total / count

    def candidate(b):
        hidden = tf.tanh(b["tokens"] @ enc)
        mel_loss = tf.reduce_mean(tf.square(hidden @ w_mel - b["mel"]))
        log_dur = tf.linalg.matvec(hidden, w_dur)
        dur_pred = tf.math.ceil(tf.exp(log_dur))
        sdp_dur_loss = tf.square(tf.math.log1p(dur_pred) - tf.math.log1p(b["dur"]))
        sdp_dur_loss = tf.reduce_sum(sdp_dur_loss * b["mask"]) / tf.reduce_sum(b["mask"])
        return mel_loss + 0.5 * sdp_dur_loss

    return {"variables": [enc, w_dur, w_mel], "batch": batch, "reference": reference, "candidate": candidate}
