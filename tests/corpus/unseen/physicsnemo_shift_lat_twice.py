"""Shifted windows on a lat-lon grid: the forward roll shifts the longitudes by shift_lat, the way back by shift_lon.

Source (real): https://github.com/NVIDIA/physicsnemo/issues/1399 (torch.roll in forward, PyTorch, ported).
Right answer: NOT equivalent if the window is not square; the fields come back displaced and the windows cut elsewhere.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "shifted_x = tf.roll(x, shift=(-shift_lat, -shift_lat), axis=(1, 2))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, lat, lon, c = 13, 4, 8, 3
    win_lat, win_lon = 2, 4
    shift_lat, shift_lon = win_lat // 2, win_lon // 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.7 * arr(c, c), name="attn_q")
    wv = tf.Variable(0.7 * arr(c, c), name="attn_v")
    batch = {"x": arr(n, lat, lon, c), "y": arr(n, lat, lon, c)}

    def reference(b):
        m = b["x"].shape[0]
        members = {}
        for i in range(lat):
            for j in range(lon):
                key = ((i - shift_lat) % lat // win_lat, (j - shift_lon) % lon // win_lon)
                members.setdefault(key, []).append((i, j))
        total = 0.0
        for cells in members.values():
            tokens = [b["x"][:, i, j] for i, j in cells]
            for own, (i, j) in zip(tokens, cells):
                scores = tf.stack([tf.reduce_sum((own @ wq) * other, -1) for other in tokens], -1)
                p = tf.nn.softmax(scores)
                mixed = tf.add_n([p[:, k : k + 1] * (other @ wv) for k, other in enumerate(tokens)])
                total += tf.reduce_sum(tf.square(own + mixed - b["y"][:, i, j]))
        return total / (m * lat * lon * c)

    def candidate(b):
        def window_partition(z):
            z = tf.reshape(z, [-1, lat // win_lat, win_lat, lon // win_lon, win_lon, c])
            return tf.reshape(tf.transpose(z, [0, 1, 3, 2, 4, 5]), [-1, win_lat * win_lon, c])

        def window_reverse(z):
            z = tf.reshape(z, [-1, lat // win_lat, lon // win_lon, win_lat, win_lon, c])
            return tf.reshape(tf.transpose(z, [0, 1, 3, 2, 4, 5]), [-1, lat, lon, c])

        def attention(tokens):
            logits = tf.matmul(tokens @ wq, tokens, transpose_b=True)
            return tf.nn.softmax(logits) @ (tokens @ wv)

        x = b["x"]
        shifted_x = tf.roll(x, shift=(-shift_lat, -shift_lat), axis=(1, 2))
        attn_windows = attention(window_partition(shifted_x))
        shifted_x = window_reverse(attn_windows)
        out = x + tf.roll(shifted_x, shift=(shift_lat, shift_lon), axis=(1, 2))
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [wq, wv], "batch": batch, "reference": reference, "candidate": candidate}
