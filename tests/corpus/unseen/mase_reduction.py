"""The PyTorch MASE averages the per-series ratios while the numpy one divides the averages of error and scale.
Source: https://github.com/Nixtla/neuralforecast/issues/230"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "mase = tf.reduce_mean(delta_y) / tf.reduce_mean(scale)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, insample, horizon, seasonality = 4, 8, 3, 2
    amp = np.array([0.5, 1.0, 3.0, 6.0]).reshape(n, 1)
    y_in = (amp * rng.normal(size=(n, insample))).astype(fx)
    y = (amp * rng.normal(size=(n, horizon))).astype(fx)
    mask = np.ones((n, horizon))
    mask[2, -1] = 0.0
    w = tf.Variable((0.3 * rng.normal(size=(insample, horizon))).astype(fx), name="w")
    b = tf.Variable(rng.normal(size=(horizon,)).astype(fx), name="b")

    def reference(batch):
        fc = batch["y_in"] @ w + b
        out = []
        for i in range(n):
            series = batch["y_in"][i]
            naive = tf.reduce_mean(tf.abs(series[seasonality:] - series[:-seasonality]))
            out.append(batch["mask"][i] * tf.abs(batch["y"][i] - fc[i]) / naive)
        return tf.reduce_mean(tf.stack(out))

    def candidate(batch):
        y_hat = tf.matmul(batch["y_in"], w) + b
        delta_y = tf.abs(batch["y"] - y_hat) * batch["mask"]
        lagged = batch["y_in"][:, :-seasonality]
        scale = tf.reduce_mean(tf.abs(batch["y_in"][:, seasonality:] - lagged), axis=1)
        mase = tf.reduce_mean(delta_y) / tf.reduce_mean(scale)
        return mase

    return {"reference": reference, "candidate": candidate,
            "batch": {"y_in": y_in, "y": y, "mask": mask.astype(fx)}, "variables": [w, b]}
