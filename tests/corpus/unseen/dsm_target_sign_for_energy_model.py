"""Denoising score matching of an energy model: grad E is matched against grad log p, the sign convention is mixed up.

Source (real): https://github.com/soran-ghaderi/torchebm/issues/318
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "target_score = -noise / noise_scale ** 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 20, 2, 9
    noise_scale = 0.4
    w1 = tf.Variable(rng.normal(0, 0.8, (d, h)).astype("float32"), name="energy_w1")
    b1 = tf.Variable(rng.normal(0, 0.3, (h,)).astype("float32"), name="energy_b1")
    w2 = tf.Variable(rng.normal(0, 0.8, (h,)).astype("float32"), name="energy_w2")
    prec = tf.Variable(np.array(0.7, "float32"), name="energy_precision")
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32"), "eps": rng.normal(0, 1, (n, d)).astype("float32")}

    def energy(x):
        return tf.linalg.matvec(tf.nn.softplus(x @ w1 + b1), w2) + 0.5 * prec * tf.reduce_sum(x ** 2, axis=1)

    def compute_score(x):
        """grad E, as every loss of the library expects it."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(energy(x))
        return tape.gradient(total, x)

    def reference(b):
        noisy = b["x"] + noise_scale * b["eps"]
        grad_e = compute_score(noisy)
        residual = grad_e - b["eps"] / noise_scale
        reg = tf.reduce_mean(energy(noisy) ** 2)
        return 0.5 * tf.reduce_mean(tf.reduce_sum(residual ** 2, axis=1)) + 0.01 * reg

    def candidate(b):
        noise = b["eps"] * noise_scale
        x_perturbed = b["x"] + noise
        score = compute_score(x_perturbed)
        target_score = -noise / noise_scale ** 2
        per_sample = 0.5 * tf.reduce_sum(tf.math.squared_difference(score, target_score), axis=-1)
        return tf.reduce_mean(per_sample) + 0.01 * tf.reduce_mean(tf.square(energy(x_perturbed)))

    return {"variables": [w1, b1, w2, prec], "batch": batch, "reference": reference, "candidate": candidate}
