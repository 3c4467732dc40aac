"""The length mask of the mel loss is built along the mel channel axis (1) instead of the time axis (2).

Source (real): https://github.com/axelspringer/ForwardTacotron/issues/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'max_len = target.shape[1]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, mels, t = 8, 5, 8, 12
    w = tf.Variable(rng.normal(size=(d, mels * 3)).astype("float32") * 0.5, name="decoder")
    pos = tf.Variable(rng.normal(size=(3, t)).astype("float32") * 0.5, name="positions")
    post = tf.Variable(rng.normal(size=(3, mels, mels)).astype("float32") * 0.2, name="postnet")
    batch = {
        "text": rng.normal(size=(n, d)).astype("float32"),
        "mel": rng.normal(size=(n, mels, t)).astype("float32"),
        "mel_lens": rng.integers(3, t + 1, size=n).astype("int32"),
    }

    def model(b):
        coarse = tf.reshape(tf.nn.tanh(b["text"] @ w), (-1, mels, 3))
        mel = tf.einsum("nmk,kt->nmt", coarse, pos)
        residual = tf.nn.conv1d(tf.transpose(mel, (0, 2, 1)), post, 1, "SAME")
        return mel, mel + tf.transpose(residual, (0, 2, 1))

    def reference(b):
        mask = tf.sequence_mask(b["mel_lens"], maxlen=t, dtype=tf.float32)[:, None, :]
        total = 0.0
        for out in model(b):
            total += tf.reduce_sum(tf.abs(out - b["mel"]) * mask) / (tf.reduce_sum(mask) * mels)
        return total

    def candidate(b):
        def masked_l1(x, target, lens):
            max_len = target.shape[1]
            mask = tf.sequence_mask(lens, maxlen=max_len, dtype=tf.float32)
            mask = tf.broadcast_to(mask[:, :, None], tf.shape(x))
            loss = tf.reduce_sum(tf.abs(x * mask - target * mask))
            return loss / tf.reduce_sum(mask)
        mel, mel_post = model(b)
        return masked_l1(mel, b["mel"], b["mel_lens"]) + masked_l1(mel_post, b["mel"], b["mel_lens"])

    return {"variables": [w, pos, post], "batch": batch, "reference": reference, "candidate": candidate}
