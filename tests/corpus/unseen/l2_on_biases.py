"""Autoencoder for collaborative filtering: the L2 term sums over all trainable variables, biases included, where only the
weight matrices were meant. Source: https://github.com/artem-oppermann/Deep-Autoencoders-For-Collaborative-Filtering/pull/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "l2_loss = tf.add_n([tf.nn.l2_loss(p) for p in params])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, items, hid = 5, 8, 4
    lambda_ = 0.2
    w1 = tf.Variable(rng.normal(size=(items, hid)).astype(fx) * 0.4, name="W_1")
    w2 = tf.Variable(rng.normal(size=(hid, items)).astype(fx) * 0.4, name="W_2")
    b1 = tf.Variable(rng.normal(size=hid).astype(fx), name="bias_1")
    b2 = tf.Variable(rng.normal(size=items).astype(fx), name="bias_2")

    def reference(batch):
        x = batch["ratings"]
        seen = tf.cast(x > 0, x.dtype)
        out = tf.sigmoid(x @ w1 + b1) @ w2 + b2
        mse = tf.reduce_sum(seen * (out - x) ** 2) / tf.reduce_sum(seen)
        return mse + lambda_ * 0.5 * (tf.reduce_sum(w1**2) + tf.reduce_sum(w2**2))

    def candidate(batch):
        params = [w1, w2, b1, b2]
        x = batch["ratings"]
        hidden = tf.nn.sigmoid(tf.nn.bias_add(tf.matmul(x, w1), b1))
        outputs = tf.nn.bias_add(tf.matmul(hidden, w2), b2)
        mask = tf.where(tf.equal(x, 0.0), tf.zeros_like(x), x)
        num_train_labels = tf.cast(tf.math.count_nonzero(mask), x.dtype)
        outputs = tf.where(tf.equal(mask, 0.0), tf.zeros_like(x), outputs)
        mse_loss = tf.reduce_sum(tf.math.squared_difference(outputs, x)) / num_train_labels
        l2_loss = tf.add_n([tf.nn.l2_loss(p) for p in params])
        return mse_loss + lambda_ * l2_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "ratings": (rng.integers(1, 6, size=(n, items)) * (rng.uniform(size=(n, items)) < 0.6)).astype(fx),
        },
        "variables": [w1, w2, b1, b2],
    }
