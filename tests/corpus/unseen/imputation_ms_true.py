"""Imputation with features=MS: the outputs are cut to the last channel while the truth stays whole. Source: https://github.com/thuml/Time-Series-Library/issues/355"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'true = batch["batch_x"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, c = 3, 6, 3
    batch_x = normal(b, t, c)
    mask_np = (rng.random((b, t, c)) < 0.6).astype(fx)
    enc, dec = var("enc", c, 4), var("dec", 4, c)

    def reference(batch):
        hidden = tf.tanh((batch["batch_x"] * batch["mask"]) @ enc)
        total, count = 0.0, 0
        for i in range(b):
            for j in range(t):
                if batch["mask"][i, j, -1] < 0.5:
                    pred = tf.reduce_sum(hidden[i, j] * dec[:, -1])
                    total += (pred - batch["batch_x"][i, j, -1]) ** 2
                    count += 1
        return total / count

    def candidate(batch):
        f_dim = -1
        inp = batch["batch_x"] * batch["mask"]
        outputs = tf.tanh(inp @ enc) @ dec
        outputs = outputs[:, :, f_dim:]
        missing = 1.0 - batch["mask"][:, :, f_dim:]
        true = batch["batch_x"]
        sq = tf.reduce_mean(tf.square(outputs - true), axis=-1, keepdims=True)
        return tf.reduce_sum(sq * missing) / tf.reduce_sum(missing)

    return {"reference": reference, "candidate": candidate,
            "batch": {"batch_x": batch_x, "mask": mask_np}, "variables": [enc, dec]}
