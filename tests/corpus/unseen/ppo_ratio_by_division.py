"""PPO: the ratio is a division, "shouldn't it be exp(old - new)?"; what is divided are probabilities, not their logarithms.

Source (real): https://github.com/hmomin/PPO-Winter-Run/issues/1 (TensorFlow.js, agent.ts, ported).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, epsilon, entropy_coef = 28, 5, 6, 4, 0.2, 0.01

    w1 = tf.Variable((0.6 * rng.standard_normal((d, hid))).astype(f), name="dense1")
    w2 = tf.Variable((0.6 * rng.standard_normal((hid, acts))).astype(f), name="dense2")
    old = np.exp(0.5 * rng.standard_normal((n, acts)))
    actions = rng.integers(0, acts, n)
    batch = {
        "states": rng.standard_normal((n, d)).astype(f),
        "actions": actions,
        "advantages": rng.standard_normal(n).astype(f),
        "old_probs": (old / old.sum(1, keepdims=True))[np.arange(n), actions].astype(f),
    }

    def reference(b):
        # OpenAI baselines, ppo2
        logits = tf.tanh(b["states"] @ w1) @ w2
        neglogpac = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        old_neglogpac = -tf.math.log(b["old_probs"])
        ratio = tf.exp(old_neglogpac - neglogpac)
        pg_losses = -b["advantages"] * ratio
        pg_losses2 = -b["advantages"] * tf.clip_by_value(ratio, 1.0 - epsilon, 1.0 + epsilon)
        a0 = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
        z0 = tf.reduce_sum(tf.exp(a0), axis=-1, keepdims=True)
        entropy = tf.reduce_sum(tf.exp(a0) / z0 * (tf.math.log(z0) - a0), axis=-1)
        return tf.reduce_mean(tf.maximum(pg_losses, pg_losses2)) - entropy_coef * tf.reduce_mean(entropy)

    def candidate(b):
        policy = keras.Sequential([keras.layers.Lambda(lambda x: tf.nn.softmax(tf.tanh(x @ w1) @ w2))])
        all_probs = policy(b["states"])
        mask = tf.one_hot(b["actions"], acts, dtype=all_probs.dtype)
        probs = tf.reduce_sum(all_probs * mask, axis=1)
        ratios = tf.divide(probs, b["old_probs"])
        surrogate = ratios * b["advantages"]
        clipped = tf.clip_by_value(ratios, 1 - epsilon, 1 + epsilon) * b["advantages"]
        policy_loss = -tf.reduce_mean(tf.minimum(surrogate, clipped))
        entropy = -tf.reduce_mean(tf.reduce_sum(all_probs * tf.math.log(all_probs), axis=1))
        return policy_loss - entropy_coef * entropy

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
