"""LUSPO aggregation multiplies every per-token loss (padding included) by the completion length and takes the mean over all positions, instead of summing masked tokens per sequence. Source: https://github.com/huggingface/trl/pull/6654"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(per_token_loss * tf.reduce_sum(mask, axis=1, keepdims=True))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, V, D = 4, 6, 9, 8
    epsilon_low, epsilon_high, beta = 0.2, 0.28, 0.1
    embed = tf.Variable(rng.normal(0, 0.8, (V, D)).astype("float32"), name="embed")
    lm_head = tf.Variable(rng.normal(0, 0.5, (D, V)).astype("float32"), name="lm_head")

    def per_token_logps(input_ids, completion_ids):
        hidden = tf.nn.embedding_lookup(embed, input_ids)
        hidden = tf.math.cumsum(hidden, axis=1) / tf.cast(tf.range(1, T + 1), tf.float32)[None, :, None]
        logits = tf.einsum("btd,dv->btv", tf.nn.gelu(hidden), lm_head)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=completion_ids, logits=logits)

    def token_loss(batch, mask):
        logps = per_token_logps(batch["input_ids"], batch["completion_ids"])
        log_ratio = logps - batch["old_logps"]
        log_importance = tf.reduce_sum(log_ratio * mask, -1) / tf.maximum(tf.reduce_sum(mask, -1), 1.0)
        coef_1 = tf.exp(log_importance)[:, None]
        coef_2 = tf.clip_by_value(coef_1, 1 - epsilon_low, 1 + epsilon_high)
        adv = batch["advantages"][:, None]
        loss = -tf.minimum(coef_1 * adv, coef_2 * adv)
        delta = batch["ref_logps"] - logps
        per_token_kl = tf.exp(delta) - delta - 1.0
        return loss + beta * per_token_kl

    def reference(batch):
        mask = tf.cast(batch["completion_mask"], tf.float32)
        per_token_loss = token_loss(batch, mask)
        return tf.reduce_mean(tf.reduce_sum(per_token_loss * mask, axis=-1))

    def candidate(batch):
        mask = tf.cast(batch["completion_mask"], tf.float32)
        per_token_loss = token_loss(batch, mask)
        loss = tf.reduce_mean(per_token_loss * tf.reduce_sum(mask, axis=1, keepdims=True))
        return loss

    input_ids = rng.integers(0, V, (B, T)).astype("int32")
    completion_ids = rng.integers(0, V, (B, T)).astype("int32")
    now = per_token_logps(tf.constant(input_ids), tf.constant(completion_ids)).numpy()
    lengths = np.array([6, 3, 4, 2])
    batch = {
        "input_ids": input_ids,
        "completion_ids": completion_ids,
        "completion_mask": (np.arange(T)[None] < lengths[:, None]).astype("int32"),
        "old_logps": (now + rng.normal(0, 0.1, (B, T))).astype("float32"),
        "ref_logps": (now + rng.normal(0, 0.5, (B, T))).astype("float32"),
        "advantages": rng.normal(size=B).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [embed, lm_head]}
