"""Min-SNR weights for v-prediction add one to the SNR in numerator and denominator; only the denominator needs it.
Source: https://github.com/huggingface/diffusers/pull/6307"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mse_loss_weights = tf.minimum(snr + 1, snr_gamma) / (snr + 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, steps, snr_gamma = 6, 4, 50, 5.0
    abar = np.cumprod(1 - np.linspace(1e-3, 0.12, steps)).astype(fx)
    w1 = tf.Variable(rng.normal(size=(d + 1, 8)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(8, d)).astype(fx), name="w2")

    def unet(x, t):
        tt = tf.cast(t, x.dtype)[:, None] / steps
        return tf.matmul(tf.nn.silu(tf.matmul(tf.concat([x, tt], -1), w1)), w2)

    def reference(batch):
        a = tf.gather(batch["alphas_cumprod"], batch["timesteps"])[:, None]
        x_t = tf.sqrt(a) * batch["latents"] + tf.sqrt(1 - a) * batch["noise"]
        v = tf.sqrt(a) * batch["noise"] - tf.sqrt(1 - a) * batch["latents"]
        err = tf.reduce_mean((unet(x_t, batch["timesteps"]) - v) ** 2, axis=1)
        ratio = a[:, 0] / (1 - a[:, 0])
        weight = tf.minimum(ratio, snr_gamma) / (ratio + 1)
        return tf.reduce_mean(weight * err)

    def candidate(batch):
        alphas_cumprod = batch["alphas_cumprod"]

        def compute_snr(timesteps):
            alpha = tf.gather(tf.sqrt(alphas_cumprod), timesteps)
            sigma = tf.gather(tf.sqrt(1.0 - alphas_cumprod), timesteps)
            return tf.square(alpha / sigma)

        alpha = tf.gather(tf.sqrt(alphas_cumprod), batch["timesteps"])[:, None]
        sigma = tf.gather(tf.sqrt(1.0 - alphas_cumprod), batch["timesteps"])[:, None]
        noisy_latents = alpha * batch["latents"] + sigma * batch["noise"]
        target = alpha * batch["noise"] - sigma * batch["latents"]
        model_pred = unet(noisy_latents, batch["timesteps"])
        snr = compute_snr(batch["timesteps"])
        mse_loss_weights = tf.minimum(snr + 1, snr_gamma) / (snr + 1)
        loss = tf.reduce_mean(tf.square(model_pred - target), axis=-1) * mse_loss_weights
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"latents": rng.normal(size=(n, d)).astype(fx), "noise": rng.normal(size=(n, d)).astype(fx),
                      "timesteps": np.array([2, 8, 15, 25, 37, 48], "int32"), "alphas_cumprod": abar},
            "variables": [w1, w2]}
