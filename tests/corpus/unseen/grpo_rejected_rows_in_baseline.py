"""GRPO with rollout rejection: a fully rejected response (its response mask is all zero) no longer trains itself, but its
reward still enters mean and standard deviation of its group and shifts the advantages of its siblings.
Source: https://github.com/verl-project/verl/pull/6452"""
from collections import defaultdict

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "id2score[index[i]].append(scores[i])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, group, t, d, vocab = 16, 4, 5, 6, 7
    head = keras.layers.Dense(vocab, name="head")
    head.build((None, t, d))

    def reference(batch):
        valid = tf.reshape(tf.cast(tf.reduce_any(batch["response_mask"] > 0, axis=1), f), (-1, group))
        total = tf.reshape(tf.reduce_sum(batch["rewards"], axis=1), (-1, group))
        count = tf.reduce_sum(valid, axis=1, keepdims=True)
        mean = tf.reduce_sum(total * valid, axis=1, keepdims=True) / count
        var = tf.reduce_sum(valid * (total - mean) ** 2, axis=1, keepdims=True) / (count - 1)
        adv = tf.reshape((total - mean) / (tf.sqrt(var) + 1e-6) * valid, [-1])
        logp = tf.nn.log_softmax(head(batch["hidden"]))
        logp = tf.reduce_sum(logp * tf.one_hot(batch["tokens"], vocab, dtype=f), axis=-1)
        ratio = tf.exp(logp - batch["old_logp"])
        obj = tf.minimum(ratio * adv[:, None], tf.clip_by_value(ratio, 0.8, 1.2) * adv[:, None])
        return -tf.reduce_sum(obj * batch["response_mask"]) / tf.reduce_sum(batch["response_mask"])

    def candidate(batch):
        mask = batch["response_mask"]
        index = batch["uid"].numpy()

        def compute_grpo_outcome_advantage(token_level_rewards, response_mask, epsilon=1e-6):
            scores = tf.unstack(tf.reduce_sum(token_level_rewards, axis=-1))
            id2score, id2mean, id2std = defaultdict(list), {}, {}
            bsz = len(scores)
            for i in range(bsz):
                id2score[index[i]].append(scores[i])
            for idx, members in id2score.items():
                members = tf.stack(members)
                id2mean[idx] = tf.reduce_mean(members)
                id2std[idx] = tf.sqrt(tf.reduce_sum((members - id2mean[idx]) ** 2) / (len(members) - 1))
            normed = [(scores[i] - id2mean[index[i]]) / (id2std[index[i]] + epsilon) for i in range(bsz)]
            return tf.stack(normed)[:, None] * response_mask

        advantages = compute_grpo_outcome_advantage(batch["rewards"], mask)
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tokens"], logits=head(batch["hidden"]))
        ratio = tf.exp(log_prob - batch["old_logp"])
        pg_losses = tf.maximum(-advantages * ratio, -advantages * tf.clip_by_value(ratio, 0.8, 1.2))
        return tf.reduce_sum(pg_losses * mask) / tf.reduce_sum(mask)

    length = rng.integers(2, t + 1, n)
    mask = (np.arange(t)[None] < length[:, None]).astype(float)
    rewards = np.zeros((n, t))
    rewards[np.arange(n), length - 1] = rng.random(n)
    for g, row in ((0, 1), (2, 3)):
        mask[g * group + row] = 0.0
        rewards[g * group + row, length[g * group + row] - 1] = 3.0
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.standard_normal((n, t, d)).astype(f),
            "tokens": rng.integers(0, vocab, (n, t)).astype("int32"),
            "old_logp": (-np.log(vocab) + 0.5 * rng.standard_normal((n, t))).astype(f),
            "rewards": rewards.astype(f),
            "response_mask": mask.astype(f),
            "uid": np.repeat(np.arange(n // group), group).astype("int32"),
        },
        "variables": head.trainable_variables,
    }
