"""The score of the sequence is put one position past the last action, where the loss mask then removes it.
Source: https://github.com/wyf3/llm_related/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "ends = tf.cast(tf.reduce_sum(action_mask, axis=1), tf.int32) + 1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, vocab = 4, 6, 5, 7
    actor = keras.layers.Dense(vocab, name="actor")
    actor.build((n, t, d))
    kl_ctl, clip_value, gamma = 0.1, 5.0, 0.9

    def token_logp(batch):
        lp = tf.nn.log_softmax(actor(batch["h"]))
        return tf.gather(lp, batch["actions"], axis=2, batch_dims=2)

    def reference(batch):
        logp = token_logp(batch)
        mask = batch["action_mask"]
        last = tf.one_hot(tf.cast(tf.reduce_sum(mask, 1), tf.int32) - 1, t, dtype=logp.dtype)
        score = tf.clip_by_value(batch["score"], -clip_value, clip_value)
        r = -kl_ctl * (batch["old_logp"] - batch["ref_logp"]) + last * score[:, None]
        ret, run = [], 0.0
        for k in range(t - 1, -1, -1):
            run = r[:, k] * mask[:, k] + gamma * run
            ret.append(run)
        ret = tf.stack(ret[::-1], axis=1)
        return -tf.reduce_sum(logp * ret * mask) / tf.reduce_sum(mask)

    def candidate(batch):
        def compute_rewards(kl, r, action_mask):
            rewards = -kl_ctl * kl
            ends = tf.cast(tf.reduce_sum(action_mask, axis=1), tf.int32) + 1
            reward_clip = tf.clip_by_value(r, -clip_value, clip_value)
            rows = []
            for j in range(n):
                last = tf.minimum(ends[j], t) - 1
                rows.append(tf.tensor_scatter_nd_add(rewards[j], [[last]], [reward_clip[j]]))
            return tf.stack(rows)

        action_mask = batch["action_mask"]
        log_probs = token_logp(batch)
        kl = batch["old_logp"] - batch["ref_logp"]
        rewards = compute_rewards(kl, batch["score"], action_mask) * action_mask
        discount = tf.constant(np.triu(gamma ** np.maximum(np.arange(t)[None] - np.arange(t)[:, None], 0)), log_probs.dtype)
        returns = tf.matmul(rewards, discount, transpose_b=True)
        policy_loss = -log_probs * returns * action_mask
        return tf.reduce_sum(policy_loss) / tf.reduce_sum(action_mask)

    length = np.array([4, 3, 5, 2])
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.normal(size=(n, t, d)).astype(fx), "actions": rng.integers(0, vocab, size=(n, t)),
                      "score": (3 * rng.normal(size=n)).astype(fx), "old_logp": (-2 + rng.normal(size=(n, t))).astype(fx),
                      "ref_logp": (-2 + rng.normal(size=(n, t))).astype(fx),
                      "action_mask": (np.arange(t)[None] < length[:, None]).astype(fx)},
            "variables": actor.trainable_variables}
