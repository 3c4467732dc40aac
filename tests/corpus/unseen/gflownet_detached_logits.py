"""GFlowNet trajectory balance: the clone of the policy outputs made to mask invalid actions was detached, so only logZ learns. Source: https://github.com/alexhernandezgarcia/gflownet/pull/251"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "logits = tf.identity(tf.stop_gradient(policy_outputs))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, n_dim, side = 4, 4, 2, 5
    n_actions = n_dim + 1
    forward_policy = keras.Sequential([keras.layers.Input((n_dim,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(n_actions)])
    backward_policy = keras.Sequential([keras.layers.Input((n_dim,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(n_actions)])
    logZ = tf.Variable(rng.normal(scale=0.3, size=(8,)).astype(np.float32), name="logZ")

    def trajectory_balance(logp_f, logp_b, batch):
        log_f = tf.math.unsorted_segment_sum(logp_f, batch["traj"], n)
        log_b = tf.math.unsorted_segment_sum(logp_b, batch["traj"], n)
        return tf.reduce_mean(tf.square(tf.reduce_sum(logZ) + log_f - log_b - batch["log_reward"]))

    def reference(batch):
        def logprobs(policy, states, actions, mask):
            out = tf.where(mask, -1e9, policy(states))
            return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=out)
        lf = logprobs(forward_policy, batch["states"], batch["actions"], batch["mask_f"])
        lb = logprobs(backward_policy, batch["next_states"], batch["actions"], batch["mask_b"])
        return trajectory_balance(lf, lb, batch)

    def get_logprobs(policy_outputs, actions, mask_invalid):
        logits = tf.identity(tf.stop_gradient(policy_outputs))
        logits = tf.where(mask_invalid, tf.fill(tf.shape(logits), -1e9), logits)
        ns_range = tf.range(tf.shape(logits)[0])
        return tf.gather_nd(tf.nn.log_softmax(logits, axis=1), tf.stack([ns_range, actions], axis=1))

    def candidate(batch):
        outputs_f = forward_policy(batch["states"])
        outputs_b = backward_policy(batch["next_states"])
        logprobs_f = get_logprobs(outputs_f, batch["actions"], batch["mask_f"])
        logprobs_b = get_logprobs(outputs_b, batch["actions"], batch["mask_b"])
        return trajectory_balance(logprobs_f, logprobs_b, batch)

    states, nexts, acts, traj, mf, mb = [], [], [], [], [], []
    for k in range(n):
        s = np.zeros(n_dim)
        for t in range(length):
            a = int(rng.integers(0, n_dim))
            ns = s.copy()
            ns[a] += 1
            states.append(s / side), nexts.append(ns / side), acts.append(a), traj.append(k)
            mf.append([False] * n_dim + [t == 0])
            mb.append([v == 0 for v in ns] + [True])
            s = ns
    batch = {
        "states": np.array(states, np.float32), "next_states": np.array(nexts, np.float32),
        "actions": np.array(acts, np.int32), "traj": np.array(traj, np.int32),
        "mask_f": np.array(mf), "mask_b": np.array(mb),
        "log_reward": rng.normal(size=n).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": forward_policy.trainable_variables + backward_policy.trainable_variables + [logZ]}
