"""Diffusion ORPO: the denoising errors stand in for log-probabilities without the minus sign, so the loser is preferred.

Source (real): https://github.com/huggingface/diffusers/pull/7465 (PyTorch; last comment: "log_prob is akin to -mse not mse").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_odds = model_losses_w - model_losses_l",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c, beta = 14, 3, 4, 2, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    unet_in = tf.Variable(0.5 * arr(c, 6), name="unet_in")
    unet_out = tf.Variable(0.5 * arr(6, c), name="unet_out")
    t_emb = tf.Variable(0.3 * arr(6), name="time_emb")
    batch = {
        "winner": arr(n, h, w, c), "loser": arr(n, h, w, c), "noise": arr(n, h, w, c),
        "sigma": rng.uniform(0.2, 0.9, (n, 1, 1, 1)).astype(f),
    }

    def unet(x, sigma):
        return tf.nn.swish(tf.tensordot(x, unet_in, 1) + sigma * t_emb) @ unet_out

    def reference(b):
        log_p = {}
        for side in ("winner", "loser"):
            noisy = tf.sqrt(1.0 - b["sigma"] ** 2) * b[side] + b["sigma"] * b["noise"]
            residual = unet(noisy, b["sigma"]) - b["noise"]
            log_p[side] = -tf.reduce_mean(tf.reshape(residual**2, [-1, h * w * c]), axis=1)
        margin = log_p["winner"] - log_p["loser"]
        return tf.reduce_mean(-log_p["winner"] + beta * tf.math.log1p(tf.exp(-margin)))

    def candidate(b):
        latents = tf.concat([b["winner"], b["loser"]], axis=0)
        noise = tf.tile(b["noise"], [2, 1, 1, 1])
        sigma = tf.tile(b["sigma"], [2, 1, 1, 1])
        noisy_latents = tf.sqrt(1.0 - tf.square(sigma)) * latents + sigma * noise
        model_pred = unet(noisy_latents, sigma)
        model_losses = tf.math.squared_difference(model_pred, noise)
        model_losses = tf.reduce_mean(model_losses, axis=list(range(1, len(model_losses.shape))))
        model_losses_w, model_losses_l = tf.split(model_losses, 2)
        log_odds = model_losses_w - model_losses_l
        ratio = tf.math.log_sigmoid(log_odds)
        ratio_losses = beta * ratio
        return tf.reduce_mean(model_losses_w) - tf.reduce_mean(ratio_losses)

    return {"variables": [unet_in, unet_out, t_emb], "batch": batch, "reference": reference, "candidate": candidate}
