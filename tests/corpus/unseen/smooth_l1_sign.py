"""FasterRCNN: the branch of smooth L1 is chosen by x and not |x|, so large negative errors stay quadratic.
Source: https://github.com/trzy/FasterRCNN/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "is_negative_branch = tf.cast(x < (1.0 / sigma_squared), x.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, k = 7, 4, 3
    w = tf.Variable(rng.normal(size=(d, 4 * k)).astype(fx), name="regressor")
    cls = rng.integers(0, k, size=n)
    mask = np.repeat(np.eye(k)[cls], 4, axis=1)

    def reference(batch):
        pred = tf.matmul(batch["roi"], w)
        err = pred - batch["deltas"]
        hub = tf.where(tf.abs(err) < 1.0, 0.5 * tf.square(err), tf.abs(err) - 0.5)
        return tf.reduce_sum(batch["mask"] * hub) / n

    def candidate(batch):
        scale_factor, sigma, epsilon = 1.0, 1.0, 1e-7
        sigma_squared = sigma * sigma
        y_predicted, y_true = tf.matmul(batch["roi"], w), batch["deltas"]
        x = y_true - y_predicted
        x_abs = tf.abs(x)
        is_negative_branch = tf.cast(x < (1.0 / sigma_squared), x.dtype)
        r_negative_branch = 0.5 * x * x * sigma_squared
        r_positive_branch = x_abs - 0.5 / sigma_squared
        losses = is_negative_branch * r_negative_branch + (1.0 - is_negative_branch) * r_positive_branch
        count = tf.cast(tf.shape(x)[0], x.dtype) + epsilon
        return scale_factor * tf.reduce_sum(batch["mask"] * losses) / count

    return {"reference": reference, "candidate": candidate,
            "batch": {"roi": rng.normal(size=(n, d)).astype(fx), "deltas": rng.normal(size=(n, 4 * k)).astype(fx),
                      "mask": mask.astype(fx)},
            "variables": [w]}
