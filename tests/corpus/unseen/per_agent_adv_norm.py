"""MAPPO/IPPO normalise the advantage over the agents as well; the agent dimension should be left out.
Source: https://github.com/facebookresearch/BenchMARL/issues/255"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "loc, var = tf.nn.moments(advantage, axes=list(range(len(advantage.shape))), keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, agents, dim, act_dim = 6, 3, 4, 2
    obs = rng.normal(size=(n, agents, dim)).astype(fx)
    act = rng.normal(size=(n, agents, act_dim)).astype(fx)
    adv = rng.normal(size=(n, agents, 1)) * np.array([0.2, 1.0, 5.0]).reshape(1, 3, 1) \
        + np.array([0.5, -1.0, 3.0]).reshape(1, 3, 1)
    old = (-2.0 + 0.3 * rng.normal(size=(n, agents))).astype(fx)
    w = tf.Variable((0.4 * rng.normal(size=(agents, dim, act_dim))).astype(fx), name="w_agents")
    log_std = tf.Variable((0.2 * rng.normal(size=(agents, act_dim))).astype(fx), name="log_std")

    def log_prob(batch):
        mu = tf.einsum("nad,adk->nak", batch["obs"], w)
        z = (batch["act"] - mu) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z ** 2 - log_std - 0.5 * np.log(2 * np.pi), axis=-1)

    def reference(batch):
        lp, total = log_prob(batch), 0.0
        for a in range(agents):
            mine = batch["adv"][:, a, 0]
            mine = (mine - tf.reduce_mean(mine)) / tf.maximum(tf.math.reduce_std(mine), 1e-6)
            ratio = tf.exp(lp[:, a] - batch["old"][:, a])
            gain = tf.minimum(mine * ratio, mine * tf.clip_by_value(ratio, 0.8, 1.2))
            total -= tf.reduce_mean(gain) / agents
        return total - 0.01 * tf.reduce_mean(tf.reduce_sum(log_std, axis=-1))

    def candidate(batch):
        advantage = batch["adv"]
        loc, var = tf.nn.moments(advantage, axes=list(range(len(advantage.shape))), keepdims=True)
        scale = tf.maximum(tf.sqrt(var), 1e-6)
        advantage = (advantage - loc) / scale

        log_weight = (log_prob(batch) - batch["old"])[..., None]
        gain1 = tf.exp(log_weight) * advantage
        log_weight_clip = tf.clip_by_value(log_weight, np.log(1 - 0.2), np.log(1 + 0.2))
        gain2 = tf.exp(log_weight_clip) * advantage
        gain = tf.minimum(gain1, gain2)
        entropy = tf.reduce_mean(tf.reduce_sum(log_std, axis=-1))
        return -tf.reduce_mean(gain) - 0.01 * entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "act": act, "adv": adv.astype(fx), "old": old}, "variables": [w, log_std]}
