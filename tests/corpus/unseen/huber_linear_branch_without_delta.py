"""Q-learning with a Huber loss whose linear part ignores the clip value: |x| - 0.5 for every threshold.

Source (real): https://github.com/tensorforce/tensorforce/issues/139 (TensorFlow 1 graph code, q_model.py; confirmed and mended).
Right answer: NOT equivalent as soon as clip_loss is not 1; the slope of the linear part should be clip_loss.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "y=tf.abs(delta) - 0.5,",
    "same_forward_value": False,
}

CLIP_LOSS = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 28, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    hidden = tf.Variable(0.6 * arr(d, hid), name="hidden_w")
    head = tf.Variable(0.5 * arr(hid, acts), name="head_w")
    batch = {"state": arr(n, d), "action": rng.integers(0, acts, n), "target": arr(n)}
    huber = keras.losses.Huber(delta=CLIP_LOSS, reduction="sum")

    def reference(b):
        q = tf.tanh(b["state"] @ hidden) @ head
        rows = tf.range(tf.shape(q)[0])
        taken = tf.gather_nd(q, tf.stack([rows, tf.cast(b["action"], tf.int32)], 1))
        return huber(b["target"][:, None], taken[:, None]) / b["target"].shape[0]

    def candidate(b):
        action_value = tf.tanh(b["state"] @ hidden) @ head
        q_value = tf.reduce_sum(action_value * tf.one_hot(b["action"], acts, dtype=action_value.dtype), axis=1)
        delta = tf.stop_gradient(b["target"]) - q_value
        loss_per_instance = tf.square(delta)
        huber_loss = tf.where(
            tf.abs(delta) < CLIP_LOSS,
            x=0.5 * loss_per_instance,
            y=tf.abs(delta) - 0.5,
        )
        return tf.reduce_mean(huber_loss)

    return {"variables": [hidden, head], "batch": batch, "reference": reference, "candidate": candidate}
