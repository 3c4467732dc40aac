"""Gradient accumulation with token-mean: each micro-batch has the mean of its own tokens and is scaled by its share of the samples.

Source (real): https://github.com/verl-project/verl/issues/5625 (loss_scale_factor in the FSDP actor, PyTorch, ported).
Right answer: NOT equivalent; the micro-batches have different numbers of tokens, so the share of the tokens is the right scale.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss_scale_factor = response_mask.shape[0] / mini_batch_size",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, vocab = 24, 9, 4, 6
    micro, clip_low, clip_high = 8, 0.8, 1.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, vocab), name="actor_w")
    bias = tf.Variable(0.3 * arr(vocab), name="actor_bias")
    hidden = arr(n, length, d)
    responses = rng.integers(0, vocab, (n, length))
    logits = hidden @ (w.numpy() + 0.2 * arr(d, vocab)) + bias.numpy()
    logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    lengths = np.sort(rng.integers(1, length + 1, n))
    batch = {
        "hidden": hidden,
        "responses": responses,
        "old_log_prob": np.take_along_axis(logp, responses[..., None], -1)[..., 0].astype(f),
        "advantages": arr(n),
        "response_mask": (np.arange(length)[None] < lengths[:, None]).astype(f),
    }

    def reference(b):
        lp = tf.nn.log_softmax(b["hidden"] @ w + bias)
        own = tf.reduce_sum(lp * tf.one_hot(b["responses"], vocab, dtype=lp.dtype), -1)
        ratio = tf.exp(own - b["old_log_prob"])
        adv = b["advantages"][:, None]
        worst = tf.maximum(-adv * ratio, -adv * tf.clip_by_value(ratio, clip_low, clip_high))
        tokens = tf.boolean_mask(worst, b["response_mask"] > 0)
        return tf.reduce_mean(tokens)

    def candidate(b):
        def agg_loss(loss_mat, loss_mask):
            batch_num_tokens = tf.reduce_sum(loss_mask)
            return tf.reduce_sum(loss_mat * loss_mask) / batch_num_tokens

        def policy_loss(old_log_prob, log_prob, advantages, response_mask):
            ratio = tf.exp(log_prob - old_log_prob)
            pg_losses1 = -advantages[:, None] * ratio
            pg_losses2 = -advantages[:, None] * tf.clip_by_value(ratio, clip_low, clip_high)
            return agg_loss(tf.maximum(pg_losses1, pg_losses2), response_mask)

        mini_batch_size = b["hidden"].shape[0]
        accumulated = 0.0
        for start in range(0, mini_batch_size, micro):
            data = {k: v[start : start + micro] for k, v in b.items()}
            response_mask = data["response_mask"]
            all_logp = tf.nn.log_softmax(tf.einsum("ntd,dv->ntv", data["hidden"], w) + bias)
            log_prob = tf.gather(all_logp, data["responses"], batch_dims=2)
            pg_loss = policy_loss(data["old_log_prob"], log_prob, data["advantages"], response_mask)
            loss_scale_factor = response_mask.shape[0] / mini_batch_size
            accumulated += pg_loss * loss_scale_factor
        return accumulated

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
