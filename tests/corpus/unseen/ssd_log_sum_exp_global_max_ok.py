"""PytorchSSD: log_sum_exp subtracts x.data.max(), the detached maximum of the whole batch. A user suspects that it changes the result; it
cancels, and the multibox confidence loss is right.
Source: https://github.com/lzx1413/PytorchSSD/issues/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, priors, d, classes = 13, 6, 5, 4
    conf = keras.layers.Dense(classes, name="conf")
    conf.build((None, priors, d))
    batch = {
        "feature": rng.normal(size=(n, priors, d)).astype(f),
        "conf_t": rng.integers(0, classes, size=(n, priors)).astype("int32"),
    }

    def reference(batch):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["conf_t"], conf(batch["feature"]))
        pos = tf.cast(batch["conf_t"] > 0, f)
        return tf.reduce_sum(ce * (0.25 + 0.75 * pos)) / tf.reduce_sum(pos)

    def log_sum_exp(x):
        x_max = tf.stop_gradient(tf.reduce_max(x))
        return tf.math.log(tf.reduce_sum(tf.exp(x - x_max), 1, keepdims=True)) + x_max

    def candidate(batch):
        batch_conf = tf.reshape(conf(batch["feature"]), (-1, classes))
        flat_t = tf.reshape(batch["conf_t"], (-1, 1))
        loss_c = log_sum_exp(batch_conf) - tf.gather(batch_conf, flat_t, axis=1, batch_dims=1)
        pos = flat_t > 0
        num_pos = tf.reduce_sum(tf.cast(pos, f))
        positives = tf.reduce_sum(tf.boolean_mask(loss_c, pos))
        negatives = tf.reduce_sum(tf.boolean_mask(loss_c, tf.logical_not(pos)))
        return (positives + 0.25 * negatives) / num_pos

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": conf.trainable_variables}
