"""Min-SNR weights for a v-prediction model: the epsilon weight plus one is used, while the +1 belongs to the
denominator. Source: https://github.com/huggingface/diffusers/pull/8466"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mse_loss_weights = mse_loss_weights + 1.0",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, steps, gamma = 6, 5, 12, 5.0
    f = keras.config.floatx()
    betas = np.linspace(0.02, 0.3, steps)
    acp_np = np.cumprod(1.0 - betas).astype(f)
    w = tf.Variable(rng.standard_normal((d + 1, d)).astype(f), name="w")
    b = tf.Variable(rng.standard_normal(d).astype(f), name="b")

    def model(x, t):
        tt = tf.cast(t, x.dtype)[:, None] / steps
        return tf.concat([x, tt], -1) @ w + b

    def reference(batch):
        a = tf.gather(batch["acp"], batch["t"])[:, None]
        x_t = tf.sqrt(a) * batch["x0"] + tf.sqrt(1 - a) * batch["noise"]
        v = tf.sqrt(a) * batch["noise"] - tf.sqrt(1 - a) * batch["x0"]
        err = tf.reduce_mean(tf.square(model(x_t, batch["t"]) - v), axis=1)
        snr = (a / (1 - a))[:, 0]
        return tf.reduce_mean(err * tf.minimum(snr, gamma) / (snr + 1.0))

    def candidate(batch):
        prediction_type = "v_prediction"
        alphas_cumprod, timesteps = batch["acp"], batch["t"]
        sqrt_a = tf.gather(alphas_cumprod ** 0.5, timesteps)[:, None]
        sqrt_1ma = tf.gather((1.0 - alphas_cumprod) ** 0.5, timesteps)[:, None]
        noisy_latents = sqrt_a * batch["x0"] + sqrt_1ma * batch["noise"]
        if prediction_type == "epsilon":
            target = batch["noise"]
        else:
            target = sqrt_a * batch["noise"] - sqrt_1ma * batch["x0"]
        model_pred = model(noisy_latents, timesteps)

        snr = tf.squeeze((sqrt_a / sqrt_1ma) ** 2, -1)
        mse_loss_weights = tf.reduce_min(tf.stack([snr, gamma * tf.ones_like(snr)], axis=1), axis=1) / snr
        if prediction_type == "v_prediction":
            mse_loss_weights = mse_loss_weights + 1.0
        loss = tf.math.squared_difference(model_pred, target)
        loss = tf.reduce_mean(loss, axis=list(range(1, len(loss.shape)))) * mse_loss_weights
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.standard_normal((n, d)).astype(f),
                      "noise": rng.standard_normal((n, d)).astype(f),
                      "acp": acp_np,
                      "t": rng.permutation(steps)[:n].astype("int32")},
            "variables": [w, b]}
