"""Straight-through Gumbel softmax written without the stop_gradient around (y_hard - y), which a reader took to be
superfluous. Source: https://github.com/ericjang/gumbel-softmax/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "y = (y_hard - y) + y",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c, k = 5, 6, 3, 4
    enc = keras.layers.Dense(c * k, name="enc")
    enc.build((None, d))
    dec = keras.layers.Dense(d, name="dec")
    dec.build((None, c * k))
    tau = 0.8

    def reference(batch):
        logits = tf.reshape(enc(batch["x"]), (n, c, k))
        soft = tf.nn.softmax((logits + batch["gumbel"]) / tau)
        hard = tf.one_hot(tf.argmax(soft, axis=-1), k, dtype=soft.dtype)
        z = soft + tf.stop_gradient(hard - soft)
        recon = dec(tf.reshape(z, (n, c * k)))
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=recon)
        logq = tf.nn.log_softmax(logits)
        kl = tf.reduce_sum(tf.exp(logq) * (logq + float(np.log(k))), axis=(1, 2))
        return tf.reduce_mean(tf.reduce_sum(bce, axis=1) + kl)

    def candidate(batch):
        def gumbel_softmax(logits_2d, noise, temperature, hard=False):
            y = tf.nn.softmax((logits_2d + noise) / temperature)
            if hard:
                y_hard = tf.cast(tf.equal(y, tf.reduce_max(y, axis=1, keepdims=True)), y.dtype)
                y = (y_hard - y) + y
            return y

        logits_y = tf.reshape(enc(batch["x"]), [-1, k])
        y = gumbel_softmax(logits_y, tf.reshape(batch["gumbel"], [-1, k]), tau, hard=True)
        logits_x = dec(tf.reshape(y, [-1, c * k]))
        q_y = tf.nn.softmax(logits_y)
        kl = tf.reduce_sum(tf.reshape(q_y * (tf.math.log(q_y) - np.log(1.0 / k)), [-1, c * k]), axis=1)
        rec = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=logits_x), axis=1)
        return tf.reduce_mean(rec + kl)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (rng.random((n, d)) < 0.5).astype(fx),
                      "gumbel": rng.gumbel(size=(n, c, k)).astype(fx)},
            "variables": enc.trainable_variables + dec.trainable_variables}
