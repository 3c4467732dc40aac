"""SVD finetuning: c_out * pred + c_skip * noisy is reported as wrong in the loss; with the EDM weight it is the same
as regressing (x0 - c_skip * noisy) / c_out.
Source: https://github.com/roboterax/video-prediction-policy/issues/4"""
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

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, k = 5, 4, 8
    w1, w2 = var("w1", d + 1, k), var("w2", k, d)
    sd = 0.5

    def reference(batch):
        sig = batch["sigma"][:, None]
        noisy = batch["x0"] + sig * batch["eps"]
        root = tf.sqrt(sig ** 2 + sd ** 2)
        net = tf.nn.silu(tf.concat([noisy / root, 0.25 * tf.math.log(sig)], 1) @ w1) @ w2
        target = (batch["x0"] - noisy * sd ** 2 / root ** 2) * root / (sig * sd)
        return tf.reduce_mean((net - target) ** 2)

    def candidate(batch):
        latents, sigma = batch["x0"], batch["sigma"][:, None]
        noisy_latents = latents + sigma * batch["eps"]
        c_skip = sd ** 2 / (tf.square(sigma) + sd ** 2)
        c_out = sigma * sd * tf.math.rsqrt(tf.square(sigma) + sd ** 2)
        c_in = tf.math.rsqrt(tf.square(sigma) + sd ** 2)
        c_noise = tf.math.log(sigma) / 4.0
        loss_weight = (tf.square(sigma) + sd ** 2) / tf.square(sigma * sd)
        hidden = tf.nn.silu(tf.matmul(tf.concat([noisy_latents * c_in, c_noise], axis=-1), w1))
        model_pred = tf.matmul(hidden, w2)
        predict_x0 = c_out * model_pred + c_skip * noisy_latents
        return tf.reduce_mean(tf.square(predict_x0 - latents) * loss_weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.normal(size=(n, d)).astype(fx), "eps": rng.normal(size=(n, d)).astype(fx), "sigma": rng.uniform(0.2, 2, n).astype(fx)},
            "variables": [w1, w2]}
