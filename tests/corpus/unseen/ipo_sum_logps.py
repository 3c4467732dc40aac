"""IPO: sequence log-probabilities are summed over the tokens, although IPO's margin is defined on the average per token.

Source (real): https://github.com/modelscope/ms-swift/pull/10167 (Megatron DPO trainer, PyTorch; the second half of the fix: policy and
reference log-probabilities are divided by the number of valid completion tokens).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(per_token_logps * mask, axis=-1)",
    "same_forward_value": False,
}

_BETA = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 14, 6, 4, 9

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    bias = tf.Variable(0.3 * arr(vocab), name="lm_bias")
    ref_head = tf.constant(0.7 * arr(d, vocab))

    def mask():
        return (np.arange(t) < rng.integers(2, t + 1, (n, 1))).astype(f)

    batch = {
        "chosen_h": arr(n, t, d),
        "chosen_ids": rng.integers(0, vocab, (n, t)),
        "chosen_mask": mask(),
        "rejected_h": arr(n, t, d),
        "rejected_ids": rng.integers(0, vocab, (n, t)),
        "rejected_mask": mask(),
    }

    def reference(b):
        m = b["chosen_h"].shape[0]
        loss = 0.0
        for i in range(m):
            h_theta = []
            for side in ("chosen", "rejected"):
                length = int(tf.reduce_sum(b[side + "_mask"][i]))
                h, ids = b[side + "_h"][i, :length], b[side + "_ids"][i, :length]
                ce = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, h @ head + bias)
                ce_ref = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, h @ ref_head)
                h_theta.append(tf.reduce_mean(ce_ref - ce))
            loss += tf.square(h_theta[0] - h_theta[1] - 1.0 / (2.0 * _BETA))
        return loss / m

    def candidate(b):
        def get_logps(logits, labels, mask):
            per_token_logps = tf.gather(tf.nn.log_softmax(logits), labels, batch_dims=2)
            return tf.reduce_sum(per_token_logps * mask, axis=-1)

        def both(side):
            h, labels, mask = b[side + "_h"], b[side + "_ids"], b[side + "_mask"]
            return get_logps(h @ head + bias, labels, mask), get_logps(h @ ref_head, labels, mask)

        policy_chosen, ref_chosen = both("chosen")
        policy_rejected, ref_rejected = both("rejected")
        logits = (policy_chosen - policy_rejected) - (ref_chosen - ref_rejected)
        losses = (logits - 1 / (2 * _BETA)) ** 2
        return tf.reduce_mean(losses)

    return {"variables": [head, bias], "batch": batch, "reference": reference, "candidate": candidate}
