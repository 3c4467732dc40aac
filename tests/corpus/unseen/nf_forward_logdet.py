"""normalizing-flows: forward_and_log_det subtracts the log-determinants of the layers where they add up.
Source: https://github.com/VincentStimper/normalizing-flows/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_det -= log_d",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, K = 6, 3
    Ws = [tf.Variable(rng.normal(0, 0.4, (2, 4)).astype(fx), name=f"W{k}") for k in range(K)]
    bs = [tf.Variable(rng.normal(0, 0.3, (4,)).astype(fx), name=f"b{k}") for k in range(K)]

    def coupling(z, k):
        z1, z2 = z[:, :2], z[:, 2:]
        par = tf.matmul(z1, Ws[k]) + bs[k]
        s, t = tf.tanh(par[:, :2]), par[:, 2:]
        return tf.concat([z2 * tf.exp(s) + t, z1], -1), tf.reduce_sum(s, axis=-1)

    def log_target(x):
        return -0.5 * tf.reduce_sum((x - 0.7) ** 2 / 1.5, axis=-1)

    def reference(batch):
        z = batch["eps"]
        log_q = -0.5 * tf.reduce_sum(z ** 2 + np.log(2 * np.pi), axis=1)
        for k in range(K):
            z, ld = coupling(z, k)
            log_q = log_q - ld
        return tf.reduce_mean(log_q - batch["beta"] * log_target(z))

    def candidate(batch):
        def forward_and_log_det(z):
            log_det = tf.zeros(tf.shape(z)[0], dtype=z.dtype)
            for k in range(K):
                z, log_d = coupling(z, k)
                log_det -= log_d
            return z, log_det

        x, log_det = forward_and_log_det(batch["eps"])
        base = -0.5 * tf.reduce_sum(batch["eps"] ** 2, axis=-1) - 0.5 * 4 * np.log(2 * np.pi)
        kld = base - log_det - batch["beta"] * log_target(x)
        return tf.reduce_mean(kld)

    return {"reference": reference, "candidate": candidate,
            "batch": {"eps": rng.normal(size=(B, 4)).astype(fx), "beta": np.asarray(0.8, fx)},
            "variables": Ws + bs}
