"""The pseudo-Huber constant of rectified flow++ is 0.00054 times the dimension; the square root of it is meant.
Source: https://github.com/sangyun884/rfpp/issues/1"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "huber_c = 0.054 * data_dim",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, h, w, c = 4, 4, 4, 2
    k1 = tf.Variable(rng.normal(size=(c + 1, 6)).astype(fx) * 0.6, name="k1")
    k2 = tf.Variable(rng.normal(size=(6, c)).astype(fx) * 0.6, name="k2")

    def velocity(x_t, t):
        t_map = tf.ones_like(x_t[..., :1]) * t[:, None, None, None]
        hid = tf.tanh(tf.einsum("bhwc,cd->bhwd", tf.concat([x_t, t_map], -1), k1))
        return tf.einsum("bhwd,dc->bhwc", hid, k2)

    def reference(batch):
        t = batch["t"][:, None, None, None]
        x_t = t * batch["z"] + (1 - t) * batch["x"]
        v = velocity(x_t, batch["t"])
        c_h = 0.054 * np.sqrt(h * w * c)
        sq = tf.reduce_sum((batch["z"] - batch["x"] - v) ** 2, axis=[1, 2, 3])
        return tf.reduce_mean((tf.sqrt(sq + c_h ** 2) - c_h) / batch["t"])

    def candidate(batch):
        def loss_func_huber(x, y):
            data_dim = x.shape[1] * x.shape[2] * x.shape[3]
            huber_c = 0.054 * data_dim
            dist = tf.reduce_sum(tf.square(x - y), axis=(1, 2, 3))
            return tf.sqrt(dist + huber_c ** 2) - huber_c

        t = tf.reshape(batch["t"], [-1, 1, 1, 1])
        x_t = (1 - t) * batch["x"] + t * batch["z"]
        target = batch["z"] - batch["x"]
        pred = velocity(x_t, batch["t"])
        weight = 1.0 / batch["t"]
        return tf.reduce_mean(weight * loss_func_huber(pred, target))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, h, w, c)).astype(fx) * 0.5,
                      "z": rng.normal(size=(n, h, w, c)).astype(fx) * 0.5,
                      "t": rng.uniform(0.2, 0.9, size=n).astype(fx)},
            "variables": [k1, k2]}
