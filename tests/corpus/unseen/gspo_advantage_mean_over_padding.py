"""Sequence-level policy loss (GSPO): the advantage of a sequence is the mean over all positions, padding included.

Source (real): https://github.com/areal-project/AReaL/pull/1346 (PyTorch, ppo_actor_loss_fn with importance_sampling_level="sequence", ported).
Right answer: NOT equivalent: what stands in the padding changes the loss, and short sequences are damped.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "seq_advantages = tf.reduce_mean(advantages, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, vocab, eps_clip = 16, 6, 4, 5, 0.3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.4 * arr(d, vocab), name="lm_head")
    bias = tf.Variable(0.1 * arr(vocab), name="lm_bias")
    lengths = rng.integers(2, T + 1, n)
    batch = {
        "hidden": arr(n, T, d),
        "tokens": rng.integers(0, vocab, (n, T)),
        "advantages": arr(n, T) + 0.5,
        "loss_mask": np.arange(T)[None] < lengths[:, None],
    }
    now = tf.nn.log_softmax(tf.constant(batch["hidden"]) @ emb + bias)
    batch["proximal_logprobs"] = tf.gather(now, batch["tokens"], batch_dims=2).numpy() + 0.1 * arr(n, T)

    def logprobs_of(b):
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tokens"], logits=b["hidden"] @ emb + bias)

    def reference(b):
        logp, total, tokens = logprobs_of(b), 0.0, 0
        for i in range(b["tokens"].shape[0]):
            size = int(np.sum(b["loss_mask"][i].numpy()))
            s = tf.exp(tf.reduce_mean(logp[i, :size] - b["proximal_logprobs"][i, :size]))
            a = tf.reduce_mean(b["advantages"][i, :size])
            total -= size * tf.minimum(s * a, tf.clip_by_value(s, 1.0 - eps_clip, 1.0 + eps_clip) * a)
            tokens += size
        return total / tokens

    def candidate(b):
        logprobs, advantages = logprobs_of(b), b["advantages"]
        loss_mask = tf.cast(b["loss_mask"], logprobs.dtype)
        count = tf.reduce_sum(loss_mask, axis=1, keepdims=True)
        log_ratio = tf.where(b["loss_mask"], logprobs - b["proximal_logprobs"], tf.zeros_like(logprobs))
        ratio = tf.exp(tf.reduce_sum(log_ratio, axis=1, keepdims=True) / count) * tf.ones_like(logprobs)
        seq_advantages = tf.reduce_mean(advantages, axis=1, keepdims=True)
        advantages = seq_advantages * loss_mask
        clipped_ratio = tf.clip_by_value(ratio, 1.0 - eps_clip, 1.0 + eps_clip)
        pg_loss = tf.maximum(-advantages * ratio, -advantages * clipped_ratio)
        return tf.reduce_sum(pg_loss * loss_mask) / tf.reduce_sum(loss_mask)

    return {"variables": [emb, bias], "batch": batch, "reference": reference, "candidate": candidate}
