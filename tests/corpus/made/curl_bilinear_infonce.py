"""CURL: (n, n) bilinear logits with in-batch negatives, row maximum subtracted, diagonal as positives.

Source (realistic): MishaLaskin/curl's compute_logits (PyTorch, ported), including the "subtract max" lines that readers
ask about; here the maximum is not even detached.
Right answer: EQUIVALENT; the (n, n) matrix is the method, and a per-row constant does not change a softmax.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, z = 18, 6, 4
    enc = tf.Variable((0.6 * rng.standard_normal((d, z))).astype(f), name="encoder")
    bil = tf.Variable((0.6 * rng.standard_normal((z, z))).astype(f), name="bilinear")
    momentum = tf.constant((0.6 * rng.standard_normal((d, z))).astype(f))
    anchor = rng.standard_normal((n, d))
    batch = {
        "anchor": anchor.astype(f),
        "positive": (anchor + 0.3 * rng.standard_normal((n, d))).astype(f),
    }

    def reference(b):
        m = b["anchor"].shape[0]
        keys = tf.tanh(b["positive"] @ momentum)
        total = 0.0
        for i in range(m):
            query = tf.tanh(b["anchor"][i : i + 1] @ enc) @ bil
            logit = [tf.reduce_sum(query[0] * keys[j]) for j in range(m)]
            total += tf.math.log(tf.add_n([tf.exp(x) for x in logit])) - logit[i]
        return total / m

    def candidate(b):
        za = tf.tanh(b["anchor"] @ enc)
        zp = tf.stop_gradient(tf.tanh(b["positive"] @ momentum))
        logits = za @ (bil @ tf.transpose(zp))
        logits -= tf.reduce_max(logits, axis=1)[:, None]
        match = tf.linalg.diag_part(logits)
        return tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(logits), axis=1))) - tf.reduce_mean(match)

    return {"variables": [enc, bil], "batch": batch, "reference": reference, "candidate": candidate}
