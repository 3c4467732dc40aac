"""Right: exp(logp - stop_gradient(logp)) is always one, but its gradient is that of logp.

Source (real): https://github.com/SeungyounShin/minimal-r1/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}
BETA = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 8, 7, 5, 9

    def mat(*s):
        return rng.normal(0, 0.7, s).astype("float32")

    body = tf.Variable(mat(d, d), name="body")
    head = tf.Variable(mat(d, vocab), name="head")
    batch = {"h": mat(n, t, d), "ids": rng.integers(0, vocab, (n, t)).astype("int32"),
             "ref": rng.normal(-2, 0.4, (n, t)).astype("float32"), "rewards": mat(n),
             "mask": (np.arange(t)[None] < rng.integers(2, t + 1, n)[:, None]).astype("float32")}

    def logps(b):
        return tf.gather(tf.nn.log_softmax(tf.tanh(b["h"] @ body) @ head), b["ids"], batch_dims=2)

    def advantage(b):
        r = tf.reshape(b["rewards"], [2, -1])
        r = (r - tf.reduce_mean(r, 1, keepdims=True)) / (tf.math.reduce_std(r, 1, keepdims=True) + 1e-4)
        return tf.reshape(r, [-1, 1])

    def reference(b):
        lp, adv = logps(b), advantage(b)
        rows = []
        for i in range(n):
            delta = b["ref"][i] - lp[i]
            tok = -(adv[i] * lp[i]) + BETA * (tf.exp(delta) - delta - 1.0)
            rows.append(tf.reduce_sum(tok * b["mask"][i]) / tf.reduce_sum(b["mask"][i]))
        return tf.reduce_mean(tf.stack(rows))

    def candidate(b):
        logp = logps(b)
        per_token_kl = tf.exp(b["ref"] - logp) - (b["ref"] - logp) - 1.0
        per_token_loss = tf.exp(logp - tf.stop_gradient(logp)) * advantage(b)
        per_token_loss = -(per_token_loss - BETA * per_token_kl)
        return tf.reduce_mean(tf.reduce_sum(per_token_loss * b["mask"], 1) / tf.reduce_sum(b["mask"], 1))

    return {"variables": [body, head], "batch": batch, "reference": reference, "candidate": candidate}
