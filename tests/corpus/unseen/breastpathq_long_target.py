"""Cellularity regression: the target between 0 and 1 is cast to an integer before the squared error, so all targets become zero.

Source (real): https://github.com/srinidhiPY/SSL_CR_Histo/issues/5 (PyTorch, ported: target.long(); the author: it should be float).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'target = tf.cast(target, tf.int64)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid = 22, 6, 5

    w1 = tf.Variable(0.6 * arr(d, hid), name="fc1_w")
    b1 = tf.Variable(0.4 * arr(hid), name="fc1_b")
    w2 = tf.Variable(0.7 * arr(hid, 1), name="fc2_w")
    batch = {"image": arr(n, d), "target": rng.random((n, 1)).astype(f)}

    def reference(b):
        err = 0.0
        for x, y in zip(b["image"], b["target"]):
            hidden = tf.nn.relu(tf.linalg.matvec(w1, x, transpose_a=True) + b1)
            err += (tf.reduce_sum(hidden * w2[:, 0]) - y[0]) ** 2
        return err / len(b["image"])

    def candidate(b):
        def classifier(feats):
            return tf.matmul(tf.nn.relu(feats @ w1 + b1), w2)

        image, target = b["image"], b["target"]
        target = tf.cast(target, tf.int64)
        output = classifier(image)
        criterion = keras.losses.MeanSquaredError()
        return criterion(tf.reshape(target, [-1]), tf.reshape(output, [-1]))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
