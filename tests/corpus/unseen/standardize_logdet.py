"""bayesflow: the change of variables of the standardize transform is tracked with the opposite sign (y = (x - mu) / sigma).
Source: https://github.com/bayesflow-org/bayesflow/pull/471"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "ldj = tf.reduce_sum(tf.math.log(std), axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 8, 4
    mean = keras.Variable(rng.standard_normal(d).astype(f), name="mean")
    raw_std = keras.Variable((0.5 * rng.standard_normal(d) + 0.7).astype(f), name="raw_std")
    shift_net = keras.layers.Dense(d // 2, name="shift")
    scale_net = keras.layers.Dense(d // 2, activation="tanh", name="scale")
    shift_net.build((None, d // 2))
    scale_net.build((None, d // 2))

    def reference(batch):
        sigma = tf.nn.softplus(tf.convert_to_tensor(raw_std))
        y = (batch["theta"] - mean) / sigma
        y1, y2 = y[:, :2], y[:, 2:]
        s = scale_net(y1)
        z = tf.concat([y1, y2 * tf.exp(s) + shift_net(y1)], axis=1)
        nll = 0.0
        for i in range(n):
            lp = tf.reduce_sum(-0.5 * z[i] ** 2 - 0.5 * np.log(2 * np.pi))
            for j in range(d // 2):
                lp += s[i, j]
            for j in range(d):
                lp -= tf.math.log(sigma[j])
            nll -= lp
        return nll / n

    def candidate(batch):
        def standardize(x):
            std = tf.nn.softplus(tf.convert_to_tensor(raw_std))
            out = (x - tf.convert_to_tensor(mean)) / std
            ldj = tf.reduce_sum(tf.math.log(std), axis=-1)
            return out, tf.repeat(ldj[None], tf.shape(x)[0], axis=0)

        def coupling(x):
            a, b = tf.split(x, 2, axis=-1)
            log_scale = scale_net(a)
            b = tf.exp(log_scale) * b + shift_net(a)
            return tf.concat([a, b], axis=-1), tf.reduce_sum(log_scale, axis=-1)

        x, log_det = standardize(batch["theta"])
        x, log_det_c = coupling(x)
        base = -0.5 * tf.reduce_sum(tf.square(x) + np.log(2 * np.pi), axis=-1)
        return -tf.reduce_mean(base + log_det + log_det_c)

    return {"reference": reference, "candidate": candidate,
            "batch": {"theta": (2 * rng.standard_normal((n, d))).astype(f)},
            "variables": [mean, raw_std] + shift_net.trainable_variables + scale_net.trainable_variables}
