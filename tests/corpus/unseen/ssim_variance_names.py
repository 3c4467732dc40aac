"""SSIM loss whose sigma_x and sigma_y are not squared in the contrast term, unlike the paper's formula.

Source (real): https://github.com/Project-MONAI/MONAI/issues/8634 (PyTorch, ported; the reporter wanted sigma_x ** 2 and then
noticed that the variables are variances already).
Right answer: EQUIVALENT to the formula of the paper.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_C1, _C2 = 0.01**2, 0.03**2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, size, win = 12, 7, 3
    kernel = tf.Variable(0.4 * rng.standard_normal((3, 3, 1, 1)).astype(f), name="denoiser")
    bias = tf.Variable(np.array([0.1], f), name="denoiser_bias")
    clean = rng.uniform(0, 1, (n, size, size, 1))
    batch = {"noisy": (clean + 0.2 * rng.standard_normal(clean.shape)).astype(f), "clean": clean.astype(f)}

    def restore(x):
        return tf.sigmoid(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)

    def reference(b):
        out = restore(b["noisy"])
        places = size - win + 1
        total = 0.0
        for r in range(places):
            for c in range(places):
                p = tf.reshape(out[:, r : r + win, c : c + win], [-1, win * win])
                q = tf.reshape(b["clean"][:, r : r + win, c : c + win], [-1, win * win])
                mp, mq = tf.reduce_mean(p, 1, keepdims=True), tf.reduce_mean(q, 1, keepdims=True)
                std_p, std_q = tf.math.reduce_std(p, axis=1), tf.math.reduce_std(q, axis=1)
                cov = tf.reduce_mean((p - mp) * (q - mq), 1)
                mp, mq = mp[:, 0], mq[:, 0]
                top = (2 * mp * mq + _C1) * (2 * cov + _C2)
                total += top / ((mp**2 + mq**2 + _C1) * (std_p**2 + std_q**2 + _C2))
        return 1.0 - tf.reduce_mean(total) / places**2

    def candidate(b):
        box = tf.ones([win, win, 1, 1], b["clean"].dtype) / win**2

        def local(t):
            return tf.nn.conv2d(t, box, 1, "VALID")

        x, y = restore(b["noisy"]), b["clean"]
        mu_x, mu_y = local(x), local(y)
        mu_xx, mu_yy, mu_xy = local(x * x), local(y * y), local(x * y)
        sigma_x = mu_xx - mu_x * mu_x
        sigma_y = mu_yy - mu_y * mu_y
        sigma_xy = mu_xy - mu_x * mu_y
        contrast_sensitivity = (2 * sigma_xy + _C2) / (sigma_x + sigma_y + _C2)
        ssim_value_full_image = ((2 * mu_x * mu_y + _C1) / (mu_x**2 + mu_y**2 + _C1)) * contrast_sensitivity
        ssim_per_batch = tf.reduce_mean(tf.reshape(ssim_value_full_image, [x.shape[0], -1]), axis=1)
        return 1.0 - tf.reduce_mean(ssim_per_batch)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
