"""Wrong: the mask of the masked L1 is built for the mel channel axis instead of the time axis.

Source (real): https://github.com/axelspringer/ForwardTacotron/issues/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mask = tf.sequence_mask(lengths, target.shape[1], dtype=x.dtype)[:, :, None]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, M, T, D = 7, 6, 9, 5
    w = tf.Variable(rng.normal(0, 0.4, (D, M)).astype("float32"), name="mel_w")
    post = tf.Variable(rng.normal(0, 0.3, (M, M)).astype("float32"), name="postnet_w")
    lens = rng.integers(3, T + 1, n).astype("int32")
    valid = np.arange(T)[None, :] < lens[:, None]
    mel = rng.normal(-1, 1, (n, M, T)) * valid[:, None, :]
    batch = {
        "enc": rng.normal(size=(n, T, D)).astype("float32"),
        "mel": mel.astype("float32"),
        "mel_len": lens,
    }

    def model(enc):
        frames = tf.tanh(enc @ w)
        refined = frames + frames @ post
        return tf.transpose(frames, [0, 2, 1]), tf.transpose(refined, [0, 2, 1])

    def reference(b):
        before, after = model(b["enc"])
        mask = tf.sequence_mask(b["mel_len"], T, dtype=tf.float32)[:, None, :]
        err = tf.abs(before - b["mel"]) + tf.abs(after - b["mel"])
        return tf.reduce_sum(err * mask) / (tf.reduce_sum(mask) * M)

    def masked_l1(x, target, lengths):
        mask = tf.sequence_mask(lengths, target.shape[1], dtype=x.dtype)[:, :, None]
        mask = tf.broadcast_to(mask, tf.shape(x))
        loss = tf.reduce_sum(tf.abs(x * mask - target * mask))
        return loss / tf.reduce_sum(mask)

    def candidate(b):
        m1_hat, m2_hat = model(b["enc"])
        m1_loss = masked_l1(m1_hat, b["mel"], b["mel_len"])
        m2_loss = masked_l1(m2_hat, b["mel"], b["mel_len"])
        return m1_loss + m2_loss

    return {"variables": [w, post], "batch": batch, "reference": reference, "candidate": candidate}
