"""Dimension-aware L1: the loss is divided by the (predicted) dimension without taking its absolute value, so for a negative
predicted size the gradient turns round. Source: https://github.com/xinzhuma/monodle/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss = loss / dimension",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n = 10
    feats = rng.normal(size=(n, 7)).astype("float32")
    size3d = rng.uniform(0.3, 1.6, size=(n, 3)).astype("float32")
    depth = rng.uniform(5, 40, size=(n,)).astype("float32") / 20.0

    inp = keras.Input((7,))
    h = keras.layers.Dense(8, activation="tanh")(inp)
    dim_out = keras.layers.Dense(3, name="size_3d", bias_initializer="ones")(h)
    depth_out = keras.layers.Dense(2, name="depth")(h)
    net = keras.Model(inp, [dim_out, depth_out])

    def laplacian_uncertainty(pred, target):
        d, log_var = pred[:, 0], pred[:, 1]
        return tf.reduce_mean(1.4142 * tf.exp(-0.5 * log_var) * tf.abs(d - target) + 0.5 * log_var)

    def rescale(loss, pred, target):
        l1 = tf.reduce_mean(tf.abs(pred - target))
        compensation = tf.stop_gradient(l1 / tf.reduce_mean(loss))
        return tf.reduce_mean(loss * compensation)

    def reference(batch):
        dims, dep = net(batch["feat"])
        scale = tf.abs(tf.stop_gradient(dims))
        err = tf.abs(dims - batch["size3d"]) / scale
        return rescale(err, dims, batch["size3d"]) + laplacian_uncertainty(dep, batch["depth"])

    def candidate(batch):
        dims, dep = net(batch["feat"])
        dimension = tf.stop_gradient(dims)
        loss = tf.abs(dims - batch["size3d"])
        loss = loss / dimension
        return rescale(loss, dims, batch["size3d"]) + laplacian_uncertainty(dep, batch["depth"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feats, "size3d": size3d, "depth": depth}, "variables": net.trainable_variables}
