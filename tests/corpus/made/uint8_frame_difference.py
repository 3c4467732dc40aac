"""World model predicting the frame difference: next - current is taken in uint8 and wraps around.

Source (realistic): Atari replay buffers keep uint8 frames; the cast belongs before the subtraction. NumPy and
TensorFlow both wrap silently.
Right answer: NOT equivalent; every darkening pixel becomes a bright one in the target.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "change = tf.cast(nxt - cur, f) / 255.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pixels, acts = 20, 9, 3
    w = tf.Variable((0.3 * rng.standard_normal((pixels, pixels))).astype(f), name="pixel_w")
    emb = tf.Variable((0.3 * rng.standard_normal((acts, pixels))).astype(f), name="action_embed")
    batch = {
        "frame": rng.integers(0, 256, (n, pixels)).astype("uint8"),
        "next_frame": rng.integers(0, 256, (n, pixels)).astype("uint8"),
        "act": rng.integers(0, acts, n).astype("int32"),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            x0, x1 = (tf.cast(b[k][i], f) / 255.0 for k in ("frame", "next_frame"))
            pred = tf.tanh(tf.linalg.matvec(w, x0, transpose_a=True) + emb[b["act"][i]])
            total += tf.reduce_sum(tf.abs(pred - (x1 - x0)) ** 2)
        return total / (m * pixels)

    def candidate(b):
        def one(args):
            cur, nxt, act = args
            change = tf.cast(nxt - cur, f) / 255.0
            x = tf.cast(cur, f)[tf.newaxis] / 255.0
            pred = tf.tanh(tf.squeeze(x @ w, 0) + tf.gather(emb, act))
            return tf.reduce_mean(tf.math.squared_difference(pred, change))

        losses = tf.map_fn(one, (b["frame"], b["next_frame"], b["act"]), fn_output_signature=f)
        return tf.reduce_mean(losses)

    return {"variables": [w, emb], "batch": batch, "reference": reference, "candidate": candidate}
