"""Asked whether gamma is used in the soft-min-SNR weighting: with gamma = sigma_data^-2 and the
preconditioner's c_out the closed form is right. Source: https://github.com/crowsonkb/k-diffusion/issues/98"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, sd = 6, 5, 0.5
    w1 = var("w1", d + 1, 8)
    w2 = var("w2", 8, d)
    x0 = (sd * rng.standard_normal((n, d))).astype(fx)
    noise = rng.standard_normal((n, d)).astype(fx)
    sigma = np.exp(rng.standard_normal(n)).astype(fx)

    def inner(x, c_noise):
        return tf.matmul(tf.nn.silu(tf.matmul(tf.concat([x, c_noise], 1), w1)), w2)

    def reference(batch):
        total = 0.0
        for i in range(n):
            s = batch["sigma"][i]
            xt = batch["x0"][i] + s * batch["noise"][i]
            root = tf.sqrt(s ** 2 + sd ** 2)
            raw = inner((xt / root)[None], tf.reshape(tf.math.log(s) / 4, [1, 1]))[0]
            denoised = xt * sd ** 2 / root ** 2 + raw * s * sd / root
            soft_min = 1.0 / (s ** 2 + sd ** 2)
            total += soft_min * tf.reduce_mean((denoised - batch["x0"][i]) ** 2)
        return total / n

    def candidate(batch):
        sig = batch["sigma"][:, None]
        noised = batch["x0"] + sig * batch["noise"]
        var_sum = sig ** 2 + sd ** 2
        c_skip = sd ** 2 / var_sum
        c_out = sig * sd * tf.math.rsqrt(var_sum)
        c_in = tf.math.rsqrt(var_sum)
        weighting = tf.square(sig * sd) / tf.square(var_sum)
        model_output = inner(noised * c_in, tf.math.log(sig) / 4)
        target = (batch["x0"] - c_skip * noised) / c_out
        loss = tf.reduce_mean(tf.square(model_output - target), axis=1)
        return tf.reduce_mean(loss * tf.squeeze(weighting, 1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": x0, "noise": noise, "sigma": sigma}, "variables": [w1, w2]}
