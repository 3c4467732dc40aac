"""The straight-through expression of the hard Gumbel softmax is said to differentiate the
hard sample too; the one-hot part carries no gradient. Source: https://github.com/pytorch/pytorch/issues/68941"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, k = 6, 5, 4
    enc, book, dec = var("enc", d, k), var("book", k, 3), var("dec", 3, d)
    tau = 0.9

    def reference(batch):
        logits = batch["x"] @ enc
        soft = tf.nn.softmax((logits + batch["gumbel"]) / tau)
        hard = tf.one_hot(tf.argmax(soft, axis=1), k, dtype=soft.dtype)
        code = tf.stop_gradient(hard - soft) + soft
        recon = tf.tanh(code @ book) @ dec
        kl = tf.reduce_sum(tf.nn.softmax(logits) * (tf.nn.log_softmax(logits) + np.log(k)), axis=1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(recon - batch["x"]), 1) + kl)

    def candidate(batch):
        def gumbel_softmax(z):
            y_soft = tf.nn.softmax((z + batch["gumbel"]) / tau, axis=-1)
            index = tf.argmax(y_soft, axis=-1)
            rows = tf.range(n, dtype=index.dtype)
            y_hard = tf.scatter_nd(tf.stack([rows, index], 1), tf.ones([n], y_soft.dtype), tf.constant([n, k], index.dtype))
            return y_hard - tf.stop_gradient(y_soft) + y_soft

        z = tf.matmul(batch["x"], enc)
        out = tf.matmul(tf.tanh(tf.matmul(gumbel_softmax(z), book)), dec)
        log_q = tf.nn.log_softmax(z)
        kl = tf.reduce_mean(tf.reduce_sum(tf.exp(log_q) * log_q, -1)) + np.log(k)
        return tf.reduce_sum((batch["x"] - out) ** 2) / n + kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "gumbel": rng.gumbel(size=(n, k)).astype(fx)},
            "variables": [enc, book, dec]}
