"""Hair matting: the image-gradient loss is computed on the argmax of the logits, so nothing reaches the network.

Source (real): https://github.com/wonbeomjang/mobile-hair-segmentation-pytorch/issues/3 (PyTorch, ported; proposed fix: use pred[:, 1]).
Right answer: NOT equivalent; no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'pred = tf.cast(tf.argmax(pred, axis=1), f)[:, None]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, h, wd = 12, 6, 5, 4

    w = tf.Variable(0.6 * arr(d, 2 * h * wd), name="head_w")
    bias = tf.Variable(0.4 * arr(2 * h * wd), name="head_b")
    batch = {"feat": arr(n, d), "img": rng.random((n, 1, h, wd)).astype(f)}

    def network(feat):
        return tf.reshape(feat @ w + bias, [-1, 2, h, wd])

    def reference(b):
        hair = network(b["feat"])[:, 1]
        grey = b["img"][:, 0]

        def slopes(m):
            return m[:, :-1, 1:] - m[:, :-1, :-1], m[:, 1:, :-1] - m[:, :-1, :-1]

        gx, gy = slopes(hair)
        ix, iy = slopes(grey)
        g_len = tf.sqrt(gx**2 + gy**2 + 1e-6)
        i_len = tf.sqrt(ix**2 + iy**2 + 1e-6)
        miss = 1.0 - ((gx * ix + gy * iy) / (g_len * i_len)) ** 2
        return tf.reduce_sum(g_len * miss) / tf.reduce_sum(g_len)

    def candidate(b):
        def image_gradient(x):
            dx = x[:, :, :-1, 1:] - x[:, :, :-1, :-1]
            dy = x[:, :, 1:, :-1] - x[:, :, :-1, :-1]
            magnitude = tf.sqrt(tf.square(dx) + tf.square(dy) + 1e-6)
            return dx / magnitude, dy / magnitude, magnitude

        pred = network(b["feat"])
        pred = tf.cast(tf.argmax(pred, axis=1), f)[:, None]
        I_x, I_y, _ = image_gradient(b["img"])
        G_x, G_y, magnitude = image_gradient(pred)
        gradient = 1 - tf.square(I_x * G_x + I_y * G_y)
        return tf.reduce_sum(magnitude * gradient) / tf.reduce_sum(magnitude)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
