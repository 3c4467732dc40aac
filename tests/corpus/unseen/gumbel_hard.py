"""Suspected wrong detach in the hard Gumbel softmax; y_hard carries no gradient, so both forms agree.
Source: https://github.com/pytorch/pytorch/issues/48574"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, d, k = 5, 4, 3
    enc, dec = var("enc", d, k), var("dec", k, d)
    tau = 0.8

    def reference(batch):
        soft = tf.nn.softmax((batch["x"] @ enc + batch["gumbel"]) / tau)
        hard = tf.one_hot(tf.argmax(soft, axis=-1), k, dtype=dt)
        code = tf.stop_gradient(hard - soft) + soft
        return tf.reduce_mean((code @ dec - batch["x"]) ** 2)

    def candidate(batch):
        def gumbel_softmax(logits, hard=True):
            gumbels = (logits + batch["gumbel"]) / tau
            gumbels = gumbels - tf.stop_gradient(tf.reduce_max(gumbels, axis=-1, keepdims=True))
            e = tf.exp(gumbels)
            y_soft = e / tf.reduce_sum(e, axis=-1, keepdims=True)
            if not hard:
                return y_soft
            index = tf.argmax(y_soft, axis=-1)
            y_hard = tf.cast(tf.equal(tf.range(k, dtype=index.dtype)[None], index[:, None]), y_soft.dtype)
            return y_hard - tf.stop_gradient(y_soft) + y_soft

        recon = gumbel_softmax(batch["x"] @ enc) @ dec
        return tf.reduce_mean(tf.square(recon - batch["x"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(dt), "gumbel": rng.gumbel(size=(n, k)).astype(dt)},
            "variables": [enc, dec]}
