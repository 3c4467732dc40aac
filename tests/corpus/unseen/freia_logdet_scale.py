"""A flow on images: the log-determinant is divided by 32*32 only (written without parentheses), not by all dimensions.
Source: https://github.com/vislearn/FrEIA/issues/16"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(z ** 2) / 2 - tf.reduce_mean(log_det) / h * w",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, h, w, c = 4, 2, 3, 3
    d = h * w * c
    half = d // 2
    ws = tf.Variable(rng.normal(size=(half, half)).astype(fx) * 0.3, name="ws")
    wt = tf.Variable(rng.normal(size=(half, half)).astype(fx) * 0.3, name="wt")
    act = tf.Variable(rng.normal(size=(d,)).astype(fx) * 0.3, name="act")

    def reference(batch):
        nll = 0.0
        for i in range(n):
            x = tf.reshape(batch["image"][i], [d])
            a = x * tf.exp(act)
            s = tf.tanh(tf.linalg.matvec(ws, a[:half], transpose_a=True))
            b = a[half:] * tf.exp(s) + tf.linalg.matvec(wt, a[:half], transpose_a=True)
            logdet = tf.reduce_sum(act) + tf.reduce_sum(s)
            nll += 0.5 * (tf.reduce_sum(a[:half] ** 2) + tf.reduce_sum(b ** 2)) - logdet
        return nll / (n * d)

    def candidate(batch):
        x = tf.reshape(batch["image"], [n, -1])
        x = x * tf.exp(act)
        log_det = tf.fill([n], tf.reduce_sum(act))
        x1, x2 = x[:, :half], x[:, half:]
        s = tf.tanh(x1 @ ws)
        z = tf.concat([x1, x2 * tf.exp(s) + x1 @ wt], axis=1)
        log_det = log_det + tf.reduce_sum(s, axis=1)
        return tf.reduce_mean(z ** 2) / 2 - tf.reduce_mean(log_det) / h * w

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, h, w, c)).astype(fx)}, "variables": [ws, wt, act]}
