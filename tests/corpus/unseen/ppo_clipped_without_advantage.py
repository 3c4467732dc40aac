"""PPO loss in which only the unclipped term is multiplied by the advantages; the clipped ratio stands alone in the minimum.
Source: https://github.com/google/trax/pull/396"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'clipped_objective = clipped_probs_ratio(probs_ratio)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, obs, acts, epsilon = 12, 5, 6, 3, 0.1
    policy = keras.Sequential([keras.Input((steps, obs)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(acts)])
    batch = {
        "obs": rng.standard_normal((n, steps, obs)).astype(f),
        "actions": rng.integers(0, acts, (n, steps)),
        "old_log_probs": np.log(rng.uniform(0.15, 0.6, (n, steps))).astype(f),
        "advantages": rng.standard_normal((n, steps)).astype(f),
        "mask": (np.arange(steps)[None] < rng.integers(2, steps + 1, n)[:, None]).astype(f),
    }

    def reference(b):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=policy(b["obs"]))
        r = tf.exp(-nll - b["old_log_probs"])
        a = b["advantages"]
        worst = tf.where(a >= 0, tf.minimum(r, 1 + epsilon), tf.maximum(r, 1 - epsilon)) * a
        return -tf.reduce_sum(worst * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        log_probs = keras.ops.log_softmax(policy(b["obs"]))
        new_log_probs = tf.reduce_sum(log_probs * tf.one_hot(b["actions"], acts, dtype=f), axis=-1)

        def clipped_probs_ratio(ratio):
            return keras.ops.clip(ratio, 1 - epsilon, 1 + epsilon)

        probs_ratio = keras.ops.exp(new_log_probs - b["old_log_probs"])
        unclipped_objective = probs_ratio * b["advantages"]
        clipped_objective = clipped_probs_ratio(probs_ratio)
        ppo_objective = keras.ops.minimum(unclipped_objective, clipped_objective)
        return -keras.ops.sum(ppo_objective * b["mask"]) / keras.ops.sum(b["mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": policy.trainable_variables}
