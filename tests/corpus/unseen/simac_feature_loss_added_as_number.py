"""The feature loss is added to the denoising loss as a Python number (.detach().item()), so it trains nothing.

Source (real): https://github.com/somuchtome/SimAC/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'loss = loss + float(target_loss.numpy())',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 14, 6, 8
    down = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="down")
    mid = tf.Variable(rng.normal(size=(h, h)).astype("float32") * 0.5, name="mid")
    up = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.5, name="up")
    batch = {
        "latent": rng.normal(size=(n, d)).astype("float32"),
        "clean": rng.normal(size=(n, d)).astype("float32"),
        "noise": rng.normal(size=(n, d)).astype("float32"),
        "abar": rng.uniform(0.2, 0.9, size=(n, 1)).astype("float32"),
    }

    def unet(x):
        f1 = tf.nn.silu(x @ down)
        f2 = tf.nn.silu(f1 @ mid)
        return f2 @ up, (f1, f2)

    def noisy(x, b):
        return tf.sqrt(b["abar"]) * x + tf.sqrt(1.0 - b["abar"]) * b["noise"]

    def reference(b):
        eps, feats = unet(noisy(b["latent"], b))
        _, feats_clean = unet(noisy(b["clean"], b))
        denoise = tf.reduce_mean(tf.math.squared_difference(eps, b["noise"]))
        feature = sum(tf.reduce_mean(tf.math.squared_difference(f, tf.stop_gradient(g))) for f, g in zip(feats, feats_clean))
        return denoise + feature

    def candidate(b):
        noise_pred, feature_perturbed = unet(noisy(b["latent"], b))
        _, feature_clean = unet(noisy(b["clean"], b))
        loss = tf.reduce_mean((noise_pred - b["noise"]) ** 2)
        target_loss = tf.constant(0.0)
        for fp, fc in zip(feature_perturbed, feature_clean):
            target_loss = target_loss + tf.reduce_mean((fp - tf.stop_gradient(fc)) ** 2)
        loss = loss + float(target_loss.numpy())
        return loss

    return {"variables": [down, mid, up], "batch": batch, "reference": reference, "candidate": candidate}
