"""PPOAgent normalises the advantages over one axis only, so a single-episode batch gives no learning.
Source: https://github.com/tensorflow/agents/issues/651"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "normalized_advantages = _normalize_advantages(advantages, axes=(0,), variance_epsilon=1e-8)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, dim, n_act = 3, 5, 4, 3
    gamma, lam = 0.95, 0.9
    obs = rng.normal(size=(b, t, dim)).astype(fx)
    acts = rng.integers(0, n_act, size=(b, t))
    old_logp = np.log(rng.uniform(0.25, 0.5, size=(b, t))).astype(fx)
    rewards = rng.normal(size=(b, t)).astype(fx)
    values = rng.normal(size=(b, t + 1)).astype(fx)
    net = keras.Sequential([keras.layers.Input((t, dim)), keras.layers.Dense(6, "tanh", name="h"),
                            keras.layers.Dense(n_act, name="logits")])

    def gae(r, v):
        acc, out = tf.zeros_like(r[:, 0]), []
        for i in reversed(range(t)):
            acc = r[:, i] + gamma * v[:, i + 1] - v[:, i] + gamma * lam * acc
            out.insert(0, acc)
        return tf.stack(out, axis=1)

    def reference(batch):
        adv = gae(batch["rewards"], batch["values"])
        centred = adv - tf.reduce_mean(adv)
        adv = centred / tf.sqrt(tf.reduce_mean(tf.square(centred)) + 1e-8)
        logp = tf.gather(tf.nn.log_softmax(net(batch["obs"])), batch["acts"], batch_dims=2)
        r = tf.exp(logp - batch["old_logp"])
        return tf.reduce_mean(-tf.minimum(r * adv, tf.clip_by_value(r, 0.8, 1.2) * adv))

    def candidate(batch):
        def _normalize_advantages(advantages, axes, variance_epsilon):
            mean, var = tf.nn.moments(advantages, axes=axes, keepdims=True)
            return tf.nn.batch_normalization(
                advantages, mean, var, offset=None, scale=None, variance_epsilon=variance_epsilon)

        advantages = gae(batch["rewards"], batch["values"])
        normalized_advantages = _normalize_advantages(advantages, axes=(0,), variance_epsilon=1e-8)

        log_probs = tf.nn.log_softmax(net(batch["obs"]))
        action_log_prob = tf.gather(log_probs, batch["acts"], batch_dims=2)
        importance_ratio = tf.exp(action_log_prob - batch["old_logp"])
        importance_ratio_clipped = tf.clip_by_value(importance_ratio, 1 - 0.2, 1 + 0.2)
        per_timestep_objective = tf.minimum(
            importance_ratio * normalized_advantages, importance_ratio_clipped * normalized_advantages)
        return -tf.reduce_mean(per_timestep_objective)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "acts": acts, "old_logp": old_logp, "rewards": rewards, "values": values},
            "variables": net.trainable_variables}
