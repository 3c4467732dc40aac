"""HQSOD uncertainty loss: the paper's second term is log(variance)/2, the code uses sqrt(2*pi*variance)
itself. Source: https://github.com/luckybird1994/HQSOD/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_term = tf.sqrt(2.0 * np.pi * var)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, C = 3, 5, 4
    wm = tf.Variable(rng.normal(0, 0.8, (C, 1)).astype(fx), name="w_mean")
    wv = tf.Variable(rng.normal(0, 0.8, (C, 1)).astype(fx), name="w_var")

    def reference(batch):
        mean = tf.sigmoid(tf.squeeze(tf.tensordot(batch["feat"], wm, 1), -1))
        variance = tf.nn.softplus(tf.squeeze(tf.tensordot(batch["feat"], wv, 1), -1)) + 1e-3
        nll = tf.square(batch["gt"] - mean) / (2.0 * variance) + 0.5 * tf.math.log(variance)
        edge = 1.0 + 5.0 * batch["edge"]
        return tf.reduce_sum(nll * edge) / tf.reduce_sum(edge)

    def candidate(batch):
        pred = tf.sigmoid(tf.tensordot(batch["feat"], wm, 1)[..., 0])
        var = tf.nn.softplus(tf.tensordot(batch["feat"], wv, 1)[..., 0]) + 1e-3
        weight = 1.0 + 5.0 * batch["edge"]
        sq_term = (pred - batch["gt"]) ** 2 / (2.0 * var)
        log_term = tf.sqrt(2.0 * np.pi * var)
        loss = weight * (sq_term + log_term)
        return tf.reduce_sum(loss) / tf.reduce_sum(weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(B, S, S, C)).astype(fx),
                      "gt": (rng.random((B, S, S)) > 0.5).astype(fx),
                      "edge": (rng.random((B, S, S)) > 0.7).astype(fx)},
            "variables": [wm, wv]}
