"""Gaussian splatting: hand-written backward of the exponent of a 2D Gaussian with respect to its conic. The coefficient of the mixed entry is -0.5 where the chain rule gives -1.
Source: https://github.com/graphdeco-inria/gaussian-splatting/issues/551"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'dL_db = tf.reduce_sum(-0.5 * dx * dy * dL_dpower, axis=0)',
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, G = 18, 5
    mean = tf.Variable(rng.normal(size=(G, 2)), dtype=f, name="mean")
    conic = tf.Variable(np.stack([rng.uniform(0.8, 1.5, G), rng.uniform(-0.3, 0.3, G), rng.uniform(0.8, 1.5, G)], 1),
                        dtype=f, name="conic")
    color = tf.Variable(rng.normal(size=(G, 3)), dtype=f, name="color")
    batch = {"pixel": rng.normal(size=(n, 2)).astype(f), "rgb": rng.normal(size=(n, 3)).astype(f)}

    def reference(batch):
        image = 0.0
        for i in range(G):
            m = tf.reshape(tf.stack([conic[i, 0], conic[i, 1], conic[i, 1], conic[i, 2]]), (2, 2))
            d = mean[i] - batch["pixel"]
            density = tf.exp(-0.5 * tf.reduce_sum((d @ m) * d, axis=1))
            image += density[:, None] * color[i]
        return tf.reduce_mean((image - batch["rgb"]) ** 2)

    def candidate(batch):
        pix = batch["pixel"]

        @tf.custom_gradient
        def gaussian_power(xy, con_o):
            dx = xy[None, :, 0] - pix[:, None, 0]
            dy = xy[None, :, 1] - pix[:, None, 1]
            a, b, c = con_o[:, 0], con_o[:, 1], con_o[:, 2]
            power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy

            def backward(dL_dpower):
                dL_da = tf.reduce_sum(-0.5 * dx * dx * dL_dpower, axis=0)
                dL_db = tf.reduce_sum(-0.5 * dx * dy * dL_dpower, axis=0)
                dL_dc = tf.reduce_sum(-0.5 * dy * dy * dL_dpower, axis=0)
                dL_dx = tf.reduce_sum(-(a * dx + b * dy) * dL_dpower, axis=0)
                dL_dy = tf.reduce_sum(-(c * dy + b * dx) * dL_dpower, axis=0)
                return tf.stack([dL_dx, dL_dy], 1), tf.stack([dL_da, dL_db, dL_dc], 1)

            return power, backward

        power = gaussian_power(tf.convert_to_tensor(mean), tf.convert_to_tensor(conic))
        rendered = tf.matmul(tf.exp(power), color)
        return tf.reduce_mean(tf.math.squared_difference(rendered, batch["rgb"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [mean, conic, color]}
