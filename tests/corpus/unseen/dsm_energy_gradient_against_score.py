"""The gradient of the energy (minus the score) is matched to the score -noise / sigma^2 of the noise kernel: the sign is reversed.

Source (real): https://github.com/soran-ghaderi/torchebm/pull/333
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'target_score = -noise / noise_scale ** 2',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 12, 4, 8
    w = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.6, name="w")
    bias = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.2, name="bias")
    v = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.6, name="v")
    scale = tf.Variable(np.float32(0.4), name="quadratic_scale")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "eps": rng.normal(size=(n, d)).astype("float32"),
    }
    noise_scale = 0.6

    def energy(x):
        soft = tf.math.softplus(x @ w + bias)
        return tf.linalg.matvec(soft, v) + 0.5 * scale * tf.reduce_sum(tf.square(x), axis=1)

    def compute_score(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            e = tf.reduce_sum(energy(x))
        return tape.gradient(e, x)

    def reference(b):
        shift = noise_scale * b["eps"]
        residual = compute_score(b["x"] + shift) - b["eps"] / noise_scale
        return 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(residual), axis=1))

    def candidate(b):
        noise = b["eps"] * noise_scale
        x_perturbed = b["x"] + noise
        score = compute_score(x_perturbed)
        target_score = -noise / noise_scale ** 2
        per_sample = tf.reduce_sum(tf.square(score - target_score), axis=1)
        return 0.5 * tf.reduce_mean(per_sample)

    return {"variables": [w, bias, v, scale], "batch": batch, "reference": reference, "candidate": candidate}
