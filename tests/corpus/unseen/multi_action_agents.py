"""Several actions per agent in MADDPG's Gaussian actor: the per-action log-probabilities
are summed over dim 1, which is the agent dimension.
Source: https://github.com/Future-Power-Networks/MAPDN/issues/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'joint = tf.reduce_sum(log_prob, axis=1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, agents, obs_dim, n_act = 4, 3, 5, 3
    w_mu = tf.Variable((rng.standard_normal((obs_dim, n_act)) * 0.5).astype(fx), name="w_mu")
    w_std = tf.Variable((rng.standard_normal((obs_dim, n_act)) * 0.2).astype(fx), name="w_std")

    def reference(batch):
        losses = []
        for j in range(agents):
            obs = batch["obs"][:, j]
            mu = tf.tanh(tf.matmul(obs, w_mu))
            log_std = tf.clip_by_value(tf.matmul(obs, w_std), -2.0, 2.0)
            z = (batch["actions"][:, j] - mu) / tf.exp(log_std)
            logp = tf.reduce_sum(-0.5 * z ** 2 - log_std, axis=1)
            losses.append(-logp * batch["advantages"][:, j] * batch["active"][:, j])
        return tf.add_n([tf.reduce_sum(x) for x in losses]) / tf.reduce_sum(batch["active"])

    def candidate(batch):
        means = tf.tanh(tf.einsum("bnd,da->bna", batch["obs"], w_mu))
        log_stds = tf.clip_by_value(tf.einsum("bnd,da->bna", batch["obs"], w_std), -2.0, 2.0)
        noise = (batch["actions"] - means) * tf.exp(-log_stds)
        log_prob = -0.5 * tf.square(noise) - log_stds
        joint = tf.reduce_sum(log_prob, axis=1, keepdims=True)
        weighted = joint * batch["advantages"][:, :, None]
        weighted *= batch["active"][:, :, None]
        return -tf.reduce_sum(weighted) / tf.reduce_sum(batch["active"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((bsz, agents, obs_dim)).astype(fx),
                      "actions": rng.standard_normal((bsz, agents, n_act)).astype(fx),
                      "advantages": rng.standard_normal((bsz, agents)).astype(fx),
                      "active": np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0], [0, 1, 1]]).astype(fx)},
            "variables": [w_mu, w_std]}
