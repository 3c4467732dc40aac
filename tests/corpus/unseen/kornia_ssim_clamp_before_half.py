"""SSIM loss: 1 - ssim is clamped to [0, 1] and halved afterwards, so windows with a negative similarity give no gradient.

Source (real): https://github.com/kornia/kornia/issues/473 (SSIM.forward, PyTorch, ported).
Right answer: NOT equivalent. (1 - ssim) / 2 lies in [0, 1] already and the clamp would only be a guard; clamping before the
division cuts everything where the images are anticorrelated.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = tf.clip_by_value(1.0 - ssim_map, 0.0, 1.0) / 2.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, win = 14, 7, 6, 3
    C1, C2 = 0.01**2, 0.03**2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.4 * arr(3, 3, 1, 1), name="decoder_kernel")
    bias = tf.Variable(0.1 * arr(1), name="decoder_bias")
    batch = {"img1": arr(n, h, w, 1), "img2": rng.random((n, h, w, 1)).astype(f)}

    def decode(x):
        return tf.sigmoid(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)

    def reference(b):
        rows = b["img1"].shape[0]
        x, y = decode(b["img1"])[..., 0], b["img2"][..., 0]
        total, count = 0.0, 0
        for r in range(h - win + 1):
            for c in range(w - win + 1):
                px, py = x[:, r : r + win, c : c + win], y[:, r : r + win, c : c + win]
                mx, my = tf.reduce_mean(px, (1, 2)), tf.reduce_mean(py, (1, 2))
                dx, dy = px - mx[:, None, None], py - my[:, None, None]
                vx, vy = tf.reduce_mean(dx * dx, (1, 2)), tf.reduce_mean(dy * dy, (1, 2))
                cov = tf.reduce_mean(dx * dy, (1, 2))
                luminance = (2 * mx * my + C1) / (mx**2 + my**2 + C1)
                structure = (2 * cov + C2) / (vx + vy + C2)
                total += tf.reduce_sum((1 - luminance * structure) / 2)
                count += rows
        return total / count

    def candidate(b):
        window = tf.ones((win, win, 1, 1), dtype=b["img1"].dtype) / win**2

        def filter2D(x):
            return tf.nn.conv2d(x, window, 1, "VALID")

        img1, img2 = decode(b["img1"]), b["img2"]
        mu1, mu2 = filter2D(img1), filter2D(img2)
        mu1_sq, mu2_sq, mu1_mu2 = mu1**2, mu2**2, mu1 * mu2
        sigma1_sq = filter2D(img1 * img1) - mu1_sq
        sigma2_sq = filter2D(img2 * img2) - mu2_sq
        sigma12 = filter2D(img1 * img2) - mu1_mu2
        ssim_map = ((2.0 * mu1_mu2 + C1) * (2.0 * sigma12 + C2)) / (
            (mu1_sq + mu2_sq + C1) * (sigma1_sq + sigma2_sq + C2)
        )
        loss = tf.clip_by_value(1.0 - ssim_map, 0.0, 1.0) / 2.0
        return tf.reduce_mean(loss)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
