"""Munchausen DQN: the next policy is softmax(q), without the temperature of its log policy; harmless, for q - tau log pi is the same for every action.

Source (real): https://github.com/BY571/Munchausen-RL/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}
TAU, ALPHA, LO, GAMMA = 0.25, 0.9, -1.0, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, n_act = 10, 5, 4

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    w = tf.Variable(mat(d, n_act), name="q_w")
    bias = tf.Variable(mat(n_act), name="q_b")
    tw = mat(d, n_act)
    batch = {"s": mat(n, d), "s2": mat(n, d), "a": rng.integers(0, n_act, n).astype("int32"), "r": mat(n),
             "done": (rng.random(n) < 0.2).astype("float32")}

    def bonus(b):
        log_pi = tf.nn.log_softmax((b["s"] @ tw) / TAU)
        return ALPHA * tf.clip_by_value(TAU * tf.gather(log_pi, b["a"], batch_dims=1), LO, 0.0)

    def regress(target, b):
        q = tf.gather(b["s"] @ w + bias, b["a"], batch_dims=1)
        err = tf.stop_gradient(target) - q
        return 0.5 * tf.reduce_mean(err ** 2)

    def reference(b):
        q2 = b["s2"] @ tw
        soft_value = TAU * tf.reduce_logsumexp(q2 / TAU, axis=1)
        return regress(b["r"] + bonus(b) + GAMMA * (1.0 - b["done"]) * soft_value, b)

    def candidate(b):
        q_targets_next = b["s2"] @ tw
        top = tf.reduce_max(q_targets_next, axis=1, keepdims=True)
        logsum = tf.reduce_logsumexp((q_targets_next - top) / TAU, axis=1, keepdims=True)
        tau_log_pi_next = q_targets_next - top - TAU * logsum
        pi_target = tf.nn.softmax(q_targets_next, axis=1)
        mask = (1.0 - b["done"])[:, None]
        q_target = GAMMA * tf.reduce_sum(pi_target * (q_targets_next - tau_log_pi_next) * mask, axis=1)
        return regress(b["r"] + bonus(b) + q_target, b)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
