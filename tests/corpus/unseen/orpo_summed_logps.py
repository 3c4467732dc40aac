"""ORPO: the odds ratio is built from summed sequence log-probabilities instead of the average per response token.

Source (real): https://github.com/natolambert/rlhf-book/pull/243 (PyTorch, ported; "ORPO expects normalized per-token log-probs").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(per_token * loss_mask, axis=-1)",
    "same_forward_value": False,
}

_BETA = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 16, 7, 9, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.7 * arr(vocab, d), name="embed")
    head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")

    def mask():
        size = rng.integers(2, length, n)
        return (np.arange(length - 1)[None] < size[:, None]).astype(f)

    batch = {
        "chosen": rng.integers(0, vocab, (n, length)),
        "rejected": rng.integers(0, vocab, (n, length)),
        "chosen_mask": mask(),
        "rejected_mask": mask(),
    }

    def lm(ids):
        return tf.tanh(tf.gather(embed, ids)) @ head

    def reference(b):
        # TRL: ORPOTrainer.odds_ratio_loss on average_log_prob=True
        m = b["chosen"].shape[0]
        total = 0.0
        for i in range(m):
            avg = []
            for side in ("chosen", "rejected"):
                ids = b[side][i]
                logp = tf.nn.log_softmax(lm(ids[:-1]))
                tok = tf.gather(logp, ids[1:], batch_dims=1)
                avg.append(tf.tensordot(tok, b[side + "_mask"][i], 1) / tf.reduce_sum(b[side + "_mask"][i]))
            nll = -avg[0]
            log_odds = (avg[0] - avg[1]) - (tf.math.log1p(-tf.exp(avg[0])) - tf.math.log1p(-tf.exp(avg[1])))
            total += nll - _BETA * tf.math.log_sigmoid(log_odds)
        return total / m

    def candidate(b):
        def sequence_logps(ids, loss_mask):
            logps = tf.nn.log_softmax(lm(ids[:, :-1]), axis=-1)
            per_token = tf.gather(logps, ids[:, 1:], batch_dims=2)
            return tf.reduce_sum(per_token * loss_mask, axis=-1)

        def log_odds_of(logps):
            return logps - tf.math.log1p(-tf.exp(logps))

        policy_chosen_logps = sequence_logps(b["chosen"], b["chosen_mask"])
        policy_rejected_logps = sequence_logps(b["rejected"], b["rejected_mask"])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["chosen"][:, 1:], logits=lm(b["chosen"][:, :-1]))
        sft_loss = tf.reduce_sum(ce * b["chosen_mask"], axis=-1) / tf.reduce_sum(b["chosen_mask"], axis=-1)
        log_odds = log_odds_of(policy_chosen_logps) - log_odds_of(policy_rejected_logps)
        or_loss = -tf.math.log_sigmoid(log_odds)
        return tf.reduce_mean(sft_loss + _BETA * or_loss)

    return {"variables": [embed, head], "batch": batch, "reference": reference, "candidate": candidate}
