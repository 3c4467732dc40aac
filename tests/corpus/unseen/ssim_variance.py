"""Is the local variance of pytorch-ssim right? E[x^2] - mu^2 under a normalised window is asked about, and is the variance.
Source: https://github.com/Po-Hsun-Su/pytorch-ssim/issues/34"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, h, w, win = 2, 6, 6, 3
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    g = np.exp(-((np.arange(win) - win // 2) ** 2) / (2 * 1.5 ** 2))
    window = (np.outer(g, g) / np.outer(g, g).sum()).astype(fx)
    kernel = tf.Variable((rng.normal(size=(3, 3, 1, 1)) * 0.3).astype(fx), name="kernel")
    shift = tf.Variable(np.array([0.3]).astype(fx), name="shift")

    def restore(img):
        return tf.sigmoid(tf.nn.conv2d(img, kernel, 1, "SAME") + shift)

    def reference(batch):
        out, gt = restore(batch["noisy"])[..., 0], batch["clean"][..., 0]
        values = []
        for i in range(h - win + 1):
            for j in range(w - win + 1):
                a, b = out[:, i:i + win, j:j + win], gt[:, i:i + win, j:j + win]
                ma = tf.reduce_sum(window * a, axis=[1, 2], keepdims=True)
                mb = tf.reduce_sum(window * b, axis=[1, 2], keepdims=True)
                va = tf.reduce_sum(window * (a - ma) ** 2, axis=[1, 2])
                vb = tf.reduce_sum(window * (b - mb) ** 2, axis=[1, 2])
                cov = tf.reduce_sum(window * (a - ma) * (b - mb), axis=[1, 2])
                ma, mb = ma[:, 0, 0], mb[:, 0, 0]
                values.append((2 * ma * mb + c1) * (2 * cov + c2) / ((ma ** 2 + mb ** 2 + c1) * (va + vb + c2)))
        return 1.0 - tf.reduce_mean(tf.stack(values))

    def candidate(batch):
        def blur(x):
            return tf.nn.conv2d(x, window[:, :, None, None], 1, "VALID")

        img1, img2 = restore(batch["noisy"]), batch["clean"]
        mu1, mu2 = blur(img1), blur(img2)
        sigma1_sq = blur(img1 * img1) - mu1 ** 2
        sigma2_sq = blur(img2 * img2) - mu2 ** 2
        sigma12 = blur(img1 * img2) - mu1 * mu2
        ssim_map = ((2 * mu1 * mu2 + c1) * (2 * sigma12 + c2)) / (
            (mu1 ** 2 + mu2 ** 2 + c1) * (sigma1_sq + sigma2_sq + c2))
        return 1 - tf.reduce_mean(ssim_map)

    clean = rng.uniform(size=(n, h, w, 1))
    return {"reference": reference, "candidate": candidate,
            "batch": {"noisy": (clean + 0.3 * rng.normal(size=clean.shape)).astype(fx), "clean": clean.astype(fx)},
            "variables": [kernel, shift]}
