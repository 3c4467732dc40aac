"""GAIL gradient penalty: the expert action of the interpolation is read from the policy batch.

Source (real): https://github.com/Unity-Technologies/ml-agents/pull/4425
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'expert_action = b["pi_act"]',
    "same_forward_value": False,
}
GP = 4.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, h = 8, 4, 3, 10

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    w1 = tf.Variable(mat(ds + da, h), name="w1")
    b1 = tf.Variable(mat(h), name="b1")
    w2 = tf.Variable(mat(h, 1), name="w2")
    batch = {"pi_obs": mat(n, ds), "pi_act": mat(n, da), "ex_obs": mat(n, ds) + 0.3, "ex_act": 1.5 * mat(n, da) - 0.6,
             "eps_obs": rng.random((n, 1)).astype("float32"), "eps_act": rng.random((n, 1)).astype("float32")}

    def score(x):
        return tf.nn.sigmoid(tf.nn.tanh(x @ w1 + b1) @ w2)

    def bce(b):
        p_pi = score(tf.concat([b["pi_obs"], b["pi_act"]], 1))
        p_ex = score(tf.concat([b["ex_obs"], b["ex_act"]], 1))
        return -tf.reduce_mean(tf.math.log(p_ex + 1e-7)) - tf.reduce_mean(tf.math.log(1.0 - p_pi + 1e-7))

    def reference(b):
        mix_obs = b["eps_obs"] * b["pi_obs"] + (1.0 - b["eps_obs"]) * b["ex_obs"]
        mix_act = b["eps_act"] * b["pi_act"] + (1.0 - b["eps_act"]) * b["ex_act"]
        x = tf.concat([mix_obs, mix_act], 1)
        hid = tf.nn.tanh(x @ w1 + b1)
        p = tf.nn.sigmoid(hid @ w2)
        grad = (p * (1.0 - p)) * ((1.0 - hid ** 2) * tf.transpose(w2)) @ tf.transpose(w1)
        norm = tf.sqrt(tf.reduce_sum(grad ** 2, -1) + 1e-8)
        return bce(b) + GP * tf.reduce_mean((norm - 1.0) ** 2)

    def candidate(b):
        policy_obs, expert_obs = b["pi_obs"], b["ex_obs"]
        policy_action = b["pi_act"]
        expert_action = b["pi_act"]
        interp_obs = b["eps_obs"] * policy_obs + (1 - b["eps_obs"]) * expert_obs
        interp_act = b["eps_act"] * policy_action + (1 - b["eps_act"]) * expert_action
        inp = tf.concat([interp_obs, interp_act], axis=1)
        with tf.GradientTape() as tape:
            tape.watch(inp)
            estimate = tf.reduce_sum(score(inp))
        gradient = tape.gradient(estimate, inp)
        safe_norm = tf.sqrt(tf.reduce_sum(gradient ** 2, axis=-1) + 1e-8)
        gradient_mag = tf.reduce_mean((safe_norm - 1.0) ** 2)
        return bce(b) + GP * gradient_mag

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
