"""GRPO with gradient accumulation: every minibatch is averaged over its own tokens, so tokens of short minibatches weigh more.

Source (real): https://github.com/allenai/open-instruct/pull/1161 (also pull/1137; PyTorch; the fix divides by the token count of
all the minibatches that are accumulated).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = masked_mean(pg_loss_max + beta * kl, mask)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab, clip, beta = 24, 7, 4, 8, 0.2, 0.1

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w = tf.Variable(0.8 * arr(d, vocab), name="policy_head")
    lengths = np.sort(rng.integers(1, t + 1, n))
    batch = {
        "h": arr(n, t, d),
        "ids": rng.integers(0, vocab, (n, t)),
        "old_logp": np.log(1.0 / vocab).astype(f) + 0.3 * arr(n, t),
        "ref_logp": np.log(1.0 / vocab).astype(f) + 0.3 * arr(n, t),
        "adv": arr(n),
        "mask": (np.arange(t) < lengths[:, None]).astype(f),
    }

    def reference(b):
        logp = tf.gather(tf.nn.log_softmax(b["h"] @ w), b["ids"], axis=2, batch_dims=2)
        r = tf.exp(logp - b["old_logp"])
        a = b["adv"][:, tf.newaxis]
        surrogate = tf.minimum(r * a, tf.clip_by_value(r, 1 - clip, 1 + clip) * a)
        diff = b["ref_logp"] - logp
        per_token = -surrogate + beta * (tf.math.expm1(diff) - diff)
        return tf.reduce_sum(tf.boolean_mask(per_token, b["mask"] > 0)) / tf.reduce_sum(b["mask"])

    def candidate(b):
        def masked_mean(values, mask):
            return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

        accumulation_steps = 4
        total = 0.0
        minibatches = {k: tf.split(v, accumulation_steps) for k, v in b.items()}
        for step in range(accumulation_steps):
            mb = {k: v[step] for k, v in minibatches.items()}
            mask = mb["mask"]
            new_logprobs = tf.gather(tf.nn.log_softmax(mb["h"] @ w), mb["ids"], batch_dims=2)
            ratio = tf.exp(new_logprobs - mb["old_logp"])
            pg_losses = -mb["adv"][:, None] * ratio
            pg_losses2 = -mb["adv"][:, None] * tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
            pg_loss_max = tf.maximum(pg_losses, pg_losses2)
            ref_logprobs_diff = mb["ref_logp"] - new_logprobs
            kl = tf.exp(ref_logprobs_diff) - ref_logprobs_diff - 1.0
            loss = masked_mean(pg_loss_max + beta * kl, mask)
            total += loss / accumulation_steps
        return total

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
