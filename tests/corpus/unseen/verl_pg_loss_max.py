"""PPO of a language model: the clipped loss is the maximum of two losses for positive and for negative advantages alike.

Source (real): https://github.com/verl-project/verl/issues/783 (`pg_losses`, PyTorch, ported; suspected to need torch.min where the loss is positive, closed).
Right answer: EQUIVALENT to the clipping by cases of the sign of the advantage: the negation of the minimum is the maximum of the negations.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_EPS = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, emb = 12, 6, 8, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    table = tf.Variable(0.9 * arr(vocab, emb), name="embedding")
    head = tf.Variable(0.7 * arr(emb, vocab), name="lm_head")
    lengths = rng.integers(2, length + 1, n)
    batch = {
        "prompt": rng.integers(0, vocab, (n, length)),
        "response": rng.integers(0, vocab, (n, length)),
        "old_log_prob": (-2.1 + 0.4 * arr(n, length)).astype(f),
        "advantages": arr(n, length),
        "eos_mask": (np.arange(length) < lengths[:, None]).astype(f),
    }

    def reference(b):
        total, count = 0.0, 0.0
        lp = tf.math.log(tf.nn.softmax(tf.gather(table, b["prompt"]) @ head))
        for t in range(length):
            onehot = tf.one_hot(b["response"][:, t], vocab, dtype=head.dtype)
            ratio = tf.exp(tf.einsum("nv,nv->n", lp[:, t], onehot)) / tf.exp(b["old_log_prob"][:, t])
            adv, m = b["advantages"][:, t], b["eos_mask"][:, t]
            capped = tf.where(adv >= 0, tf.minimum(ratio, 1.0 + _EPS), tf.maximum(ratio, 1.0 - _EPS))
            total -= tf.reduce_sum(m * adv * capped)
            count += tf.reduce_sum(m)
        return total / count

    def candidate(b):
        def logprobs_from_logits(logits, labels):
            picked = tf.gather(logits, labels, batch_dims=2)
            return picked - tf.reduce_logsumexp(logits, axis=-1)

        def masked_mean(values, mask):
            return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

        @tf.function
        def compute_policy_loss(old_log_prob, log_prob, advantages, eos_mask, cliprange):
            ratio = tf.exp(log_prob - old_log_prob)
            pg_losses = -advantages * ratio
            pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - cliprange, 1.0 + cliprange)
            return masked_mean(tf.maximum(pg_losses, pg_losses2), eos_mask)

        logits = tf.einsum("nte,ev->ntv", tf.gather(table, b["prompt"]), head)
        log_prob = logprobs_from_logits(logits, b["response"])
        return compute_policy_loss(b["old_log_prob"], log_prob, b["advantages"], b["eos_mask"], _EPS)

    return {"variables": [table, head], "batch": batch, "reference": reference, "candidate": candidate}
