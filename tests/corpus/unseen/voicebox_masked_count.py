"""Voicebox flow matching: masked frames are filled with zero but the loss is divided by the number of the masked frames.

Source (real): https://github.com/lucidrains/voicebox-pytorch/issues/6 (PyTorch, ported).
Right answer: NOT equivalent; the count must be that of the frames that were kept.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "den = tf.maximum(tf.reduce_sum(tf.cast(loss_mask, loss.dtype), axis=-1), 1e-5)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, mel = 15, 8, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_x = tf.Variable(0.5 * arr(mel, mel), name="w_x")
    w_c = tf.Variable(0.5 * arr(mel, mel), name="w_cond")
    w_t = tf.Variable(0.5 * arr(mel), name="w_time")
    start = rng.integers(1, 4, n)
    stop = start + rng.integers(1, 5, n)
    pos = np.arange(frames)
    masked = (pos >= start[:, None]) & (pos < stop[:, None])
    batch = {"x1": arr(n, frames, mel), "x0": arr(n, frames, mel), "times": rng.random(n).astype(f), "mask": masked}

    def reference(b):
        total = 0.0
        items = b["x1"].shape[0]
        for i in range(items):
            t = b["times"][i]
            per_frame = []
            for k in range(frames):
                if bool(b["mask"][i, k]):
                    continue
                noisy = (1 - t) * b["x0"][i, k] + t * b["x1"][i, k]
                out = tf.tanh(noisy[None] @ w_x + b["x1"][i, k][None] @ w_c + t * w_t)[0]
                per_frame.append(tf.reduce_mean((out - (b["x1"][i, k] - b["x0"][i, k])) ** 2))
            total += tf.add_n(per_frame) / len(per_frame)
        return total / items

    def candidate(b):
        loss_mask = b["mask"]
        t = b["times"][:, None, None]
        w = (1 - t) * b["x0"] + t * b["x1"]
        flow = b["x1"] - b["x0"]
        pred = tf.tanh(tf.matmul(w, w_x) + tf.matmul(b["x1"], w_c) + t * w_t)
        loss = tf.reduce_mean(tf.math.squared_difference(pred, flow), axis=-1)
        loss = tf.where(loss_mask, tf.zeros_like(loss), loss)
        num = tf.reduce_sum(loss, axis=-1)
        den = tf.maximum(tf.reduce_sum(tf.cast(loss_mask, loss.dtype), axis=-1), 1e-5)
        return tf.reduce_mean(num / den)

    return {"variables": [w_x, w_c, w_t], "batch": batch, "reference": reference, "candidate": candidate}
