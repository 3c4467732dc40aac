"""Huber TD loss as 0.5 * q^2 + clip * (|delta| - q) with q = min(|delta|, clip), against the case distinction.

Source (real): https://github.com/spragunr/deep_q_rl/issues/46 (the repair agreed on there), later copied into many
TensorFlow DQNs. Theano, ported.
Right answer: EQUIVALENT, although a minimum() against a constant looks as if it cut the gradient of large errors.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_CLIP = 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 26, 5, 3
    w = tf.Variable((0.8 * rng.standard_normal((d, acts))).astype(f), name="q_w")
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "target": (2.0 * rng.standard_normal(n)).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            delta = (b["obs"][i : i + 1] @ w)[0, b["act"][i]] - b["target"][i]
            if abs(float(delta)) <= _CLIP:
                total += 0.5 * delta * delta
            else:
                total += _CLIP * (tf.abs(delta) - 0.5 * _CLIP)
        return total / m

    def candidate(b):
        q = tf.einsum("na,na->n", b["obs"] @ w, tf.one_hot(b["act"], acts, dtype=b["obs"].dtype))
        size = tf.abs(b["target"] - q)
        quadratic = tf.minimum(size, _CLIP)
        linear = size - quadratic
        return tf.reduce_mean(0.5 * quadratic**2 + _CLIP * linear)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
