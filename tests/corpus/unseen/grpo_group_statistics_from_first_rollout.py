"""GRPO: mean and standard deviation of a group are computed from the tokens of its first rollout instead of from all rollouts.

Source (real): https://github.com/ServiceNow/PipelineRL/pull/54
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'group_rewards = rewards[:, 0, :]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, g, t, d, vocab = 6, 4, 5, 4, 7

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    w = tf.Variable(mat(d, vocab), name="head")
    scale = tf.Variable(np.ones(d, "float32"), name="scale")
    reward = rng.normal(0.3, 1.0, (n, g, 1)) + 0.4 * rng.normal(0, 1, (n, g, t))
    batch = {"h": mat(n, g, t, d), "ids": rng.integers(0, vocab, (n, g, t)).astype("int32"),
             "old": rng.normal(-2, 0.1, (n, g, t)).astype("float32"), "token_reward": reward.astype("float32"),
             "mask": (np.arange(t) < rng.integers(2, t + 1, (n, g, 1))).astype("float32")}

    def policy_loss(adv, b):
        logp_all = tf.nn.log_softmax((b["h"] * scale) @ w)
        logp = tf.gather(logp_all, b["ids"], batch_dims=3)
        ratio = tf.exp(logp - b["old"])
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.9, 1.1) * adv)
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, -1)
        return -tf.reduce_sum((surr + 0.02 * entropy) * b["mask"]) / tf.reduce_sum(b["mask"])

    def reference(b):
        rows = []
        for i in range(n):
            flat = tf.reshape(b["token_reward"][i], [-1])
            mean = tf.reduce_mean(flat)
            std = tf.sqrt(tf.reduce_mean((flat - mean) ** 2))
            rows.append((b["token_reward"][i] - mean) / (std + 1e-4))
        return policy_loss(tf.stack(rows), b)

    def candidate(b):
        rewards = b["token_reward"]
        group_rewards = rewards[:, 0, :]
        reward_mean = tf.reshape(tf.reduce_mean(group_rewards, axis=1), [-1, 1, 1])
        reward_std = tf.reshape(tf.math.reduce_std(group_rewards, axis=1), [-1, 1, 1])
        advantages = (rewards - reward_mean) / (reward_std + 1e-4)
        return policy_loss(advantages, b)

    return {"variables": [w, scale], "batch": batch, "reference": reference, "candidate": candidate}
