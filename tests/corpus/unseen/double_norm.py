"""GRPO script: rewards are normalised per group by the actor, then again by the learner over all transitions.
Source: https://github.com/axon-rl/gem/pull/113"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "advantages = (returns - tf.reduce_mean(returns)) / (tf.math.reduce_std(returns) + 1e-8)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    groups, k, d, n_act = 2, 3, 4, 5
    turns = np.array([1, 3, 2, 2, 1, 4])
    owner = np.repeat(np.arange(groups * k), turns).astype("int32")
    N = len(owner)
    w = tf.Variable(rng.standard_normal((d, n_act)) * 0.5, dtype=fx, name="w")
    b = tf.Variable(rng.standard_normal(n_act) * 0.2, dtype=fx, name="b")

    def group_normalise(r):
        r = tf.reshape(r, [groups, k])
        centred = r - tf.reduce_mean(r, axis=1, keepdims=True)
        return tf.reshape(centred / (tf.math.reduce_std(r, axis=1, keepdims=True) + 1e-8), [-1])

    def surrogate(batch, adv):
        logp = tf.gather(tf.nn.log_softmax(batch["x"] @ w + b), batch["a"], batch_dims=1)
        ratio = tf.exp(logp - batch["old"])
        return -tf.reduce_mean(tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv))

    def reference(batch):
        per_episode = group_normalise(batch["episode_reward"])
        return surrogate(batch, tf.gather(per_episode, batch["owner"]))

    def candidate(batch):
        normalised = group_normalise(batch["episode_reward"])
        transitions = []
        for j in range(N):
            transitions.append(normalised[int(batch["owner"][j])])
        returns = tf.stack(transitions)
        advantages = (returns - tf.reduce_mean(returns)) / (tf.math.reduce_std(returns) + 1e-8)
        return surrogate(batch, advantages)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((N, d)).astype(fx), "a": rng.integers(0, n_act, N).astype("int32"),
                      "old": (-1.6 + 0.3 * rng.standard_normal(N)).astype(fx), "owner": owner,
                      "episode_reward": np.array([0.1, 3.0, 1.2, 0.4, -1.0, 2.5]).astype(fx)},
            "variables": [w, b]}
