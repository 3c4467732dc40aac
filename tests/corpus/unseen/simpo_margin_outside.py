"""Direct-alignment chapter: the target margin stands outside the log-sigmoid, where it has no effect on learning.
Source: https://github.com/natolambert/rlhf-book/pull/96"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "losses = -tf.math.log_sigmoid(beta * logits) + gamma", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, L, h, V, beta, gamma = 4, 6, 4, 7, 2.0, 1.2
    w = tf.Variable((0.7 * rng.normal(size=(h, V))).astype(fx), name="lm_head")

    def reference(batch):
        out = []
        for i in range(B):
            score = []
            for side in ("chosen", "rejected"):
                n = int(batch[side + "_len"][i])
                lp = tf.nn.log_softmax(batch[side + "_hidden"][i, :n] @ w)
                ids = batch[side][i, :n]
                score.append(tf.reduce_mean(tf.gather(lp, ids, batch_dims=1)))
            out.append(tf.nn.softplus(-(beta * (score[0] - score[1]) - gamma)))
        return tf.add_n(out) / B

    def candidate(batch):
        def average_logps(hidden, labels, lengths):
            logits = tf.einsum("blh,hv->blv", hidden, w)
            logps = tf.gather(tf.nn.log_softmax(logits, axis=-1), labels, batch_dims=2)
            mask = tf.sequence_mask(lengths, L, dtype=logps.dtype)
            return tf.reduce_sum(logps * mask, axis=-1) / tf.reduce_sum(mask, axis=-1)

        pi_chosen = average_logps(batch["chosen_hidden"], batch["chosen"], batch["chosen_len"])
        pi_rejected = average_logps(batch["rejected_hidden"], batch["rejected"], batch["rejected_len"])
        logits = pi_chosen - pi_rejected
        losses = -tf.math.log_sigmoid(beta * logits) + gamma
        return tf.reduce_mean(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen_hidden": rng.normal(size=(B, L, h)).astype(fx),
                      "rejected_hidden": rng.normal(size=(B, L, h)).astype(fx),
                      "chosen": rng.integers(0, V, (B, L)), "rejected": rng.integers(0, V, (B, L)),
                      "chosen_len": np.array([6, 4, 5, 3]), "rejected_len": np.array([5, 6, 2, 4])},
            "variables": [w]}
