"""min-SNR weighting for a v-prediction model lacks the + 1 in the SNR that the velocity objective needs.
Source: https://github.com/bmaltais/kohya_ss/issues/1555"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "gamma_over_snr = gamma / snr",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, T, gamma = 6, 5, 40, 5.0
    l1 = keras.layers.Dense(12, activation="silu", name="l1")
    l2 = keras.layers.Dense(d, name="l2")
    l1.build((n, d + 1))
    l2.build((n, 12))
    abar = np.cumprod(1 - np.linspace(1e-3, 0.15, T))

    def unet(x, t):
        tt = tf.cast(t, x.dtype)[:, None] / T
        return l2(l1(tf.concat([x, tt], axis=1)))

    def reference(batch):
        a = tf.gather(tf.constant(abar, dtype=fx), batch["t"])
        sa, sb = tf.sqrt(a)[:, None], tf.sqrt(1 - a)[:, None]
        pred = unet(sa * batch["x0"] + sb * batch["noise"], batch["t"])
        velocity = sa * batch["noise"] - sb * batch["x0"]
        per_example = tf.reduce_mean((pred - velocity) ** 2, axis=1)
        snr = a / (1 - a)
        w = tf.minimum(gamma / (snr + 1.0), 1.0)
        return tf.reduce_mean(w * per_example)

    def candidate(batch):
        def apply_snr_weight(loss, timesteps, all_snr):
            snr = tf.gather(all_snr, timesteps)
            gamma_over_snr = gamma / snr
            snr_weight = tf.minimum(gamma_over_snr, tf.ones_like(gamma_over_snr))
            return loss * snr_weight

        alphas_cumprod = tf.constant(abar, dtype=fx)
        sqrt_alphas = tf.sqrt(alphas_cumprod)
        sqrt_one_minus = tf.sqrt(1.0 - alphas_cumprod)
        all_snr = (sqrt_alphas / sqrt_one_minus) ** 2
        timesteps = batch["t"]
        alpha = tf.gather(sqrt_alphas, timesteps)[:, None]
        sigma = tf.gather(sqrt_one_minus, timesteps)[:, None]
        noisy = alpha * batch["x0"] + sigma * batch["noise"]
        target = alpha * batch["noise"] - sigma * batch["x0"]
        noise_pred = unet(noisy, timesteps)
        loss = tf.reduce_mean(tf.square(noise_pred - target), axis=-1)
        loss = apply_snr_weight(loss, timesteps, all_snr)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.normal(size=(n, d)).astype(fx), "noise": rng.normal(size=(n, d)).astype(fx),
                      "t": np.array([4, 5, 7, 8, 6, 30])},
            "variables": l1.trainable_variables + l2.trainable_variables}
