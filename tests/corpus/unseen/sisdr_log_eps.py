"""The SI-SDR loss regularised the wrong place; a source that is silent in a segment makes the argument
of the logarithm zero and the gradient blows up. Source: https://github.com/nussl/nussl/pull/169"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "si_sdr = 10.0 * tf.math.log(target_power / noise_power) / np.log(10.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, n_src, f = 3, 12, 2, 5
    w = var("mask_net", f, n_src * t)
    src = rng.standard_normal((b, t, n_src))
    src[1, :, 1] = 0.0
    batch = {"features": rng.standard_normal((b, f)).astype(fx), "sources": src.astype(fx)}

    def separate(x):
        return tf.reshape(tf.tanh(x @ w), (-1, t, n_src))

    def reference(batch):
        eps = 1e-8
        est, ref = separate(batch["features"]), batch["sources"]
        total = 0.0
        for i in range(b):
            for k in range(n_src):
                r, e = ref[i, :, k], est[i, :, k]
                scaled = tf.tensordot(r, e, 1) / (tf.tensordot(r, r, 1) + eps) * r
                ratio = tf.reduce_sum(scaled ** 2) / (tf.reduce_sum((e - scaled) ** 2) + eps)
                total -= 10 * tf.math.log(ratio + eps) / np.log(10)
        return total / (b * n_src)

    def candidate(batch):
        eps = 1e-8
        estimates, references = separate(batch["features"]), batch["sources"]
        energy = tf.reduce_sum(references ** 2, axis=1, keepdims=True) + eps
        alpha = tf.reduce_sum(estimates * references, axis=1, keepdims=True) / energy
        e_true = alpha * references
        e_res = estimates - e_true
        target_power = tf.reduce_sum(e_true ** 2, axis=1)
        noise_power = tf.reduce_sum(e_res ** 2, axis=1) + eps
        si_sdr = 10.0 * tf.math.log(target_power / noise_power) / np.log(10.0)
        return -tf.reduce_mean(si_sdr)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
