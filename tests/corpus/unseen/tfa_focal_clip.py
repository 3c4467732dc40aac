"""Sigmoid focal loss: K.clip on the probability has no gradient where it clips, so the hardest examples stop learning; the
proposed fix keeps the gradient straight-through. Source: https://github.com/tensorflow/addons/issues/693"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "y_pred = tf.clip_by_value(y_pred, EPS, 1.0 - EPS)",
    "same_forward_value": True,
}
EPS = 1e-7


class Detector(tf.Module):
    def __init__(self, d, rng):
        super().__init__()
        self.w1 = tf.Variable(rng.normal(scale=0.6, size=(d, 6)).astype("float32"))
        self.b1 = tf.Variable(np.zeros(6, "float32"))
        self.w2 = tf.Variable(rng.normal(scale=0.5, size=(6, 2)).astype("float32"))
        self.b2 = tf.Variable(np.zeros(2, "float32"))

    def __call__(self, x):
        return tf.sigmoid(tf.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2 + 0.0)


def focal(y_true, y_pred, alpha=0.25, gamma=2.0):
    p_t = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    alpha_factor = y_true * alpha + (1 - y_true) * (1 - alpha)
    ce = -(y_true * tf.math.log(y_pred) + (1 - y_true) * tf.math.log(1 - y_pred))
    return tf.reduce_mean(tf.reduce_sum(alpha_factor * tf.pow(1.0 - p_t, gamma) * ce, axis=-1))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d = 8, 5
    x = rng.normal(size=(n, d)).astype("float32")
    y = (rng.uniform(size=(n, 2)) < 0.4).astype("float32")
    net = Detector(d, rng)
    # a head that has become over-confident that nothing is there (rare positives)
    net.b2.assign(np.array([-16.6, -1.0], "float32"))
    y[:, 0] = np.array([1, 0, 1, 0, 0, 1, 0, 1], "float32")

    def reference(batch):
        probs = net(batch["x"])
        clipped = tf.clip_by_value(probs, EPS, 1.0 - EPS)
        probs = probs - tf.stop_gradient(probs) + tf.stop_gradient(clipped)
        return focal(batch["y"], probs)

    def candidate(batch):
        y_pred = net(batch["x"])
        y_pred = tf.clip_by_value(y_pred, EPS, 1.0 - EPS)
        return focal(batch["y"], y_pred)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": list(net.trainable_variables)}
