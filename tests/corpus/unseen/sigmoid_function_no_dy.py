"""A hand-written sigmoid op returns y * (1 - y) from its backward pass and forgets the incoming gradient dy.

Source (real): https://github.com/apache/mxnet/issues/9872 (MXNet autograd.Function documentation, ported).
Right answer: NOT equivalent; the chain rule needs dy * y * (1 - y).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return y * (1.0 - y)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 20, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="dense0_weight")
    b1 = tf.Variable(0.1 * arr(hid), name="dense0_bias")
    w2 = tf.Variable(0.7 * arr(hid), name="dense1_weight")
    batch = {"data": arr(n, d), "label": arr(n)}

    def reference(b):
        errors = []
        for row, target in zip(tf.unstack(b["data"]), tf.unstack(b["label"])):
            units = [1.0 / (1.0 + tf.exp(-(tf.tensordot(row, w1[:, k], 1) + b1[k]))) for k in range(hid)]
            out = tf.add_n([u * w2[k] for k, u in enumerate(units)])
            errors.append(0.5 * (out - target) ** 2)
        return tf.add_n(errors) / len(errors)

    def candidate(b):
        @tf.custom_gradient
        def sigmoid(x):
            y = 1.0 / (1.0 + tf.exp(-x))

            def backward(dy):
                return y * (1.0 - y)

            return y, backward

        net = tf.nn.bias_add(b["data"] @ w1, b1)
        out = tf.linalg.matvec(sigmoid(net), w2)
        l2 = 0.5 * tf.square(out - b["label"])
        return tf.reduce_mean(l2)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
