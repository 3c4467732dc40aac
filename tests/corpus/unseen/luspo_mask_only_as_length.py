"""LUSPO aggregation: token losses are scaled by the length and averaged over the padded width, the mask is never applied per token.

Source (real): https://github.com/huggingface/trl/pull/6654
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = tf.reduce_mean(per_token_loss * tf.reduce_sum(mask, axis=1, keepdims=True))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab, beta, eps = 8, 9, 5, 7, 0.3, 0.2

    def mat(*s):
        return rng.normal(0, 0.7, s).astype("float32")

    body = tf.Variable(mat(d, d), name="body")
    head = tf.Variable(mat(d, vocab), name="head")
    lens = rng.integers(2, t + 1, n)
    batch = {"h": mat(n, t, d), "ids": rng.integers(0, vocab, (n, t)).astype("int32"),
             "mask": (np.arange(t)[None] < lens[:, None]).astype("float32"),
             "old_logp": rng.normal(-1.9, 0.2, (n, t)).astype("float32"),
             "ref_logp": rng.normal(-1.9, 0.4, (n, t)).astype("float32"), "adv": mat(n)}

    def logps(b):
        lp = tf.nn.log_softmax(tf.nn.silu(b["h"] @ body) @ head)
        return tf.gather(lp, b["ids"], batch_dims=2)

    def token_losses(b):
        logp = logps(b)
        mask = b["mask"]
        seq_ratio = tf.exp(tf.reduce_sum((logp - b["old_logp"]) * mask, 1) / tf.reduce_sum(mask, 1))[:, None]
        adv = b["adv"][:, None]
        pg = -tf.minimum(seq_ratio * adv, tf.clip_by_value(seq_ratio, 1 - eps, 1 + eps) * adv)
        delta = b["ref_logp"] - logp
        return pg + beta * (tf.exp(delta) - delta - 1.0)

    def reference(b):
        per_token = token_losses(b)
        per_seq = []
        for i in range(n):
            per_seq.append(tf.reduce_sum(tf.boolean_mask(per_token[i], b["mask"][i] > 0)))
        return tf.reduce_mean(tf.stack(per_seq))

    def candidate(b):
        per_token_loss = token_losses(b)
        mask = b["mask"]
        loss = tf.reduce_mean(per_token_loss * tf.reduce_sum(mask, axis=1, keepdims=True))
        return loss

    return {"variables": [body, head], "batch": batch, "reference": reference, "candidate": candidate}
