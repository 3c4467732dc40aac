"""Multi-task weighting of ranandalon/mtl: 1 / (2 sigma^2) goes with log sigma, the code's variable is sigma^2 and its
whole log is added.
Source: https://github.com/ranandalon/mtl/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = tf.add(loss, tf.add(tf.multiply(factor, task_loss), tf.math.log(sigmas_sq[i])))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, h = 5, 4, 6
    trunk = var("trunk", d, h)
    seg, inst, depth = var("seg", h, 3), var("inst", h, 2), var("depth", h, 1)
    sig = tf.Variable(rng.uniform(0.3, 1.0, 3).astype(fx), name="sigma_sq")

    def reference(batch):
        z = tf.tanh(batch["x"] @ trunk)
        sigma = tf.sqrt(sig)
        l_seg = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["seg"], logits=z @ seg))
        l_inst = tf.reduce_mean(tf.abs(z @ inst - batch["inst"]))
        l_depth = tf.reduce_mean(tf.abs(z @ depth - batch["depth"]))
        return sum(l / (2.0 * sigma[i] ** 2) + tf.math.log(sigma[i]) for i, l in enumerate([l_seg, l_inst, l_depth]))

    def candidate(batch):
        features = tf.tanh(tf.matmul(batch["x"], trunk))
        xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["seg"], logits=tf.matmul(features, seg))
        l1 = lambda kernel, target: tf.reduce_mean(tf.abs(tf.matmul(features, kernel) - target))
        loss_list = [tf.reduce_mean(xent), l1(inst, batch["inst"]), l1(depth, batch["depth"])]
        sigmas_sq = tf.unstack(sig)
        loss = tf.zeros((), sig.dtype)
        for i, task_loss in enumerate(loss_list):
            factor = tf.divide(1.0, tf.multiply(2.0, sigmas_sq[i]))
            loss = tf.add(loss, tf.add(tf.multiply(factor, task_loss), tf.math.log(sigmas_sq[i])))
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "seg": rng.integers(0, 3, n).astype("int32"),
                      "inst": rng.normal(size=(n, 2)).astype(fx), "depth": rng.normal(size=(n, 1)).astype(fx)},
            "variables": [trunk, seg, inst, depth, sig]}
