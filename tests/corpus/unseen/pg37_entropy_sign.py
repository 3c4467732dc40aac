"""A2C adds the entropy estimate -log_prob to the policy loss with a plus sign, so entropy is minimised instead of maximised. Source: https://github.com/MrSyee/pg-is-all-you-need/issues/37"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "policy_loss += entropy_weight * -tf.reduce_mean(log_prob)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs = 7, 3
    gamma, entropy_weight = 0.9, 1e-1
    k = lambda *s: tf.Variable(rng.normal(0, 0.5, s).astype("float32"))
    w1, w_mu, w_std = k(obs, 12), k(12, 1), k(12, 1)
    v1, v2 = k(obs, 12), k(12, 1)

    def actor(state):
        h = tf.nn.relu(state @ w1)
        mu = tf.tanh(h @ w_mu) * 2.0
        std = tf.exp(tf.nn.softplus(h @ w_std) - 1.0)
        return mu, std

    def critic(state):
        return tf.nn.relu(state @ v1) @ v2

    def log_prob_of(action, mu, std):
        var = std * std
        return -tf.square(action - mu) / (2.0 * var) - tf.math.log(std) - tf.math.log(tf.sqrt(2.0 * np.pi))

    def smooth_l1(x, y):
        d = tf.abs(x - y)
        return tf.reduce_mean(tf.where(d < 1.0, 0.5 * d * d, d - 0.5))

    def reference(batch):
        mu, std = actor(batch["state"])
        logp = log_prob_of(batch["action"], mu, std)
        v = critic(batch["state"])
        q = batch["reward"] + gamma * critic(batch["next_state"]) * (1.0 - batch["done"])
        value_loss = smooth_l1(v, tf.stop_gradient(q))
        advantage = tf.stop_gradient(q - v)
        entropy_estimate = -logp
        return tf.reduce_mean(-advantage * logp - entropy_weight * entropy_estimate) + value_loss

    def candidate(batch):
        mask = 1 - batch["done"]
        log_prob = log_prob_of(batch["action"], *actor(batch["state"]))
        pred_value = critic(batch["state"])
        targ_value = batch["reward"] + gamma * critic(batch["next_state"]) * mask
        value_loss = smooth_l1(pred_value, tf.stop_gradient(targ_value))
        advantage = tf.stop_gradient(targ_value - pred_value)
        policy_loss = -tf.reduce_mean(advantage * log_prob)
        policy_loss += entropy_weight * -tf.reduce_mean(log_prob)
        return policy_loss + value_loss

    batch = {
        "state": rng.normal(size=(n, obs)).astype("float32"),
        "next_state": rng.normal(size=(n, obs)).astype("float32"),
        "action": rng.normal(size=(n, 1)).astype("float32"),
        "reward": rng.normal(size=(n, 1)).astype("float32"),
        "done": (rng.random((n, 1)) < 0.2).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w_mu, w_std, v1, v2]}
