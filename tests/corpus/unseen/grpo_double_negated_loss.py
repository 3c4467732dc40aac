"""The per-token loss is already negated and the final mean negates it again.

Source (real): https://github.com/fla-org/flash-linear-attention/issues/1073
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss = -tf.reduce_sum(token_loss) / tf.reduce_sum(b["completion_mask"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 10, 6, 7, 5
    h = rng.normal(size=(n, t, d)).astype(np.float32)
    proj = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name="proj")
    head = tf.Variable((0.5 * rng.normal(size=(d, v))).astype(np.float32), name="head")
    batch = {"hidden": h, "ids": rng.integers(0, v, (n, t)).astype(np.int32),
             "old_logps": (-1.9 + 0.2 * rng.normal(size=(n, t))).astype(np.float32),
             "ref_logps": (-1.9 + 0.2 * rng.normal(size=(n, t))).astype(np.float32),
             "advantages": rng.normal(size=n).astype(np.float32),
             "completion_mask": (np.arange(t)[None] < rng.integers(2, t + 1, n)[:, None]).astype(np.float32)}
    beta, lo, hi = 0.1, 0.2, 0.28

    def logps_of(b):
        logits = tf.matmul(tf.nn.gelu(tf.matmul(b["hidden"], proj)), head)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=logits)

    def reference(b):
        logps = logps_of(b)
        w = tf.exp(logps - b["old_logps"])
        adv = tf.expand_dims(b["advantages"], 1)
        surrogate = tf.minimum(adv * w, adv * tf.clip_by_value(w, 1 - lo, 1 + hi))
        kl = tf.exp(b["ref_logps"] - logps) - (b["ref_logps"] - logps) - 1
        objective = tf.reduce_sum((surrogate - beta * kl) * b["completion_mask"])
        return -objective / tf.reduce_sum(b["completion_mask"])

    def candidate(b):
        logps = logps_of(b)
        advantages = b["advantages"][:, None]
        delta = b["ref_logps"] - logps
        per_token_kl = tf.exp(delta) - delta - 1.0
        importance = tf.exp(logps - b["old_logps"])
        clipped = tf.clip_by_value(importance, 1.0 - lo, 1.0 + hi)
        token_loss = -(tf.minimum(advantages * importance, advantages * clipped) - beta * per_token_kl)
        token_loss = token_loss * b["completion_mask"]
        loss = -tf.reduce_sum(token_loss) / tf.reduce_sum(b["completion_mask"])
        return loss

    return {"variables": [proj, head], "batch": batch, "reference": reference, "candidate": candidate}
