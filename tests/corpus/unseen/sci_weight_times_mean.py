"""Smoothness loss of SCI: the differences are averaged to a scalar before they are weighted, so the edge weights act only by their mean.

Source (real): https://github.com/tengyu1998/SCI/issues/10 (SmoothLoss, PyTorch, ported; only the first point of the thread).
Right answer: NOT equivalent; mean(w) * mean(|dx|) is not mean(w * |dx|), the formula of the paper.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.pow(tf.abs(tensor), p))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c = 13, 5, 6, 2
    sigma, p = 0.8, 1.0
    shifts = [(1, 0), (0, 1), (1, 1)]

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.6 * arr(3, 3, c, 1), name="enhance_kernel")
    gain = tf.Variable(np.asarray(0.7, f), name="gain")
    batch = {"image": arr(n, h, w, c)}

    def enhance(x):
        return gain * tf.tanh(tf.nn.conv2d(x, kernel, 1, "SAME"))

    def reference(b):
        out, img = enhance(b["image"])[..., 0], b["image"]
        total = 0.0
        for dy, dx in shifts:
            terms = []
            for y in range(h - dy):
                for x in range(w - dx):
                    colour = tf.reduce_sum(tf.square(img[:, y + dy, x + dx] - img[:, y, x]), -1)
                    weight = tf.exp(-colour / (2.0 * sigma * sigma))
                    terms.append(weight * tf.abs(out[:, y + dy, x + dx] - out[:, y, x]))
            total += tf.reduce_mean(tf.stack(terms))
        return total

    def candidate(b):
        sigma_color = -1.0 / (2 * sigma * sigma)

        def norm(tensor, p):
            return tf.reduce_mean(tf.pow(tf.abs(tensor), p))

        image, output = b["image"], enhance(b["image"])
        loss = 0.0
        for dy, dx in shifts:
            diff = image[:, dy:, dx:] - image[:, : h - dy, : w - dx]
            weight = tf.exp(tf.reduce_sum(tf.square(diff), -1, keepdims=True) * sigma_color)
            pixel_grad = weight * norm(output[:, dy:, dx:] - output[:, : h - dy, : w - dx], p)
            loss += tf.reduce_mean(pixel_grad)
        return loss

    return {"variables": [kernel, gain], "batch": batch, "reference": reference, "candidate": candidate}
