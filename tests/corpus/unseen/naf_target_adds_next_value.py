"""NAF: the target is r + gamma * mask + V(s'), a plus where a product belongs.

Source (real): https://github.com/ikostrikov/pytorch-ddpg-naf/issues/16
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'expected_state_action_values = reward_batch + (GAMMA * mask_batch + next_state_values)',
    "same_forward_value": False,
}
GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, h = 8, 4, 2, 7

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    trunk = tf.Variable(mat(ds, h), name="trunk")
    v_w = tf.Variable(mat(h, 1), name="V")
    mu_w = tf.Variable(mat(h, da), name="mu")
    l_w = tf.Variable(mat(h, da * da), name="L")
    t_trunk, t_v = mat(ds, h), mat(h, 1)
    tril = tf.constant(np.tril(np.ones((da, da), "float32"), -1))
    batch = {"state": mat(n, ds), "action": np.tanh(mat(n, da)), "next_state": mat(n, ds), "reward": mat(n) + 1.0,
             "mask": (rng.random(n) > 0.3).astype("float32")}

    def q_value(b):
        x = tf.tanh(b["state"] @ trunk)
        mu = tf.tanh(x @ mu_w)
        raw = tf.reshape(x @ l_w, [-1, da, da])
        lower = raw * tril + tf.linalg.diag(tf.exp(tf.linalg.diag_part(raw)))
        p = lower @ tf.linalg.matrix_transpose(lower)
        diff = (b["action"] - mu)[:, :, None]
        adv = -0.5 * tf.squeeze(tf.linalg.matrix_transpose(diff) @ p @ diff, [1, 2])
        return adv + tf.squeeze(x @ v_w, -1)

    def next_value(b):
        return tf.tanh(b["next_state"] @ t_trunk) @ t_v

    def reference(b):
        q = q_value(b)
        v2 = next_value(b)[:, 0]
        per = []
        for i in range(n):
            y = b["reward"][i]
            y += GAMMA * b["mask"][i] * v2[i]
            per.append(tf.square(q[i] - tf.stop_gradient(y)))
        return tf.reduce_mean(tf.stack(per))

    def candidate(b):
        reward_batch = b["reward"][:, None]
        mask_batch = b["mask"][:, None]
        next_state_values = next_value(b)
        expected_state_action_values = reward_batch + (GAMMA * mask_batch + next_state_values)
        state_action_values = q_value(b)[:, None]
        loss = tf.reduce_mean(tf.square(state_action_values - tf.stop_gradient(expected_state_action_values)))
        return loss

    return {"variables": [trunk, v_w, mu_w, l_w], "batch": batch, "reference": reference, "candidate": candidate}
