"""Diffusion loss: weights (n, 1, 1) times an error that was reduced over its last axis, (n, h).

Source (real): https://github.com/bayesflow-org/bayesflow/issues/787 (Keras 3; "the loss that is optimized is
mean(weights) * mean(error)").
Right answer: NOT equivalent; right-aligned broadcasting makes (n, n, h), every weight meets every sample's error.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = weights_for_snr * keras.ops.mean((noise_pred - eps_t) ** 2, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, wid = 15, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    net = keras.layers.Dense(wid, name="noise_net", dtype=f)
    net.build((None, hgt, wid))
    net.set_weights([0.6 * arr(*p.shape) for p in net.get_weights()])
    batch = {"x": arr(n, hgt, wid), "eps": arr(n, hgt, wid), "log_snr": (1.5 * rng.standard_normal(n)).astype(f)}

    def noisy(b):
        alpha = tf.sqrt(tf.sigmoid(b["log_snr"]))[:, None, None]
        sigma = tf.sqrt(tf.sigmoid(-b["log_snr"]))[:, None, None]
        return alpha * b["x"] + sigma * b["eps"]

    def reference(b):
        pred = net(noisy(b))
        m = pred.shape[0]
        total = 0.0
        for i in range(m):
            total += tf.exp(-0.5 * b["log_snr"][i]) * tf.reduce_mean(tf.square(pred[i] - b["eps"][i]))
        return total / m

    def candidate(b):
        log_snr_t = keras.ops.reshape(b["log_snr"], (-1, 1, 1))
        weights_for_snr = keras.ops.exp(-0.5 * log_snr_t)
        noise_pred, eps_t = net(noisy(b)), b["eps"]
        loss = weights_for_snr * keras.ops.mean((noise_pred - eps_t) ** 2, axis=-1)
        return keras.ops.mean(loss)

    return {
        "variables": net.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
