"""A2C notebook: a reader finds that detaching the returns changes nothing, for they come from
the rewards alone; he is right.
Source: https://github.com/bentrevett/pytorch-rl/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    envs, horizon, obs_dim, n_act, gamma = 3, 5, 4, 2, 0.95
    w = tf.Variable((rng.standard_normal((obs_dim, n_act)) * 0.7).astype(fx), name="w")
    w_v = tf.Variable((rng.standard_normal((obs_dim, 1)) * 0.7).astype(fx), name="w_v")

    def reference(batch):
        total = tf.zeros((), fx)
        for e in range(envs):
            g = tf.zeros((), fx)
            logp = tf.nn.log_softmax(tf.matmul(batch["obs"][e], w))
            v = tf.matmul(batch["obs"][e], w_v)[:, 0]
            for t in reversed(range(horizon)):
                g = tf.stop_gradient(batch["rewards"][e, t] + gamma * g * (1.0 - batch["dones"][e, t]))
                adv = tf.stop_gradient(g - v[t])
                d = tf.abs(g - v[t])
                total += tf.where(d < 1.0, 0.5 * d ** 2, d - 0.5) - adv * logp[t, batch["actions"][e, t]]
        return total

    def candidate(batch):
        keep = gamma * (1.0 - batch["dones"])
        returns, r = [], tf.zeros_like(batch["rewards"][:, 0])
        for step in range(horizon):
            k = horizon - 1 - step
            r = batch["rewards"][:, k] + keep[:, k] * r
            returns.insert(0, r)
        returns = tf.stack(returns, axis=1)
        values = tf.squeeze(tf.einsum("etd,do->eto", batch["obs"], w_v), axis=-1)
        log_prob = tf.nn.log_softmax(tf.einsum("etd,da->eta", batch["obs"], w), axis=-1)
        log_prob_actions = tf.gather(log_prob, batch["actions"], batch_dims=2)
        advantages = returns - tf.stop_gradient(values)
        policy_loss = -tf.reduce_sum(advantages * log_prob_actions)
        gap = tf.abs(returns - values)
        small = tf.minimum(gap, 1.0)
        value_loss = tf.reduce_sum(small * (gap - 0.5 * small))
        return policy_loss + value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((envs, horizon, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, (envs, horizon)).astype("int32"),
                      "rewards": rng.standard_normal((envs, horizon)).astype(fx),
                      "dones": np.array([[0, 0, 1, 0, 0], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0]]).astype(fx)},
            "variables": [w, w_v]}
