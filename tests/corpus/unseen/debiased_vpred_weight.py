"""OneTrainer debiased estimation: the reviewer asks for 1/sqrt(SNR+1) under velocity prediction, the PR used 1/sqrt(SNR).
Source: https://github.com/Nerogar/OneTrainer/pull/212"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "weight = tf.minimum(snr, tf.cast(1000.0, snr.dtype))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, steps = 6, 5, 50
    betas = np.linspace(1e-3, 0.15, steps)
    acp = np.cumprod(1.0 - betas).astype(f)
    body = keras.layers.Dense(12, activation="silu", name="body")
    out = keras.layers.Dense(d, name="out")
    body.build((None, d + 1))
    out.build((None, 12))
    sqrt_acp = tf.constant(np.sqrt(acp).astype(f))
    sqrt_om = tf.constant(np.sqrt(1 - acp).astype(f))

    def reference(batch):
        total = 0.0
        for i in range(n):
            abar = acp[int(batch["t"][i])]
            s, m = abar ** 0.5, (1 - abar) ** 0.5
            noisy = s * batch["x0"][i] + m * batch["noise"][i]
            target = s * batch["noise"][i] - m * batch["x0"][i]
            tt = tf.cast(batch["t"][i], f) / steps
            v = out(body(tf.concat([noisy, tt[None]], axis=0)[None]))[0]
            snr = abar / (1 - abar)
            total += tf.reduce_mean((v - target) ** 2) / min(snr + 1.0, 1000.0) ** 0.5
        return total / n

    def candidate(batch):
        t, x0, noise = batch["t"], batch["x0"], batch["noise"]
        a = tf.gather(sqrt_acp, t)[:, None]
        b = tf.gather(sqrt_om, t)[:, None]
        latent_noisy = a * x0 + b * noise
        velocity = a * noise - b * x0
        t_in = tf.cast(t, x0.dtype)[:, None] / steps
        predicted = out(body(tf.concat([latent_noisy, t_in], axis=1)))
        losses = tf.reduce_mean(tf.square(predicted - velocity), axis=1)

        all_snr = (sqrt_acp / sqrt_om) ** 2
        snr = tf.gather(all_snr, t)
        weight = tf.minimum(snr, tf.cast(1000.0, snr.dtype))
        weight = tf.math.rsqrt(weight)
        return tf.reduce_mean(losses * weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.standard_normal((n, d)).astype(f),
                      "noise": rng.standard_normal((n, d)).astype(f),
                      "t": rng.integers(0, steps, n).astype("int32")},
            "variables": body.trainable_variables + out.trainable_variables}
