"""A pull request replaces the margin in the apo_down loss by the rejected log-ratio alone; it was closed as not the paper's.
Source: https://github.com/huggingface/trl/pull/6593"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "losses_rejected = 1 - tf.sigmoid(beta * rejected_logratios)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, t, d, vocab, beta = 4, 5, 5, 7, 0.3
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="emb")
    head = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="head")

    def sequence_logp(ids, mask):
        logits = tf.einsum("btd,dv->btv", tf.tanh(tf.gather(emb, ids[:, :-1])), head)
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
        return tf.reduce_sum(logp * mask[:, 1:], axis=1)

    def reference(batch):
        r_w = beta * (sequence_logp(batch["chosen"], batch["chosen_mask"]) - batch["ref_chosen"])
        r_l = beta * (sequence_logp(batch["rejected"], batch["rejected_mask"]) - batch["ref_rejected"])
        return tf.reduce_mean(tf.sigmoid(r_w) - tf.sigmoid(r_w - r_l)) + 1.0

    def candidate(batch):
        ids = tf.concat([batch["chosen"], batch["rejected"]], axis=0)
        mask = tf.concat([batch["chosen_mask"], batch["rejected_mask"]], axis=0)
        logps = sequence_logp(ids, mask)
        chosen_logps, rejected_logps = logps[:n], logps[n:]
        chosen_logratios = chosen_logps - batch["ref_chosen"]
        rejected_logratios = rejected_logps - batch["ref_rejected"]
        losses_chosen = tf.sigmoid(beta * chosen_logratios)
        losses_rejected = 1 - tf.sigmoid(beta * rejected_logratios)
        return tf.reduce_mean(losses_chosen + losses_rejected)

    mask_c, mask_r = np.ones((n, t)), np.ones((n, t))
    mask_c[0, 3:] = mask_r[2, 4:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": rng.integers(0, vocab, size=(n, t)).astype("int32"),
                      "rejected": rng.integers(0, vocab, size=(n, t)).astype("int32"),
                      "chosen_mask": mask_c.astype(fx), "rejected_mask": mask_r.astype(fx),
                      "ref_chosen": rng.normal(-10, 1.5, size=n).astype(fx),
                      "ref_rejected": rng.normal(-12, 1.5, size=n).astype(fx)},
            "variables": [emb, head]}
