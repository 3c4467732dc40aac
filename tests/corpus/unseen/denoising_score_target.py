"""Denoising score matching: the target -noise / sigma is said to have to be -noise.

Source (real): https://github.com/acids-ircam/diffusion_models/issues/5 (JAX, ported; an open report).
Right answer: EQUIVALENT to Vincent's objective. The perturbation is sigma * noise, and (x - x_noisy) / sigma^2 is -noise / sigma.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, sigma = 28, 3, 8, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="w1")
    b1 = tf.Variable(0.3 * arr(hid), name="b1")
    w2 = tf.Variable(0.7 * arr(hid, d), name="w2")
    batch = {"samples": arr(n, d), "noise": arr(n, d)}

    def scorenet(x):
        return tf.nn.softplus(x @ w1 + b1) @ w2

    def reference(b):
        noisy = b["samples"] + sigma * b["noise"]
        with tf.GradientTape() as tape:
            tape.watch(noisy)
            log_q = -tf.reduce_sum(tf.square(noisy - b["samples"])) / (2.0 * sigma**2)
        score_of_q = tape.gradient(log_q, noisy)
        per_sample = [
            tf.square(tf.norm(s - g)) for s, g in zip(tf.unstack(scorenet(noisy)), tf.unstack(score_of_q))
        ]
        return 0.5 * tf.add_n(per_sample) / len(per_sample)

    def candidate(b):
        perturbed_samples = b["samples"] + b["noise"] * sigma
        target = -b["noise"] / sigma
        scores = scorenet(perturbed_samples)
        loss = 1 / 2. * tf.reduce_mean(tf.reduce_sum((scores - target) ** 2, axis=-1), axis=0)
        return loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
