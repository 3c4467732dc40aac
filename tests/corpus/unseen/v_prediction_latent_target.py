"""Suspected: the target is the clean latents while the model predicts a velocity. Right: the prediction
goes through get_velocity first and the weight 1/(1-alpha_bar) makes it the v loss. Source: https://github.com/UMass-Embodied-AGI/TesserAct/issues/16"""
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

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, steps = 5, 6, 10
    w1, w2 = var("w1", d + 1, 8), var("w2", 8, d)
    abar = np.cumprod(1 - np.linspace(0.02, 0.4, steps))
    batch = {"latents": rng.standard_normal((n, d)).astype(fx), "noise": rng.standard_normal((n, d)).astype(fx),
             "timesteps": rng.integers(0, steps, n).astype("int32"), "alphas_cumprod": abar.astype(fx)}

    def unet(x, t):
        tt = tf.cast(t, x.dtype)[:, None] / steps
        return tf.nn.gelu(tf.concat([x, tt], axis=1) @ w1) @ w2

    def reference(batch):
        a = tf.gather(batch["alphas_cumprod"], batch["timesteps"])[:, None]
        noisy = tf.sqrt(a) * batch["latents"] + tf.sqrt(1 - a) * batch["noise"]
        v = tf.sqrt(a) * batch["noise"] - tf.sqrt(1 - a) * batch["latents"]
        return tf.reduce_mean(tf.square(unet(noisy, batch["timesteps"]) - v))

    def candidate(batch):
        def get_velocity(sample, noise, alpha):
            return alpha ** 0.5 * noise - (1.0 - alpha) ** 0.5 * sample

        video_latents = batch["latents"]
        alpha = tf.gather(batch["alphas_cumprod"], batch["timesteps"])[:, None]
        noisy_latents = alpha ** 0.5 * video_latents + (1.0 - alpha) ** 0.5 * batch["noise"]
        model_output = unet(noisy_latents, batch["timesteps"])
        model_pred = get_velocity(model_output, noisy_latents, alpha)
        weights = 1.0 / (1.0 - alpha)
        target = video_latents
        loss = tf.reduce_mean(tf.reshape(weights * (model_pred - target) ** 2, (n, -1)), axis=1)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
