"""SSIM loss: images in [0, 1] meet stabilising constants that are made for [0, 255] and swamp the variances.

Source (real): https://github.com/Srameo/LE3D/pull/12 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'return 1.0 - tf.reduce_mean(ssim_map(pred, b["gt"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, side, patch, d = 12, 8, 4, 5
    w = tf.Variable(0.5 * arr(d, side * side), name="renderer")
    bias = tf.Variable(0.3 * arr(side * side), name="background")
    batch = {"code": arr(n, d), "gt": rng.random((n, side, side)).astype(f)}

    def render(b):
        return tf.reshape(tf.sigmoid(b["code"] @ w + bias), [-1, side, side])

    def reference(b):
        img, scores = render(b), []
        for r in range(0, side, patch):
            for c in range(0, side, patch):
                x = tf.reshape(img[:, r : r + patch, c : c + patch], [-1, patch * patch])
                y = tf.reshape(b["gt"][:, r : r + patch, c : c + patch], [-1, patch * patch])
                mx, my = tf.reduce_mean(x, 1), tf.reduce_mean(y, 1)
                vx, vy = tf.math.reduce_variance(x, 1), tf.math.reduce_variance(y, 1)
                cov = tf.reduce_mean((x - mx[:, None]) * (y - my[:, None]), 1)
                luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
                scores.append(luminance * (2 * cov + 0.03**2) / (vx + vy + 0.03**2))
        return 1.0 - tf.reduce_mean(tf.stack(scores))

    def candidate(b):
        def window(x):
            return tf.nn.avg_pool2d(x[..., None], patch, patch, "VALID")

        def ssim_map(img1, img2):
            c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            mu1, mu2 = window(img1), window(img2)
            sigma1_sq = window(img1 * img1) - mu1**2
            sigma2_sq = window(img2 * img2) - mu2**2
            sigma12 = window(img1 * img2) - mu1 * mu2
            top = (2 * mu1 * mu2 + c1) * (2 * sigma12 + c2)
            return top / ((mu1**2 + mu2**2 + c1) * (sigma1_sq + sigma2_sq + c2))

        pred = render(b)
        return 1.0 - tf.reduce_mean(ssim_map(pred, b["gt"]))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
