"""Token-level PPO loss with clip-high: the mean is taken of pg_losses (unclipped) in place of pg_loss (the maximum).
Source: https://github.com/rllm-org/rllm/issues/81"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pg_loss = masked_mean(pg_losses, eos_mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, vocab, lo, hi = 14, 6, 5, 8, 0.2, 0.28
    lm = keras.layers.Dense(vocab, name="lm_head")
    lm.build((None, feat))

    def reference(batch):
        num, count = 0.0, 0
        for i in range(n):
            logp = tf.nn.log_softmax(lm(batch["hidden"][i]))
            for t in range(steps):
                if float(batch["mask"][i, t]) == 0:
                    continue
                r = tf.exp(logp[t, int(batch["token"][i, t])] - batch["old_logp"][i, t])
                a = batch["adv"][i, t]
                num += tf.minimum(r * a, tf.clip_by_value(r, 1 - lo, 1 + hi) * a)
                count += 1
        return -num / count

    def candidate(batch, use_token_level_loss=True):
        def masked_mean(values, mask):
            return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

        def compute_policy_loss(old_log_prob, log_prob, advantages, eos_mask):
            ratio = tf.exp(log_prob - old_log_prob)
            pg_losses = -advantages * ratio
            pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - lo, 1.0 + hi)
            pg_loss = tf.maximum(pg_losses, pg_losses2)
            if use_token_level_loss:
                pg_loss = masked_mean(pg_losses, eos_mask)
            else:
                pg_loss = tf.reduce_mean(tf.reduce_sum(pg_loss * eos_mask, 1) / tf.reduce_sum(eos_mask, 1))
            return pg_loss

        logits = tf.reshape(lm(tf.reshape(batch["hidden"], (-1, feat))), (n, steps, vocab))
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["token"], logits=logits)
        return compute_policy_loss(batch["old_logp"], log_prob, batch["adv"], batch["mask"])

    mask = (np.arange(steps)[None] < rng.integers(2, steps + 1, n)[:, None]).astype(f)
    batch = {"hidden": rng.normal(size=(n, steps, feat)).astype(f), "token": rng.integers(0, vocab, (n, steps)),
             "old_logp": (-2.2 + 0.7 * rng.normal(size=(n, steps))).astype(f),
             "adv": np.repeat(rng.normal(size=(n, 1)), steps, 1).astype(f), "mask": mask}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": lm.trainable_variables}
