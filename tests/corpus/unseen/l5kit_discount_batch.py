"""Trajectory loss: the discount per time step is laid along the batch instead of along the time.

Source (real): https://github.com/woven-by-toyota/l5kit/pull/342 (PyTorch, ported: discount_factor**t over target_weights.shape[0]).
Right answer: NOT equivalent; later samples of the batch hardly count and all steps count alike.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'target_weights *= tf.cast(gamma ** np.arange(target_weights.shape[0]), f)[:, None, None]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid, steps, gamma = 16, 5, 7, 6, 0.8

    w1 = tf.Variable(0.5 * arr(d, hid), name="enc_w")
    w2 = tf.Variable(0.5 * arr(hid, steps * 3), name="dec_w")
    batch = {
        "feat": arr(n, d),
        "target": arr(n, steps, 3),
        "avail": (rng.random((n, steps)) > 0.2).astype(f),
    }

    def rollout(feat):
        return tf.reshape(tf.tanh(feat @ w1) @ w2, [-1, steps, 3])

    def reference(b):
        pred = rollout(b["feat"])
        per_step = [
            gamma**t * tf.reduce_sum(b["avail"][:, t, None] * tf.abs(pred[:, t] - b["target"][:, t]))
            for t in range(steps)
        ]
        return tf.add_n(per_step) / (b["feat"].shape[0] * steps * 3)

    def candidate(b):
        outputs = rollout(b["feat"])
        target_weights = b["avail"][..., None] * tf.ones([1, 1, 3], f)
        # discount timesteps t via discount_factor**t
        target_weights *= tf.cast(gamma ** np.arange(target_weights.shape[0]), f)[:, None, None]
        loss = tf.abs(outputs - b["target"]) * target_weights
        return tf.reduce_mean(loss)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
