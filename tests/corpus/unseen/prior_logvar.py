"""q_mean_var returns the variance where the log variance is expected by the KL of the prior term. Source: https://github.com/tqch/ddpm-torch/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'logvar = tf.broadcast_to(1.0 - alpha_bar, mean.shape)',
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

    b, d, steps = 4, 5, 4
    x0, noise = normal(b, d), normal(b, d)
    t = rng.integers(0, steps, b).astype("int32")
    valid = (rng.random((b, d)) < 0.8).astype(fx)
    valid[:, 0] = 1
    raw_betas = var("raw_betas", steps)
    kernel = var("kernel", d, d)

    def alpha_bars():
        return tf.math.cumprod(1.0 - 0.6 * tf.sigmoid(raw_betas))

    def reference(batch):
        abar = alpha_bars()
        total = 0.0
        for i in range(b):
            m = batch["valid"][i]
            last = abar[steps - 1]
            mu = tf.sqrt(last) * batch["x0"][i]
            v = 1.0 - last
            kl = 0.5 * (v + mu ** 2 - 1.0 - tf.math.log(v))
            ab = abar[int(batch["t"][i])]
            x_t = tf.sqrt(ab) * batch["x0"][i] + tf.sqrt(1.0 - ab) * batch["noise"][i]
            fit = (tf.linalg.matvec(kernel, x_t, transpose_a=True) - batch["noise"][i]) ** 2
            total += tf.reduce_sum(m * (kl + fit)) / tf.reduce_sum(m)
        return total / b

    def candidate(batch):
        bars = alpha_bars()

        def normal_kl(mean1, logvar1):
            return 0.5 * (-1.0 - logvar1 + tf.exp(logvar1) + tf.square(mean1))

        def q_mean_var(x, alpha_bar):
            mean = tf.sqrt(alpha_bar) * x
            logvar = tf.broadcast_to(1.0 - alpha_bar, mean.shape)
            return mean, logvar

        mean_T, logvar_T = q_mean_var(batch["x0"], bars[-1])
        prior = normal_kl(mean_T, logvar_T)
        ab = tf.gather(bars, batch["t"])[:, None]
        x_t = tf.sqrt(ab) * batch["x0"] + tf.sqrt(1.0 - ab) * batch["noise"]
        mse = tf.square(tf.matmul(x_t, kernel) - batch["noise"])
        per = tf.reduce_sum((prior + mse) * batch["valid"], axis=1) / tf.reduce_sum(batch["valid"], axis=1)
        return tf.reduce_mean(per)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": x0, "noise": noise, "t": t, "valid": valid}, "variables": [raw_betas, kernel]}
