"""Micro batch losses are token means but accumulated with weights from the number of sequences.
Source: https://github.com/verl-project/verl/pull/906"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss += micro_agg_loss * (len(rows) / ppo_mini_batch_size)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    ppo_mini_batch_size, length, dim, vocab, micro = 6, 6, 3, 5, 2
    h = rng.normal(size=(ppo_mini_batch_size, length, dim)).astype(fx)
    tok = rng.integers(0, vocab, size=(ppo_mini_batch_size, length))
    old = np.log(rng.uniform(0.1, 0.4, size=(ppo_mini_batch_size, length))).astype(fx)
    adv = rng.normal(size=(ppo_mini_batch_size,)).astype(fx)
    lens = np.array([6, 5, 1, 2, 3, 1])
    mask = (np.arange(length)[None] < lens[:, None]).astype(fx)
    w = tf.Variable(rng.normal(size=(dim, vocab)).astype(fx), name="lm_head")

    def reference(batch):
        lp = tf.gather(tf.nn.log_softmax(batch["h"] @ w), batch["tok"], batch_dims=2)
        ratio = tf.exp(lp - batch["old"])
        a = batch["adv"][:, None]
        per_token = -tf.minimum(ratio * a, tf.clip_by_value(ratio, 0.8, 1.2) * a)
        return tf.reduce_sum(per_token * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def masked_mean(values, m):
            return tf.reduce_sum(values * m) / tf.reduce_sum(m)

        def compute_policy_loss(old_log_prob, log_prob, advantages, response_mask, cliprange=0.2):
            ratio = tf.exp(log_prob - old_log_prob)
            pg_losses = -advantages * ratio
            pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - cliprange, 1.0 + cliprange)
            return masked_mean(tf.maximum(pg_losses, pg_losses2), response_mask)

        loss = 0.0
        for start in range(0, ppo_mini_batch_size, micro):
            rows = list(range(start, start + micro))
            logits = tf.gather(batch["h"], rows) @ w
            log_prob = tf.gather(tf.nn.log_softmax(logits), tf.gather(batch["tok"], rows), batch_dims=2)
            response_mask = tf.gather(batch["mask"], rows)
            micro_agg_loss = compute_policy_loss(
                tf.gather(batch["old"], rows), log_prob, tf.gather(batch["adv"], rows)[:, None], response_mask)
            loss += micro_agg_loss * (len(rows) / ppo_mini_batch_size)
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": h, "tok": tok, "old": old, "adv": adv, "mask": mask}, "variables": [w]}
