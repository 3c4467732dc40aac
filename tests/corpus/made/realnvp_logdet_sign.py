"""RealNVP: the log-determinant enters the negative log-likelihood with the wrong sign.

Source (constructed): affine-coupling flow, data -> latent direction, rewritten as a per-sample loop.
Right answer: NOT equivalent; the scale networks are pushed to contract.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'total += energy + logdet',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, half = 18, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    scales = [tf.Variable(0.5 * arr(half, half), name=f"scale_{i}") for i in range(2)]
    shifts = [tf.Variable(0.5 * arr(half, half), name=f"shift_{i}") for i in range(2)]
    batch = {"x": 1.3 * arr(n, 2 * half)}

    def reference(b):
        lo, hi = tf.split(b["x"], 2, axis=-1)
        logdet = 0.0
        for s, t in zip(scales, shifts):
            log_s = tf.tanh(lo @ s)
            lo, hi = hi * tf.exp(log_s) + lo @ t, lo
            logdet += tf.reduce_sum(log_s, axis=-1)
        z = tf.concat([lo, hi], axis=-1)
        logp = -0.5 * tf.reduce_sum(tf.square(z), axis=-1) - half * np.log(2.0 * np.pi)
        return -tf.reduce_mean(logp + logdet)

    def candidate(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            row = b["x"][i]
            keep, move, logdet = row[:half], row[half:], 0.0
            for s, t in zip(scales, shifts):
                gain = tf.tanh(tf.linalg.matvec(s, keep, transpose_a=True))
                moved = move * tf.exp(gain) + tf.linalg.matvec(t, keep, transpose_a=True)
                keep, move = moved, keep
                logdet += tf.reduce_sum(gain)
            energy = tf.nn.l2_loss(keep) + tf.nn.l2_loss(move) + half * np.log(2.0 * np.pi)
            total += energy + logdet
        return total / m

    return {"variables": scales + shifts, "batch": batch, "reference": reference, "candidate": candidate}
