"""Distral: the behaviour policy mixes the distilled and the task policy, but the code evaluated the task policy in both places.
Source: https://github.com/Alfo5123/Robust-Multitask-RL/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'disconnected',
    "line_marker": 'probs0 = keras.ops.softmax(policy(state))',
    "same_forward_value": False,
}


ALPHA, BETA = 0.6, 1.5


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 14, 5, 4, 0.95
    distilled = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(acts)], name="distilled")
    policy = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(acts)], name="task_policy")
    batch = {
        "states": rng.standard_normal((n, obs)).astype(f),
        "actions": rng.integers(0, acts, n),
        "rewards": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        mix = ALPHA * tf.nn.log_softmax(distilled(b["states"])) + BETA * policy(b["states"])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=mix)
        d = np.tril(gamma ** np.maximum(np.arange(n)[:, None] - np.arange(n)[None], 0)).T.astype(f)
        return tf.reduce_sum(nll * tf.linalg.matvec(tf.constant(d), b["rewards"]))

    def candidate(b):
        def behaviour(state):
            probs0 = keras.ops.softmax(policy(state))
            score = probs0 ** ALPHA * keras.ops.exp(BETA * policy(state))
            return score / keras.ops.sum(score, axis=1, keepdims=True)

        R = 0.0
        rewards = []
        for r in tf.unstack(b["rewards"])[::-1]:
            R = r + gamma * R
            rewards.insert(0, R)
        probs = behaviour(b["states"])
        losses = []
        for t, reward in enumerate(rewards):
            log_prob = tf.math.log(tf.gather(probs[t], b["actions"][t]))
            losses.append(-log_prob * reward)
        return tf.reduce_sum(tf.stack(losses))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": distilled.trainable_variables + policy.trainable_variables}
