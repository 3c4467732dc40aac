"""A proposed min-SNR weight squares alphas_cumprod, which is a squared signal level
already, in the ratio to one minus it. Source: https://github.com/kohya-ss/sd-scripts/pull/308"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "snr = (alpha_cp ** 2) / sigma_pow_2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, steps = 6, 5, 20
    w1, w2, w_t = var("w1", d, 8), var("w2", 8, d), var("w_t", steps, 8)
    acp = np.cumprod(1.0 - np.linspace(0.01, 0.3, steps)).astype(fx)
    gamma = 5.0

    def eps_net(x, t):
        return tf.tanh(x @ w1 + tf.gather(w_t, t)) @ w2

    def reference(batch):
        a = tf.sqrt(tf.gather(acp, batch["t"]))[:, None]
        s = tf.sqrt(1.0 - tf.gather(acp, batch["t"]))[:, None]
        pred = eps_net(a * batch["x0"] + s * batch["eps"], batch["t"])
        snr = tf.square(a / s)[:, 0]
        w = tf.where(snr > gamma, gamma / snr, tf.ones_like(snr))
        return tf.reduce_mean(w * tf.reduce_mean(tf.square(pred - batch["eps"]), axis=1))

    def candidate(batch):
        def min_snr_weight(t):
            alpha_cp = tf.gather(acp, t)
            sigma_pow_2 = 1.0 - alpha_cp
            snr = (alpha_cp ** 2) / sigma_pow_2
            return tf.minimum(gamma / snr, tf.ones_like(snr))

        t = batch["t"]
        keep = tf.gather(acp, t)[:, None]
        noisy = tf.sqrt(keep) * batch["x0"] + tf.sqrt(1.0 - keep) * batch["eps"]
        mse = tf.reduce_mean((batch["eps"] - eps_net(noisy, t)) ** 2, axis=-1)
        return tf.reduce_mean(mse * min_snr_weight(t))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": arr(n, d), "eps": arr(n, d), "t": np.array([0, 1, 2, 3, 9, 15])},
            "variables": [w1, w2, w_t]}
