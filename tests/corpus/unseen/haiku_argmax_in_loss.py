"""haiku: the loss is computed from the argmax of the logits, which has no gradient; the classifier gets none. The expectation under the
softmax is meant.
Source: https://github.com/google-deepmind/dm-haiku/issues/442"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'y_hat = tf.cast(tf.argmax(logits, axis=-1), f)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid, classes = 18, 7, 6, 2
    w1 = tf.Variable(rng.normal(size=(d, hid)).astype(f) * 0.5, name="linear_1")
    w2 = tf.Variable(rng.normal(size=(hid, classes)).astype(f) * 0.5, name="linear_2")
    temperature = tf.Variable(np.asarray(0.7, dtype=f), name="calibration")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.integers(0, classes, size=n).astype(f)}

    def reference(batch):
        z = tf.nn.relu(batch["x"] @ w1) @ w2
        prob_one = tf.nn.sigmoid(z[:, 1] - z[:, 0])
        gap = temperature * prob_one - batch["y"]
        return tf.reduce_mean(gap * gap)

    class MLP:
        def __init__(self, layers):
            self.layers = layers

        def __call__(self, x):
            out = tf.reshape(x, (x.shape[0], -1))
            for i, w in enumerate(self.layers):
                out = tf.matmul(out, w)
                if i < len(self.layers) - 1:
                    out = tf.nn.relu(out)
            return out

    def candidate(batch):
        logits = MLP([w1, w2])(batch["x"])
        y_hat = tf.cast(tf.argmax(logits, axis=-1), f)
        return keras.ops.mean(keras.ops.square(batch["y"] - temperature * y_hat))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2, temperature]}
