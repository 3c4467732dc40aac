"""The MINE notebook has no log on mean(exp(t)) but divides by the detached moving average; the reporter misses the log,
a comment shows that the gradient is the same as that of the variant with log. Source: https://github.com/sungyubkim/MINE-Mutual-Information-Neural-Estimation-/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, dx, dz, hid = 6, 3, 2, 5
    w_x, w_z = var("w_x", dx, hid), var("w_z", dz, hid)
    v = var("v", hid, 1)
    ma_rate = 0.3

    def statistic(x, z):
        return tf.matmul(tf.nn.elu(tf.matmul(x, w_x) + tf.matmul(z, w_z)), v)

    def reference(batch):
        joint = tf.reduce_mean(statistic(batch["x"], batch["z"]))
        et = tf.reduce_mean(tf.exp(statistic(batch["x"], batch["z_bar"])))
        fixed = tf.stop_gradient(et)
        ma_et = batch["ma"] + ma_rate * (fixed - batch["ma"])
        mutual_information = joint - tf.math.log(et) * fixed / ma_et
        return -mutual_information

    def candidate(batch):
        t = statistic(batch["x"], batch["z"])
        et = tf.exp(statistic(batch["x"], batch["z_bar"]))
        ma_et = (1.0 - ma_rate) * batch["ma"] + ma_rate * tf.reduce_mean(et)
        loss = -(tf.reduce_mean(t) - tf.stop_gradient(1.0 / ma_et) * tf.reduce_mean(et))
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, dx), "z": arr(n, dz), "z_bar": arr(n, dz),
                      "ma": np.asarray(1.7, dtype=fx)},
            "variables": [w_x, w_z, v]}
