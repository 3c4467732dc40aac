"""SSIM loss: `coords -= size - 1 / 2.` lacks parentheses, so the Gaussian window is centred outside of the patch.

Source (real): https://github.com/deepfakes/faceswap/pull/1542 (Keras/PyTorch, ported; MSSIMLoss._fspecial_gauss).
Right answer: NOT equivalent; the window weighs the last rows and columns most.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "coords -= size - 1 / 2.",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, latent, size, sigma = 14, 7, 5, 3, 1.5
    c1, c2 = 0.01**2, 0.03**2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    dec = tf.Variable(0.7 * arr(latent, side * side), name="decoder")
    bias = tf.Variable(0.3 * arr(side * side), name="decoder_bias")
    batch = {"z": arr(n, latent), "y_true": rng.uniform(0, 1, (n, side, side, 1)).astype(f)}

    def decode(z):
        return tf.reshape(tf.sigmoid(z @ dec + bias), [-1, side, side, 1])

    def similarity(mu_x, mu_y, xx, yy, xy):
        luminance = (2 * mu_x * mu_y + c1) / (mu_x**2 + mu_y**2 + c1)
        contrast = (2 * (xy - mu_x * mu_y) + c2) / (xx + yy - mu_x**2 - mu_y**2 + c2)
        return luminance * contrast

    def reference(b):
        x, y = b["y_true"][..., 0], decode(b["z"])[..., 0]
        half = (size - 1) / 2
        window = np.array(
            [[np.exp(-((i - half) ** 2 + (j - half) ** 2) / (2 * sigma**2)) for j in range(size)] for i in range(size)]
        )
        window = (window / window.sum()).astype(f)
        total, count = 0.0, 0
        for r in range(side - size + 1):
            for s in range(side - size + 1):
                px, py = x[:, r : r + size, s : s + size], y[:, r : r + size, s : s + size]

                def local(a):
                    return tf.reduce_sum(a * window, axis=[1, 2])

                ssim = similarity(local(px), local(py), local(px * px), local(py * py), local(px * py))
                total += tf.reduce_mean(ssim)
                count += 1
        return 1.0 - total / count

    def candidate(b):
        def fspecial_gauss(size, sigma):
            coords = np.arange(0, size, dtype=f)
            coords -= size - 1 / 2.
            func = np.square(coords) * (-0.5 / sigma**2)
            func = np.reshape(func, (1, -1)) + np.reshape(func, (-1, 1))
            func = tf.nn.softmax(np.reshape(func, (1, -1)))
            return tf.reshape(func, (size, size, 1, 1))

        kernel = fspecial_gauss(size, sigma)

        def blur(img):
            return tf.nn.conv2d(img, kernel, strides=1, padding="VALID")

        y_true, y_pred = b["y_true"], decode(b["z"])
        ssim = similarity(
            blur(y_true), blur(y_pred), blur(y_true * y_true), blur(y_pred * y_pred), blur(y_true * y_pred)
        )
        return 1.0 - tf.reduce_mean(ssim)

    return {"variables": [dec, bias], "batch": batch, "reference": reference, "candidate": candidate}
