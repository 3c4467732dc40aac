"""Speaker embedding (x-vector) statistics pooling: mean and standard deviation over time; clips that are all silence
have zero variance, and the derivative of the square root at zero is infinite.

Source: realistic (reduce_std in statistics pooling, loss finite but weights NaN after the first silent clip).
Right answer: NOT equivalent; the loss agrees, the frame layer's gradient is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "std = tf.math.reduce_std(frames, axis=1)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid, speakers = 23, 6, 5, 7, 4
    w1 = tf.Variable((0.7 * rng.standard_normal((d, hid))).astype(f), name="frame_layer")
    w2 = tf.Variable((0.5 * rng.standard_normal((2 * hid, speakers))).astype(f), name="segment_layer")
    wave = rng.standard_normal((n, t, d)).astype(f)
    wave[-3:] = 0.0
    batch = {"mfcc": wave, "spk": rng.integers(0, speakers, n)}

    def reference(b):
        m = b["spk"].shape[0]
        total = 0.0
        for i in range(m):
            if float(tf.reduce_max(tf.abs(b["mfcc"][i]))) == 0.0:
                stats = tf.zeros([2 * hid], f)
            else:
                h = tf.tanh(b["mfcc"][i] @ w1)
                mu = tf.reduce_sum(h, 0) / t
                stats = tf.concat([mu, tf.sqrt(tf.reduce_sum(tf.square(h - mu), 0) / t)], 0)
            total -= tf.nn.log_softmax(stats[None] @ w2)[0, b["spk"][i]]
        return total / m

    def candidate(b):
        frames = tf.tanh(tf.tensordot(b["mfcc"], w1, axes=[[2], [0]]))
        mean = tf.reduce_mean(frames, axis=1)
        std = tf.math.reduce_std(frames, axis=1)
        pooled = tf.concat([mean, std], axis=-1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["spk"], logits=pooled @ w2)
        return tf.reduce_mean(ce)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
