"""Huber loss with a hand-written backward, used with per-sample weights. The backward ignores the incoming gradient (it is only right if that is one).
Source: https://github.com/chainer/chainer/pull/1178"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'gx = tf.where(small, diff, delta * tf.sign(diff))',
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 14, 5, 3
    w = tf.Variable(rng.normal(size=(d, k)), dtype=f, name="w")
    b = tf.Variable(0.1 * rng.normal(size=(k,)), dtype=f, name="b")
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "t": rng.normal(size=(n, k)).astype(f),
        "weight": rng.uniform(0.2, 2.0, size=n).astype(f),
    }
    delta = 1.0

    def reference(batch):
        err = tf.matmul(batch["x"], w) + b - batch["t"]
        size = tf.abs(err)
        quad = tf.minimum(size, delta)
        per_sample = tf.reduce_sum(0.5 * quad * quad + delta * (size - quad), axis=1)
        return tf.tensordot(batch["weight"], per_sample, 1) / n

    def candidate(batch):
        @tf.custom_gradient
        def huber_loss(x0, x1):
            diff = x0 - x1
            small = tf.abs(diff) <= delta
            out = tf.where(small, 0.5 * tf.square(diff), delta * (tf.abs(diff) - 0.5 * delta))

            def backward(gy):
                gx = tf.where(small, diff, delta * tf.sign(diff))
                return gx, -gx

            return tf.reduce_sum(out, axis=1), backward

        prediction = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        losses = huber_loss(prediction, batch["t"])
        return tf.reduce_mean(losses * batch["weight"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
