"""PPO model uses the clipped ratio alone in its surrogate; equation 7 takes the minimum of both products.
Source: https://github.com/tensorforce/tensorforce/issues/106"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "surrogate = clipped_prob_ratio * batch[\"reward\"]", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A, clip = 8, 4, 2, 0.2
    mw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="mean_w")
    ls = tf.Variable((0.3 * rng.normal(size=A)).astype(fx), name="log_stddev")

    def reference(batch):
        std = tf.exp(ls)
        lp = -0.5 * ((batch["action"] - batch["state"] @ mw) / std) ** 2 - ls - 0.5 * np.log(2 * np.pi)
        r = tf.exp(tf.reduce_sum(lp, 1) - batch["prev_log_prob"])
        adv = batch["reward"]
        bound = tf.where(adv > 0, (1 + clip) * adv, (1 - clip) * adv)
        return -tf.reduce_mean(tf.minimum(r * adv, bound)) - 0.01 * tf.reduce_sum(ls)

    def candidate(batch):
        mean = tf.matmul(batch["state"], mw)
        sq_diff = tf.square(batch["action"] - mean) * tf.exp(-2.0 * ls)
        log_prob = -0.5 * tf.reduce_sum(sq_diff + 2.0 * ls + np.log(2 * np.pi), axis=-1)
        prob_ratio = tf.exp(log_prob - batch["prev_log_prob"])
        clipped_prob_ratio = tf.clip_by_value(prob_ratio, 1.0 - clip, 1.0 + clip)
        surrogate = clipped_prob_ratio * batch["reward"]
        loss_per_instance = -surrogate
        entropy = tf.reduce_sum(ls)
        return tf.reduce_mean(loss_per_instance) - 0.01 * entropy

    s = rng.normal(size=(B, d))
    a = s @ mw.numpy() + np.exp(ls.numpy()) * rng.normal(size=(B, A))
    z = (a - s @ mw.numpy()) / np.exp(ls.numpy())
    lp = (-0.5 * z * z - ls.numpy() - 0.5 * np.log(2 * np.pi)).sum(1)
    shift = np.array([0.5, -0.5, 0.05, 0.4, -0.4, -0.05, 0.6, -0.6])
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": s.astype(fx), "action": a.astype(fx), "prev_log_prob": (lp + shift).astype(fx),
                      "reward": (np.array([1, -1, 1, 1, -1, -1, -1, 1]) * rng.uniform(0.5, 2, B)).astype(fx)},
            "variables": [mw, ls]}
