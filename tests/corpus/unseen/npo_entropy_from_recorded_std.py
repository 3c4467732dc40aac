"""garage's tf/NPO: policy_ent_coeff has no effect on the policy's standard deviation, as the distribution in the loss takes the
log_std that was recorded during sampling (agent_infos) and not the output of the std network.
Source: https://github.com/rlworkgroup/garage/issues/281"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "policy_dist_info = {'mean': mean_network(obs), 'log_std': batch['agent_infos_log_std']}",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 21, 5, 2
    policy_ent_coeff = 0.05
    mean_kernel = keras.Variable(rng.normal(size=(d, k)) * 0.4, dtype=f, name="mean_network_kernel")
    std_kernel = keras.Variable(rng.normal(size=(d, k)) * 0.2, dtype=f, name="std_network_kernel")
    std_bias = keras.Variable(np.full(k, -0.3), dtype=f, name="std_network_bias")
    obs = rng.normal(size=(n, d)).astype(f)
    recorded_log_std = obs @ std_kernel.numpy() + std_bias.numpy()

    def reference(batch):
        mu = tf.matmul(batch["obs"], mean_kernel)
        log_sigma = tf.matmul(batch["obs"], std_kernel) + std_bias
        z = (batch["act"] - mu) / tf.exp(log_sigma)
        ll = -tf.reduce_sum(log_sigma + 0.5 * z * z, axis=1) - 0.5 * k * np.log(2 * np.pi)
        entropy = tf.reduce_sum(log_sigma, axis=1) + 0.5 * k * np.log(2 * np.pi * np.e)
        objective = tf.exp(ll - batch["old_ll"]) * batch["adv"] + policy_ent_coeff * entropy
        return -tf.reduce_mean(objective)

    class DiagonalGaussian:
        def log_likelihood_sym(self, x, info):
            zs = (x - info["mean"]) * tf.exp(-info["log_std"])
            return (-tf.reduce_sum(info["log_std"], -1) - 0.5 * tf.reduce_sum(zs ** 2, -1)
                    - 0.5 * k * np.log(2 * np.pi))

        def entropy_sym(self, info):
            return tf.reduce_sum(info["log_std"] + np.log(np.sqrt(2 * np.pi * np.e)), -1)

    dist = DiagonalGaussian()

    def candidate(batch):
        obs = batch["obs"]

        def mean_network(x):
            return x @ tf.convert_to_tensor(mean_kernel)

        policy_dist_info = {'mean': mean_network(obs), 'log_std': batch['agent_infos_log_std']}
        ll = dist.log_likelihood_sym(batch["act"], policy_dist_info)
        lr = tf.exp(ll - batch["old_ll"])
        surr_obj = tf.reduce_mean(lr * batch["adv"])
        policy_entropy = tf.reduce_mean(dist.entropy_sym(policy_dist_info))
        return -surr_obj - policy_ent_coeff * policy_entropy

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs, "act": rng.normal(size=(n, k)).astype(f), "adv": rng.normal(size=n).astype(f),
                  "old_ll": rng.uniform(-4, -2, size=n).astype(f), "agent_infos_log_std": recorded_log_std.astype(f)},
        "variables": [mean_kernel, std_kernel, std_bias],
    }
