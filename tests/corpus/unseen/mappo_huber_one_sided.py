"""MAPPO value loss: the hand-written Huber loss tests e > d instead of |e| > d, so large negative errors cost nothing.

Source (real): https://github.com/marlbenchmark/on-policy/issues/47 (PyTorch, ported; confirmed and fixed).
Right answer: NOT equivalent; samples whose value is far above the return give neither loss nor gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "linear = tf.cast(e > d, e.dtype)",
    "same_forward_value": False,
}

_CLIP, _DELTA = 0.2, 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d_obs, hid = 32, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d_obs, hid), name="critic_w1")
    w2 = tf.Variable(0.7 * arr(hid, 1), name="critic_w2")
    batch = {"obs": arr(n, d_obs), "old_value": 0.3 * arr(n, 1), "ret": 1.5 * arr(n, 1)}
    elementwise = keras.losses.Huber(delta=_DELTA, reduction=None)

    def critic(obs):
        return tf.tanh(obs @ w1) @ w2

    def reference(b):
        v = critic(b["obs"])
        near_old = b["old_value"] + tf.clip_by_value(v - b["old_value"], -_CLIP, _CLIP)
        plain = elementwise(b["ret"], v)
        clipped = elementwise(b["ret"], near_old)
        return tf.reduce_mean(tf.maximum(plain, clipped))

    def candidate(b):
        def huber_loss(e, d):
            quadratic = tf.cast(tf.abs(e) <= d, e.dtype)
            linear = tf.cast(e > d, e.dtype)
            return quadratic * e**2 / 2 + linear * d * (tf.abs(e) - d / 2)

        values = critic(b["obs"])
        value_pred_clipped = b["old_value"] + tf.clip_by_value(values - b["old_value"], -_CLIP, _CLIP)
        error_clipped = b["ret"] - value_pred_clipped
        error_original = b["ret"] - values
        value_loss_clipped = huber_loss(error_clipped, _DELTA)
        value_loss_original = huber_loss(error_original, _DELTA)
        return tf.reduce_mean(tf.maximum(value_loss_original, value_loss_clipped))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
