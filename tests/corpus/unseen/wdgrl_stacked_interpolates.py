"""The gradient penalty of the domain critic stacks the interpolates with the source and target features to
(3, batch, features), so the norm over dim 1 runs over the batch instead of the features; they should be concatenated.
Source: https://github.com/jvanvugt/pytorch-domain-adaptation/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "interpolates = tf.stack([interpolates, h_s, h_t])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, hidden = 14, 6, 5
    w1 = tf.Variable((0.7 * rng.standard_normal((dim, hidden))).astype(f), name="w1")
    b1 = tf.Variable((0.2 * rng.standard_normal(hidden)).astype(f), name="b1")
    w2 = tf.Variable((0.7 * rng.standard_normal((hidden, 1))).astype(f), name="w2")
    batch = {
        "h_s": rng.standard_normal((n, dim)).astype(f),
        "h_t": (0.6 * rng.standard_normal((n, dim)) + 0.5).astype(f),
        "alpha": rng.uniform(size=(n, 1)).astype(f),
    }
    gamma = 10.0

    def reference(batch):
        """The critic is small enough to write its input gradient down."""
        def score_and_slope(h):
            a = tf.tanh(h @ w1 + b1)
            return a @ w2, ((1.0 - a**2) * tf.transpose(w2)) @ tf.transpose(w1)

        s, slope_s = score_and_slope(batch["h_s"])
        t, slope_t = score_and_slope(batch["h_t"])
        _, slope_m = score_and_slope(batch["h_s"] + batch["alpha"] * (batch["h_t"] - batch["h_s"]))
        off = [(tf.sqrt(tf.reduce_sum(g**2, axis=1)) - 1.0) ** 2 for g in (slope_s, slope_t, slope_m)]
        penalty = tf.add_n([tf.reduce_mean(o) for o in off]) / 3.0
        return tf.reduce_mean(t) - tf.reduce_mean(s) + gamma * penalty

    def candidate(batch):
        def critic(x):
            return tf.tensordot(tf.tanh(tf.tensordot(x, w1, 1) + b1), w2, 1)

        def gradient_penalty(critic, h_s, h_t):
            alpha = batch["alpha"]
            differences = h_t - h_s
            interpolates = h_s + (alpha * differences)
            interpolates = tf.stack([interpolates, h_s, h_t])
            with tf.GradientTape() as inner:
                inner.watch(interpolates)
                preds = critic(interpolates)
            gradients = inner.gradient(preds, interpolates)
            gradient_norm = tf.norm(gradients, axis=1)
            return tf.reduce_mean((gradient_norm - 1) ** 2)

        gp = gradient_penalty(critic, batch["h_s"], batch["h_t"])
        wasserstein_distance = tf.reduce_mean(critic(batch["h_s"])) - tf.reduce_mean(critic(batch["h_t"]))
        return -wasserstein_distance + gamma * gp

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
