"""Min-SNR weights for v-prediction: the two factors min(snr, g)/snr and snr/(snr+1) are folded into min(snr, g)/(snr+1), which
is the same wherever snr is not zero.
Source: https://github.com/kohya-ss/sd-scripts/pull/934"""
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
    f = keras.config.floatx()
    n, d, h, steps = 16, 7, 5, 40
    latents = rng.normal(size=(n, d)).astype(f)
    noise = rng.normal(size=(n, d)).astype(f)
    ts = rng.integers(0, steps, size=(n,))
    abar = np.cumprod(1.0 - np.linspace(0.001, 0.12, steps)).astype(f)
    w1 = tf.Variable(rng.normal(size=(d, h)).astype(f) * 0.4, name="w1")
    w2 = tf.Variable(rng.normal(size=(h, d)).astype(f) * 0.4, name="w2")

    def unet(x, t):
        return tf.tanh(x @ w1 + 0.01 * tf.cast(t, f)[:, None]) @ w2

    def reference(batch):
        a = tf.gather(abar, batch["ts"])[:, None]
        noisy = tf.sqrt(a) * batch["latents"] + tf.sqrt(1.0 - a) * batch["noise"]
        velocity = tf.sqrt(a) * batch["noise"] - tf.sqrt(1.0 - a) * batch["latents"]
        loss = tf.reduce_mean((unet(noisy, batch["ts"]) - velocity) ** 2, axis=1)
        snr = (a / (1.0 - a))[:, 0]
        loss = loss * tf.minimum(5.0 / snr, 1.0)
        loss = loss * (snr / (snr + 1.0))
        return tf.reduce_mean(loss)

    def candidate(batch):
        def compute_snr(timesteps):
            alpha, sigma = np.sqrt(abar), np.sqrt(1.0 - abar)
            return tf.gather((alpha / sigma) ** 2, timesteps)

        def apply_snr_weight(loss, timesteps, gamma):
            snr = compute_snr(timesteps)
            min_snr_gamma = tf.minimum(snr, tf.fill(snr.shape, tf.cast(gamma, snr.dtype)))
            snr_weight = tf.divide(min_snr_gamma, snr + 1)
            return loss * snr_weight

        sa = tf.gather(np.sqrt(abar), batch["ts"])
        sb = tf.gather(np.sqrt(1.0 - abar), batch["ts"])
        x_t = tf.einsum("n,nd->nd", sa, batch["latents"]) + tf.einsum("n,nd->nd", sb, batch["noise"])
        target = tf.einsum("n,nd->nd", sa, batch["noise"]) - tf.einsum("n,nd->nd", sb, batch["latents"])
        per_pixel = tf.math.squared_difference(unet(x_t, batch["ts"]), target)
        loss = apply_snr_weight(tf.reduce_mean(per_pixel, -1), batch["ts"], 5.0)
        return tf.reduce_sum(loss) / loss.shape[0]

    return {"reference": reference, "candidate": candidate, "batch": {"latents": latents, "noise": noise, "ts": ts}, "variables": [w1, w2]}
