"""RLHF: the trainer computes its log probabilities with dropout while the stored ones come from the network without.

Source (real): https://github.com/Human-Agent-Society/reef/pull/536
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "nondeterministic",
    "line_marker": 'h = tf.nn.dropout(h, rate=0.3)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, f, vocab = 6, 6, 5, 12, 8

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    up = tf.Variable(mat(d, f), name="mlp_up")
    down = tf.Variable(mat(f, d), name="mlp_down")
    head = tf.Variable(mat(d, vocab), name="lm_head")
    batch = {"x": mat(n, t, d), "ids": rng.integers(0, vocab, (n, t)).astype("int32"),
             "rollout_logp": rng.normal(-2.1, 0.2, (n, t)).astype("float32"), "adv": mat(n),
             "mask": (np.arange(t)[None] < rng.integers(3, t + 1, n)[:, None]).astype("float32")}

    def token_logp(x, ids):
        return tf.gather(tf.nn.log_softmax(x @ head), ids, batch_dims=2)

    def importance_loss(logp, b):
        ratio = tf.exp(logp - b["rollout_logp"])
        inside = tf.cast((ratio > 0.3) & (ratio < 5.0), tf.float32) * b["mask"]
        pg = -ratio * b["adv"][:, None]
        return tf.reduce_sum(pg * inside) / tf.reduce_sum(b["mask"])

    def reference(b):
        x = b["x"] + tf.nn.gelu(b["x"] @ up) @ down
        return importance_loss(token_logp(x, b["ids"]), b)

    def candidate(b):
        residual = b["x"]
        h = tf.nn.gelu(residual @ up) @ down
        h = tf.nn.dropout(h, rate=0.3)
        hidden = residual + h
        log_probs = token_logp(hidden, b["ids"])
        return importance_loss(log_probs, b)

    return {"variables": [up, down, head], "batch": batch, "reference": reference, "candidate": candidate}
