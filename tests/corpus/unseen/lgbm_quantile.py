"""Thread: a pull request wants (1-alpha)*diff in the quantile metric's negative branch, and is withdrawn: diff is signed, (alpha-1)*diff is
right. Source: https://github.com/lightgbm-org/LightGBM/pull/2110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, h = 4, 6, 3
    alphas = np.array([0.1, 0.5, 0.85]).astype(fx)
    w = tf.Variable(rng.normal(size=(t, h * 3)).astype(fx) * 0.4, name="forecast_w")

    def reference(batch):
        out = tf.reshape(batch["past"] @ w, (n, h, 3))
        over = tf.nn.relu(out - batch["future"][..., None])
        under = tf.nn.relu(batch["future"][..., None] - out)
        return tf.reduce_mean(alphas * under + (1 - alphas) * over)

    def candidate(batch):
        preds = tf.reshape(tf.matmul(batch["past"], w), (-1, h, 3))
        losses = []
        for i, alpha in enumerate(alphas):
            delta = batch["future"] - preds[:, :, i]
            point = tf.where(delta < 0, (alpha - 1.0) * delta, alpha * delta)
            losses.append(tf.reduce_mean(point))
        return tf.add_n(losses) / len(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"past": rng.normal(size=(n, t)).astype(fx), "future": rng.normal(size=(n, h)).astype(fx)},
            "variables": [w]}
