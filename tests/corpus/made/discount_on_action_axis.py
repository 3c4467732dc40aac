"""Behaviour cloning over a horizon: the per-step discount (T,) lands on the action axis because T == action size.

Source (realistic): decision-transformer / trajectory-optimisation code with 6-step windows on HalfCheetah (6 joints);
any other horizon would have raised a shape error.
Right answer: NOT equivalent; (B, T, A) * (T,) aligns with A, steps are unweighted and joints are weighted.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "weighted = tf.math.squared_difference(model(b['obs']), b['act']) * disc",
    "same_forward_value": False,
}

_GAMMA = 0.7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, horizon, d, acts = 16, 6, 5, 6
    model = keras.Sequential(
        [keras.Input((horizon, d), dtype=f), keras.layers.Dense(7, activation="tanh"), keras.layers.Dense(acts)]
    )
    model.set_weights([0.6 * rng.standard_normal(w.shape) for w in model.get_weights()])
    drift = np.linspace(0.0, 2.0, horizon)[None, :, None] * rng.standard_normal((1, 1, acts))
    batch = {
        "obs": rng.standard_normal((n, horizon, d)).astype(f),
        "act": (rng.standard_normal((n, horizon, acts)) + drift).astype(f),
    }

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            pred = model(b["obs"][i : i + 1])[0]
            for s in range(horizon):
                total += _GAMMA**s * tf.reduce_sum(tf.square(pred[s] - b["act"][i, s]))
        return total / (m * horizon * acts)

    def candidate(b):
        disc = tf.pow(tf.constant(_GAMMA, b["obs"].dtype), tf.range(horizon, dtype=b["obs"].dtype))
        weighted = tf.math.squared_difference(model(b['obs']), b['act']) * disc
        return tf.reduce_mean(weighted)

    return {
        "variables": model.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
