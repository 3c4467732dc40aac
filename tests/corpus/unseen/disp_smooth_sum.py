"""Disparity smoothness adds the horizontal and vertical terms first and takes the
absolute value after; the review asks for the L1 norm of each. Source: https://github.com/OniroAI/MonoDepth-PyTorch/pull/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "smooth = tf.abs(sx + sy)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, h, w = 3, 6, 6
    k1, k2 = var("k1", 3, 3, 3, 4, s=0.5), var("k2", 3, 3, 4, 1, s=0.5)

    def disparity(img):
        z = tf.nn.elu(tf.nn.conv2d(img, k1, 1, "SAME"))
        return 0.3 * tf.sigmoid(tf.nn.conv2d(z, k2, 1, "SAME"))

    def reference(batch):
        img, disp = batch["img"], disparity(batch["img"])
        photometric = tf.reduce_mean(tf.abs(disp - batch["proxy"]))
        total = 0.0
        for ax in (2, 1):
            n_keep = img.shape[ax] - 1
            first = tf.gather(disp, tf.range(n_keep), axis=ax) - tf.gather(disp, tf.range(1, n_keep + 1), axis=ax)
            edge = tf.gather(img, tf.range(n_keep), axis=ax) - tf.gather(img, tf.range(1, n_keep + 1), axis=ax)
            weight = tf.exp(-tf.reduce_mean(tf.abs(edge), axis=-1, keepdims=True))
            total += tf.reduce_sum(tf.abs(first * weight))
        return photometric + 0.5 * total / float(n * h * w)

    def candidate(batch):
        def grad_x(t):
            g = t[:, :, :-1, :] - t[:, :, 1:, :]
            return tf.pad(g, [[0, 0], [0, 0], [0, 1], [0, 0]])

        def grad_y(t):
            g = t[:, :-1, :, :] - t[:, 1:, :, :]
            return tf.pad(g, [[0, 0], [0, 1], [0, 0], [0, 0]])

        disp = disparity(batch["img"])
        wx = tf.exp(-tf.reduce_mean(tf.abs(grad_x(batch["img"])), 3, keepdims=True))
        wy = tf.exp(-tf.reduce_mean(tf.abs(grad_y(batch["img"])), 3, keepdims=True))
        sx = grad_x(disp) * wx
        sy = grad_y(disp) * wy
        smooth = tf.abs(sx + sy)
        recon = tf.reduce_mean(tf.abs(batch["proxy"] - disp))
        return recon + 0.5 * tf.reduce_mean(smooth)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, h, w, 3), "proxy": (0.3 * rng.random((n, h, w, 1))).astype(fx)},
            "variables": [k1, k2]}
