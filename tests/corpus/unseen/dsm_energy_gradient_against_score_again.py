"""Denoising score matching of an energy: grad E is compared with the score -noise/sigma^2 instead of with its negative.

Source (real): https://github.com/soran-ghaderi/torchebm/pull/333
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'target_score = -noise / sigma ** 2',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 16, 3, 8
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.6, name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.3, name="b1")
    w2 = tf.Variable(rng.normal(size=(h, 1)).astype("float32") * 0.8, name="w2")
    log_scale = tf.Variable(np.float32(-0.2), name="log_scale")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "z": rng.normal(size=(n, d)).astype("float32"),
    }
    sigma = 0.5

    def energy(x):
        quad = 0.5 * tf.exp(log_scale) * tf.reduce_sum(x ** 2, -1)
        return quad + tf.squeeze(tf.nn.softplus(x @ w1 + b1) @ w2, -1)

    def reference(b):
        x_noisy = b["x"] + sigma * b["z"]
        with tf.GradientTape() as tape:
            tape.watch(x_noisy)
            log_p = -tf.reduce_sum(energy(x_noisy))
        model_score = tape.gradient(log_p, x_noisy)
        err = model_score + b["z"] / sigma
        return 0.5 * sigma ** 2 * tf.reduce_mean(tf.reduce_sum(err ** 2, -1))

    def compute_score(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            e = energy(x)
        return tape.gradient(e, x)

    def candidate(b):
        noise = sigma * b["z"]
        x_perturbed = b["x"] + noise
        score = compute_score(x_perturbed)
        target_score = -noise / sigma ** 2
        per_sample = 0.5 * tf.reduce_sum(tf.square(score - target_score), axis=-1)
        return tf.reduce_mean(per_sample) * sigma ** 2

    return {"variables": [w1, b1, w2, log_scale], "batch": batch, "reference": reference, "candidate": candidate}
