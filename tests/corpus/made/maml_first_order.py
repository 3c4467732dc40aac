"""MAML with a learned inner rate: the inner gradient is wrapped in stop_gradient (first-order MAML).

Source (constructed): second-order MAML for regression tasks; the batched rewrite uses a nested tape.
Right answer: NOT equivalent to the full meta-gradient; same loss value.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'fast = start - tf.exp(log_lr) * tf.stop_gradient(step)',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, sup, qry, d = 15, 6, 7, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w0 = tf.Variable(0.6 * arr(d, 1), name="meta_w")
    log_lr = tf.Variable(np.asarray(-1.6, f), name="log_inner_lr")
    batch = {"sx": arr(n, sup, d), "sy": arr(n, sup), "qx": arr(n, qry, d), "qy": arr(n, qry)}

    def reference(b):
        m = b["sy"].shape[0]
        total = 0.0
        for i in range(m):
            resid = b["sx"][i] @ w0 - b["sy"][i][:, None]
            w1 = w0 - tf.exp(log_lr) * 2.0 / sup * tf.matmul(b["sx"][i], resid, transpose_a=True)
            total += tf.reduce_mean(tf.square(b["qx"][i] @ w1 - b["qy"][i][:, None]))
        return total / m

    def candidate(b):
        start = tf.tile(w0[None], [b["sy"].shape[0], 1, 1])
        with tf.GradientTape() as inner:
            inner.watch(start)
            fit = tf.squeeze(b["sx"] @ start, -1)
            inner_loss = tf.reduce_sum(tf.reduce_mean(tf.square(fit - b["sy"]), axis=1))
        step = inner.gradient(inner_loss, start)
        fast = start - tf.exp(log_lr) * tf.stop_gradient(step)
        return tf.reduce_mean(tf.square(tf.squeeze(b["qx"] @ fast, -1) - b["qy"]))

    return {"variables": [w0, log_lr], "batch": batch, "reference": reference, "candidate": candidate}
