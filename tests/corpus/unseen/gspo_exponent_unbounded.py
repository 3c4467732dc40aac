"""GSPO: the clamped log ratio is computed but never used, the raw one is exponentiated; an inf ratio makes the gradient NaN though it is clipped.
Source: https://github.com/OpenRLHF/OpenRLHF/pull/1293"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'ratio = tf.reduce_sum(log_ratio * action_mask, -1) / tf.maximum(tf.reduce_sum(action_mask, -1), 1.0)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, dim, vocab, eps = 12, 6, 5, 7, 0.2
    head = keras.layers.Dense(vocab)
    head.build((None, length, dim))
    lens = rng.integers(2, length + 1, n)
    lens[4] = length
    old = -np.log(vocab) + 0.2 * rng.standard_normal((n, length))
    old[4] = -900.0           # a token that the rollout policy thought impossible
    adv = rng.standard_normal(n)
    adv[4] = 0.8
    batch = {
        "hidden": rng.standard_normal((n, length, dim)).astype(f),
        "ids": rng.integers(0, vocab, (n, length)),
        "old_log_probs": old.astype(f),
        "advantages": adv.astype(f),
        "action_mask": (np.arange(length)[None] < lens[:, None]).astype(f),
    }

    def reference(b):
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=head(b["hidden"]))
        out = []
        for i in range(n):
            m = b["action_mask"][i] > 0
            diff = tf.boolean_mask(logp[i] - b["old_log_probs"][i], m)
            s = tf.exp(tf.reduce_mean(tf.clip_by_value(diff, -20.0, 20.0)))
            out.append(-tf.minimum(s * b["advantages"][i], tf.clip_by_value(s, 1 - eps, 1 + eps) * b["advantages"][i]))
        return tf.reduce_mean(tf.stack(out))

    def candidate(b):
        action_mask = b["action_mask"]
        log_probs = tf.gather(tf.nn.log_softmax(head(b["hidden"])), b["ids"], batch_dims=2)
        raw_policy_log_ratio = log_probs - b["old_log_probs"]
        log_ratio = raw_policy_log_ratio
        policy_log_ratio = keras.ops.clip(raw_policy_log_ratio, -20.0, 20.0)  # noqa: F841
        ratio = tf.reduce_sum(log_ratio * action_mask, -1) / tf.maximum(tf.reduce_sum(action_mask, -1), 1.0)
        ratio = tf.exp(ratio)
        surr1 = ratio * b["advantages"]
        surr2 = tf.clip_by_value(ratio, 1 - eps, 1 + eps) * b["advantages"]
        loss = -tf.minimum(surr1, surr2)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": head.trainable_variables}
