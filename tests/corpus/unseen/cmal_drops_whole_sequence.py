"""CMAL (mixture of asymmetric Laplacians) loss for streamflow: one missing observation throws the whole sequence away
instead of the one time step.
Source: https://github.com/google-research/flood-forecasting/pull/290"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mask = tf.reduce_all(tf.not_equal(y_true, missing), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, k = 16, 5, 4, 3
    missing = -999.0
    w = {p: tf.Variable((0.4 * rng.standard_normal((d, k))).astype(f), name="w_" + p) for p in ("mu", "b", "tau", "pi")}

    def heads(x):
        mu = x @ w["mu"]
        b = tf.nn.softplus(x @ w["b"]) + 0.1
        tau = 0.05 + 0.9 * tf.sigmoid(x @ w["tau"])
        return mu, b, tau, tf.nn.log_softmax(x @ w["pi"])

    def reference(batch):
        mu, b, tau, log_pi = heads(batch["x"])
        seen = tf.cast(batch["y"] != missing, f)
        y = tf.where(seen > 0, batch["y"], tf.zeros_like(batch["y"]))
        total = 0.0
        for step in range(t):
            err = y[:, step, None] - mu[:, step]
            slope = tf.where(err >= 0, tau[:, step], tau[:, step] - 1.0)
            ll = tf.math.log(tau[:, step] * (1 - tau[:, step]) / b[:, step]) - slope * err / b[:, step]
            ll = tf.reduce_logsumexp(ll + log_pi[:, step], axis=-1)
            total += tf.reduce_sum(ll * seen[:, step])
        return -total / tf.reduce_sum(seen)

    def candidate(batch):
        class MaskedCMALLoss:
            def __call__(self, prediction, y_true):
                mask = tf.reduce_all(tf.not_equal(y_true, missing), axis=1)
                y = tf.boolean_mask(y_true, mask)[..., None]
                m, b, t_, p = [tf.boolean_mask(v, mask) for v in prediction]
                error = y - m
                log_like = tf.math.log(t_) + tf.math.log(1.0 - t_) - tf.math.log(b)
                log_like -= tf.maximum(t_ * error, (t_ - 1.0) * error) / b
                result = tf.reduce_logsumexp(p + log_like, axis=2)
                return -tf.reduce_mean(result)

        return MaskedCMALLoss()(heads(batch["x"]), batch["y"])

    y = rng.standard_normal((n, t))
    y[rng.random((n, t)) < 0.15] = missing
    y[0, 1], y[1] = missing, rng.standard_normal(t)
    batch = {"x": rng.standard_normal((n, t, d)).astype(f), "y": y.astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": list(w.values())}
