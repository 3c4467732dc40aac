"""DSSIM as 1 - ssim / 2 instead of (1 - ssim) / 2 was objected to, since SSIM lies within [-1, 1]; the two differ by a
constant only, so the training is the same (the value is not).
Source: https://github.com/mehta-lab/microDL/pull/76"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def ssim(y_true, y_pred, c1=0.01 ** 2, c2=0.03 ** 2):
    axes = [1, 2]
    mt, mp = tf.reduce_mean(y_true, axes), tf.reduce_mean(y_pred, axes)
    vt, vp = tf.math.reduce_variance(y_true, axes), tf.math.reduce_variance(y_pred, axes)
    cov = tf.reduce_mean(y_true * y_pred, axes) - mt * mp
    return (2 * mt * mp + c1) * (2 * cov + c2) / ((mt ** 2 + mp ** 2 + c1) * (vt + vp + c2))


def dssim_loss(y_true, y_pred):
    """0.8 * DSSIM + 0.2 * L1"""
    mae = tf.reduce_mean(tf.abs(y_true - y_pred), axis=[1, 2])
    return 0.8 * (1.0 - ssim(y_true, y_pred) / 2.0) + 0.2 * mae


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, H, W = 12, 4, 5
    k = tf.Variable((0.4 * rng.standard_normal((3, 3, 1, 1))).astype(f), name="kernel")
    b = tf.Variable(np.array([0.2], f), name="bias")

    def predict(batch):
        return (tf.nn.conv2d(batch["stack"][..., None], k, 1, "SAME") + b)[..., 0]

    def reference(batch):
        t, p = tf.reshape(batch["target"], (n, -1)), tf.reshape(predict(batch), (n, -1))
        loss = 0.0
        for i in range(n):
            a, c = tf.reduce_mean(t[i]), tf.reduce_mean(p[i])
            da, dc = t[i] - a, p[i] - c
            lum = (2 * a * c + 1e-4) / (a * a + c * c + 1e-4)
            con = (2 * tf.reduce_mean(da * dc) + 9e-4) / (tf.reduce_mean(da ** 2) + tf.reduce_mean(dc ** 2) + 9e-4)
            loss += 0.8 * (1 - (1 + lum * con) / 2) + 0.2 * tf.reduce_mean(tf.abs(t[i] - p[i]))
        return loss / n

    def candidate(batch):
        return tf.reduce_mean(dssim_loss(batch["target"], predict(batch)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"stack": rng.random((n, H, W)).astype(f), "target": rng.random((n, H, W)).astype(f)},
            "variables": [k, b]}
