"""A pull request thought that the per-step product of log prob and reward-to-go is wrong; it equals each reward times the discounted sum of the earlier scores.
Source: https://github.com/pytorch/examples/pull/722"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    T, obs, acts, gamma = 19, 4, 2, 0.96
    net = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(acts)])
    batch = {
        "states": rng.standard_normal((T, obs)).astype(f),
        "actions": rng.integers(0, acts, T),
        "rewards": rng.standard_normal(T).astype(f),
    }

    def reference(b):
        R = tf.zeros((), f)
        returns = []
        for r in tf.unstack(b["rewards"])[::-1]:
            R = r + gamma * R
            returns.insert(0, R)
        log_probs = tf.nn.log_softmax(net(b["states"]))
        policy_loss = []
        for t, R in enumerate(returns):
            policy_loss.append(-log_probs[t, :][b["actions"][t]] * R)
        return tf.reduce_sum(tf.stack(policy_loss))

    def candidate(b):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=net(b["states"]))
        trace = tf.zeros((), f)
        loss = tf.zeros((), f)
        for t in range(T):
            trace = gamma * trace + nll[t]
            loss = loss + b["rewards"][t] * trace
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
