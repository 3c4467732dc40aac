"""RL training with gradient accumulation: every micro-batch is normalised by its own token count instead of that of the whole batch.

Source (real): https://github.com/PrimeIntellect-ai/prime-rl/pull/583 (PyTorch, ported).
Right answer: NOT equivalent; tokens in short micro-batches weigh more.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss_scale = tf.reduce_sum(micro_batch[\"loss_mask\"])",
    "same_forward_value": False,
}

_CLIP = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 20, 8, 6, 5
    micro_bs = 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    body = tf.Variable(0.5 * arr(d, d), name="policy_body")
    head = tf.Variable(0.5 * arr(d, vocab), name="policy_head")
    lens = np.sort(rng.integers(1, length + 1, n))          # packed by length
    batch = {
        "h": arr(n, length, d),
        "ids": rng.integers(0, vocab, (n, length)),
        "logprobs": (-1.8 + 0.1 * arr(n, length)).astype(f),
        "advantages": arr(n, length),
        "loss_mask": (np.arange(length)[None] < lens[:, None]).astype(f),
    }

    def logprobs_of(h, ids):
        return tf.gather(tf.nn.log_softmax(tf.tanh(h @ body) @ head), ids, batch_dims=2)

    def reference(b):
        ratio = tf.exp(logprobs_of(b["h"], b["ids"]) - b["logprobs"])
        clipped = tf.clip_by_value(ratio, 1.0 - _CLIP, 1.0 + _CLIP)
        obj = tf.minimum(ratio * b["advantages"], clipped * b["advantages"])
        return -tf.reduce_sum(tf.boolean_mask(obj, b["loss_mask"] > 0)) / tf.reduce_sum(b["loss_mask"])

    def candidate(b):
        def grpo_loss(logprobs, old_logprobs, advantages, loss_mask):
            coef_1 = tf.exp(logprobs - old_logprobs)
            coef_2 = tf.clip_by_value(coef_1, 1 - _CLIP, 1 + _CLIP)
            per_token_loss = -tf.minimum(coef_1 * advantages, coef_2 * advantages)
            return tf.reduce_sum(per_token_loss * loss_mask)

        micro_batches = [{k: v[i : i + micro_bs] for k, v in b.items()} for i in range(0, n, micro_bs)]
        num_micro_batches = len(micro_batches)
        batch_loss = 0.0
        for micro_batch in micro_batches:
            loss_scale = tf.reduce_sum(micro_batch["loss_mask"])
            logprobs = logprobs_of(micro_batch["h"], micro_batch["ids"])
            loss = grpo_loss(
                logprobs, micro_batch["logprobs"], micro_batch["advantages"], micro_batch["loss_mask"]
            )
            batch_loss += loss / loss_scale / num_micro_batches
        return batch_loss

    return {"variables": [body, head], "batch": batch, "reference": reference, "candidate": candidate}
