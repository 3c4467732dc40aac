"""FullyNN point process: the intensity is taken as the derivative of the mean cumulative hazard, not of its sum.
Source: https://github.com/ant-research/EasyTemporalPointProcess/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "total = tf.reduce_mean(tf.reduce_sum(cumulative, axis=-1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, steps, d, h, grid = 3, 4, 4, 5, 3
    w_hist = tf.Variable((0.5 * rng.normal(size=(d, h))).astype(fx), name="w_hist")
    w_time = tf.Variable((0.5 * rng.normal(size=(1, h))).astype(fx), name="w_time")
    w_out = tf.Variable((0.5 * rng.normal(size=(h, 1))).astype(fx), name="w_out")
    mu = tf.Variable(np.array(0.4, fx), name="mu")

    def reference(batch):
        def rate(tau):
            t = tf.tanh(batch["hist"] @ w_hist + tau[..., None] * tf.nn.softplus(w_time))
            slope = (1 - t ** 2) * tf.nn.softplus(w_time)
            return tf.squeeze(slope @ tf.nn.softplus(w_out), -1) + tf.exp(mu)

        dt, m = batch["dt"], batch["mask"]
        integral = tf.zeros_like(dt)
        for k in range(1, grid + 1):
            integral += rate(dt * k / grid) * dt / grid
        return -tf.reduce_sum(m * (tf.math.log(rate(dt)) - integral)) / tf.reduce_sum(m)

    def candidate(batch):
        def intensity(tau):
            with tf.GradientTape() as tape:
                tape.watch(tau)
                hid = tf.matmul(batch["hist"], w_hist)[:, :, None] + tau[..., None] * tf.nn.softplus(w_time)[0]
                cumulative = tf.tensordot(tf.tanh(hid), tf.nn.softplus(w_out), axes=1) + tf.exp(mu) * tau[..., None]
                total = tf.reduce_mean(tf.reduce_sum(cumulative, axis=-1))
            return tape.gradient(total, tau)

        ratios = np.arange(1, grid + 1) / grid
        samples = batch["dt"][..., None] * tf.cast(ratios, batch["dt"].dtype)
        lambdas = intensity(samples)
        event_ll = tf.math.log(lambdas[..., -1])
        non_event_ll = tf.reduce_mean(lambdas, axis=-1) * batch["dt"]
        loglike = tf.where(batch["mask"] > 0, event_ll - non_event_ll, tf.zeros_like(event_ll))
        return -tf.reduce_sum(loglike) / tf.reduce_sum(batch["mask"])

    mask = np.ones((n, steps))
    mask[1, 3:] = 0
    mask[2, 2:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"hist": rng.normal(size=(n, steps, d)).astype(fx),
                      "dt": rng.exponential(1.0, size=(n, steps)).astype(fx), "mask": mask.astype(fx)},
            "variables": [w_hist, w_time, w_out, mu]}
