"""Min-SNR weights with v-prediction: the one was added to the resulting loss weight, where it belongs to the SNR
(before the minimum and the division).
Source: https://github.com/huggingface/diffusers/pull/5238"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mse_loss_weights = mse_loss_weights + 1",
    "same_forward_value": False,
}


def compute_snr(alphas_cumprod, timesteps):
    sqrt_alphas_cumprod = alphas_cumprod ** 0.5
    sqrt_one_minus = (1.0 - alphas_cumprod) ** 0.5
    return (tf.gather(sqrt_alphas_cumprod, timesteps) / tf.gather(sqrt_one_minus, timesteps)) ** 2


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    steps, gamma = 20, 5.0
    acp = np.cumprod(1 - np.linspace(1e-2, 0.2, steps)).astype(f)
    unet = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(7, activation="tanh", name="down"),
                             keras.layers.Dense(4, name="up")])

    def predict(batch):
        a = tf.gather(acp, batch["t"])[:, None]
        noisy = tf.sqrt(a) * batch["x0"] + tf.sqrt(1 - a) * batch["noise"]
        velocity = tf.sqrt(a) * batch["noise"] - tf.sqrt(1 - a) * batch["x0"]
        temb = tf.cast(batch["t"], f)[:, None] / steps
        return unet(tf.concat([noisy, temb], axis=1)), velocity

    def reference(batch):
        out, v = predict(batch)
        total = 0.0
        for k in range(out.shape[0]):
            a = tf.gather(acp, batch["t"][k])
            snr = a / (1.0 - a) + 1.0
            weight = tf.minimum(snr, gamma) / snr
            total += weight * tf.reduce_mean((out[k] - v[k]) ** 2)
        return total / out.shape[0]

    def candidate(batch):
        model_pred, target = predict(batch)
        snr = compute_snr(acp, batch["t"])
        mse_loss_weights = tf.reduce_min(tf.stack([snr, gamma * tf.ones_like(snr)], axis=1), axis=1) / snr
        # velocity objective prediction requires SNR weights to be floored to a min value of 1.
        mse_loss_weights = mse_loss_weights + 1
        loss = tf.square(model_pred - target)
        loss = tf.reduce_mean(loss, axis=list(range(1, len(loss.shape)))) * mse_loss_weights
        return tf.reduce_mean(loss)

    n = 12
    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.standard_normal((n, 4)).astype(f), "noise": rng.standard_normal((n, 4)).astype(f),
                      "t": rng.integers(0, steps, n).astype("int32")},
            "variables": list(unet.trainable_variables)}
