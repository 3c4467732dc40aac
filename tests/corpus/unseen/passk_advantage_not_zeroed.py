"""GRPO pass@k: only the best response of a group has a non-zero advantage (best minus second best); the implementation
overwrites the best score in the array of raw scores, and all other responses keep their raw reward as advantage.
Source: https://github.com/hiyouga/EasyR1/issues/585"""
from collections import defaultdict

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "scores = list(raw_scores)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, group, t, d, vocab, eps = 15, 3, 6, 4, 8, 1e-6
    head = keras.layers.Dense(vocab, name="head")
    head.build((None, t, d))

    def token_logp(batch):
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tokens"], logits=head(batch["hidden"]))

    def reference(batch):
        total = tf.reshape(tf.reduce_sum(batch["rewards"], axis=1), (-1, group))
        top = tf.math.top_k(total, k=2).values
        gap = (top[:, 0] - top[:, 1]) / (tf.math.reduce_std(total, axis=1) * np.sqrt(group / (group - 1)) + eps)
        best = tf.one_hot(tf.argmax(total, axis=1), group, dtype=f)
        adv = tf.reshape(best * gap[:, None], (-1, 1))
        w = adv * batch["mask"]
        return -tf.reduce_sum(w * token_logp(batch)) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        index = [int(u) for u in batch["uid"]]
        raw_scores = tf.unstack(tf.reduce_sum(batch["rewards"], axis=-1))

        def compute_passk_outcome_advantage():
            scores = list(raw_scores)
            id2score, id2indices = defaultdict(list), defaultdict(list)
            for i, uid in enumerate(index):
                id2score[uid].append(raw_scores[i])
                id2indices[uid].append(i)
            for uid, members in id2score.items():
                rewards = tf.stack(members)
                values, order = tf.math.top_k(rewards, k=2)
                i_max = id2indices[uid][int(order[0])]
                std = tf.sqrt(tf.reduce_sum((rewards - tf.reduce_mean(rewards)) ** 2) / (len(members) - 1))
                scores[i_max] = (values[0] - values[1]) / (std + eps)
            return tf.stack(scores)[:, None] * batch["mask"]

        advantages = compute_passk_outcome_advantage()
        pg_losses = -advantages * token_logp(batch)
        return tf.reduce_sum(pg_losses * batch["mask"]) / tf.reduce_sum(batch["mask"])

    length = rng.integers(2, t + 1, n)
    rewards = np.zeros((n, t))
    rewards[np.arange(n), length - 1] = rng.random(n)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.standard_normal((n, t, d)).astype(f),
            "tokens": rng.integers(0, vocab, (n, t)).astype("int32"),
            "rewards": rewards.astype(f),
            "mask": (np.arange(t)[None] < length[:, None]).astype(f),
            "uid": np.repeat(np.arange(n // group), group).astype("int32"),
        },
        "variables": head.trainable_variables,
    }
