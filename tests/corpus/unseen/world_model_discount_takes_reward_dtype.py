"""World model: the default discount target is built like the integer rewards and becomes 0, so the discount head learns termination.

Source (real): https://github.com/SlopDotCash/asi/issues/386
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'discounts = tf.cast(tf.fill(tf.shape(rewards), GAMMA), rewards.dtype)',
    "same_forward_value": False,
}
GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, n_act, h = 10, 5, 3, 8

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    enc = tf.Variable(mat(d + n_act, h), name="encoder")
    obs_head = tf.Variable(mat(h, d), name="obs_head")
    rew_head = tf.Variable(mat(h, 1), name="reward_head")
    disc_head = tf.Variable(mat(h, 1), name="discount_head")
    batch = {"obs": mat(n, d), "next_obs": mat(n, d), "act": rng.integers(0, n_act, n).astype("int32"),
             "rew": (np.arange(n) % 2).astype("int32")}

    def predict(b):
        hid = tf.tanh(tf.concat([b["obs"], tf.one_hot(b["act"], n_act)], axis=1) @ enc)
        discount = tf.clip_by_value(GAMMA * tf.sigmoid(hid @ disc_head), 0.0, GAMMA)
        return b["obs"] + hid @ obs_head, tf.squeeze(hid @ rew_head, -1), tf.squeeze(discount, -1)

    def reference(b):
        next_obs, reward, discount = predict(b)
        err_obs = tf.reduce_sum((next_obs - b["next_obs"]) ** 2, axis=1)
        err_rew = (reward - tf.cast(b["rew"], tf.float32)) ** 2
        err_disc = (discount - GAMMA) ** 2
        return tf.reduce_mean(err_obs + err_rew + err_disc)

    def candidate(b):
        rewards = b["rew"]
        discounts = tf.cast(tf.fill(tf.shape(rewards), GAMMA), rewards.dtype)
        pred_obs, pred_rew, pred_disc = predict(b)
        obs_loss = tf.reduce_mean(tf.reduce_sum(tf.square(pred_obs - b["next_obs"]), axis=-1))
        reward_loss = tf.reduce_mean(tf.square(pred_rew - tf.cast(rewards, tf.float32)))
        discount_loss = tf.reduce_mean(tf.square(pred_disc - tf.cast(discounts, tf.float32)))
        return obs_loss + reward_loss + discount_loss

    return {"variables": [enc, obs_head, rew_head, disc_head], "batch": batch, "reference": reference, "candidate": candidate}
