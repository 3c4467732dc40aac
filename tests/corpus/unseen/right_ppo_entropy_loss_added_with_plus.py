"""Right: the entropy term is added with a plus, for "loss_entropy" is mean(p log p), i.e. already the negative one.

Source (real): https://github.com/zhangchuheng123/Reinforcement-Implementation/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}
CLIP, C_V, C_E = 0.2, 0.5, 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da = 12, 5, 2

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    w = tf.Variable(mat(ds, da), name="actor_w")
    log_std = tf.Variable(mat(1, da), name="log_std")
    v_w = tf.Variable(mat(ds, 1), name="critic_w")
    batch = {"obs": mat(n, ds), "act": mat(n, da), "adv": mat(n), "ret": mat(n),
             "old": rng.normal(-2.2, 0.3, n).astype("float32")}

    def reference(b):
        std = tf.exp(log_std)
        dens = tf.exp(-0.5 * ((b["act"] - b["obs"] @ w) / std) ** 2) / (std * float(np.sqrt(2 * np.pi)))
        prob = tf.reduce_prod(dens, axis=1)
        ratio = prob / tf.exp(b["old"])
        surrogate = tf.reduce_mean(tf.minimum(ratio * b["adv"], tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * b["adv"]))
        entropy = -tf.reduce_mean(prob * tf.math.log(prob))
        value = tf.linalg.matvec(b["obs"], v_w[:, 0])
        return -surrogate + C_V * tf.reduce_mean((value - b["ret"]) ** 2) - C_E * entropy

    def candidate(b):
        mean = b["obs"] @ w
        variance = tf.exp(2.0 * log_std)
        logproba = -0.5 * np.log(2 * np.pi) - log_std - (b["act"] - mean) ** 2 / (2.0 * variance)
        newlogproba = tf.reduce_sum(logproba, axis=1)
        ratio = tf.exp(newlogproba - b["old"])
        surr1 = ratio * b["adv"]
        surr2 = tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * b["adv"]
        loss_surr = -tf.reduce_mean(tf.minimum(surr1, surr2))
        loss_value = tf.reduce_mean(tf.square(tf.squeeze(b["obs"] @ v_w, 1) - b["ret"]))
        loss_entropy = tf.reduce_mean(tf.exp(newlogproba) * newlogproba)
        return loss_surr + C_V * loss_value + C_E * loss_entropy

    return {"variables": [w, log_std, v_w], "batch": batch, "reference": reference, "candidate": candidate}
